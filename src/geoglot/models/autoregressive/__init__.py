"""Writers run without torch: ONNX graphs, numpy, and grammars that every reply keeps to."""

"""Training: one loop, checkpoints that resume, recipes, and the export to ONNX."""

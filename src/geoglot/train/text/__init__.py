"""Training of token models: words and pictures to packed sequences, one loop, checkpoints that reshard, curricula."""

"""Training of nano's question reader: paraphrases to sentences with labels, a small encoder, its export."""

"""How good an answer is: metrics, benchmarks, and the scoring of anybody's prediction files."""

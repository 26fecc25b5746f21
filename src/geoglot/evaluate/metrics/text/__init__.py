"""Words and their comparison: the tokenisers, stemmers and n-gram scores that caption scripts call."""

"""How the rules of `RuleReader` take a question apart: nouns, places, bounds and times, and what is wanted."""

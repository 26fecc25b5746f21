"""Long jobs over large scenes: a list of tiles, a pure function of one tile, an append-only ledger."""

"""Pure audit mathematics: the hash chain, and which values never enter it."""

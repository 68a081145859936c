"""What `tools/vectors.py` writes: one module for each file, above `cases`, `coins`, `dump` and `parties`."""

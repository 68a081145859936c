"""What `tools/vectors.py` writes: one module for each file of spec/vectors, above `cases`, `coins`, `dump`, `parties`."""

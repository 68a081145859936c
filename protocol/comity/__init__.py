"""Sans-IO library of the comity protocol: bytes and values in, bytes and values out."""

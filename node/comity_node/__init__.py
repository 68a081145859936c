"""The comity node: the protocol library on Trio, with a database and a command line."""

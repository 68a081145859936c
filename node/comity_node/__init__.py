"""The comity node: the protocol library on Trio, with a database and a command line."""

from typing import Final

VERSION: Final = "0.1.0"
AGENT: Final = f"comity/{VERSION}"

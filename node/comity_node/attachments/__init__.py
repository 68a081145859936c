"""Files that belong to messages: kept sealed in the home, sent, fetched, saved.

shelf: the directory; sealer, unsealer: the way of a file into it and out of it; part: a file that comes in; packing:
what a new message carries; fetching, serving: both ends of the way over a link; depot: all of it, as the node sees it.
"""

from comity_node.attachments.depot import Depot
from comity_node.attachments.shelf import Shelf

__all__ = ["Depot", "Shelf"]

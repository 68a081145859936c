"""Durable state, and the only door to the database.

schema: tables; database: connections, pragmas, migrations; writer: group commit; store: what the services ask.
"""

from comity_node.store.database import Database
from comity_node.store.store import Store

__all__ = ["Database", "Store"]

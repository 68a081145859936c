"""A checksum in each row; the rows that are there get theirs."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

# As store/checksum.py computes it for this revision.
COVERED = {
    "message": "n, outgoing, sender, id, hash, case_id, seq, in_reply_to, notice, stored_us, expires_us, read_us, "
    "code, receipt",
    "delivery": "n, message_n, recipient, urgency, state, attempts, last_us, code, receipt, settled",
    "attachment": "message_n, party, address, size, state, code, fingerprint",
    "leaf": "n, hash",
    "checkpoint": "size, note, frontier",
    "document": "kind, data, accepted_us",
    "incident": "at_us, peer, code, message_id, detail",
}


def upgrade() -> None:
    for table, columns in COVERED.items():
        op.add_column(table, sa.Column("checksum", sa.BigInteger(), nullable=True))
        op.execute(f"UPDATE {table} SET checksum = comity_sum({columns})")  # noqa: S608

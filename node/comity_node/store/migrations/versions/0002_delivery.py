"""Urgency of deliveries, replies and notices, attachments."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

ROW = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ROUTINE = "3"  # what was kept before this version is sent last


def upgrade() -> None:
    op.add_column("message", sa.Column("in_reply_to", sa.LargeBinary(length=32), nullable=True))
    op.add_column("message", sa.Column("notice", sa.Integer(), nullable=False, server_default="0"))
    op.create_index(
        "message_reply",
        "message",
        ["in_reply_to"],
        sqlite_where=sa.text("in_reply_to IS NOT NULL"),
        postgresql_where=sa.text("in_reply_to IS NOT NULL"),
    )
    op.add_column("delivery", sa.Column("urgency", sa.Integer(), nullable=False, server_default=ROUTINE))
    op.drop_index("delivery_waiting", "delivery")
    op.create_index(
        "delivery_waiting",
        "delivery",
        ["recipient", "urgency", "n"],
        sqlite_where=sa.text("state = 0"),
        postgresql_where=sa.text("state = 0"),
    )
    op.create_table(
        "attachment",
        sa.Column("n", ROW, nullable=False),
        sa.Column("message_n", ROW, nullable=False),
        sa.Column("party", sa.String(length=48), nullable=False),
        sa.Column("address", sa.LargeBinary(length=32), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Integer(), nullable=False),
        sa.Column("code", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(length=32), nullable=True),
        sa.ForeignKeyConstraint(["message_n"], ["message.n"]),
        sa.PrimaryKeyConstraint("n"),
    )
    op.create_index("attachment_message", "attachment", ["message_n"])
    op.create_index("attachment_address", "attachment", ["address", "party"])
    op.create_index("attachment_party", "attachment", ["party", "state"])
    op.create_index(
        "attachment_fingerprint",
        "attachment",
        ["fingerprint"],
        sqlite_where=sa.text("fingerprint IS NOT NULL"),
        postgresql_where=sa.text("fingerprint IS NOT NULL"),
    )

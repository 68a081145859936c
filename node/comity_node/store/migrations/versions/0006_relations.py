"""Which messages are copies or corrections of which."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

ROW = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "relation",
        sa.Column("n", ROW, nullable=False),
        sa.Column("message_n", ROW, nullable=False),
        sa.Column("relation", sa.Integer(), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("pending", sa.Integer(), nullable=False),
        sa.Column("checksum", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["message_n"], ["message.n"]),
        sa.PrimaryKeyConstraint("n"),
    )
    op.create_index("relation_hash", "relation", ["hash"])
    op.create_index(
        "relation_pending",
        "relation",
        ["n"],
        sqlite_where=sa.text("pending = 1"),
        postgresql_where=sa.text("pending = 1"),
    )

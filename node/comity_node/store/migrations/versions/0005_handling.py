"""What is said of contents, exercises, and until when content is kept."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

ROW = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "mention",
        sa.Column("n", ROW, nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("message_n", ROW, nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("checksum", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["message_n"], ["message.n"]),
        sa.PrimaryKeyConstraint("n"),
    )
    op.create_index("mention_hash", "mention", ["hash", "kind"])
    op.create_index("mention_message", "mention", ["message_n"])
    op.create_table(
        "exercise",
        sa.Column("n", ROW, nullable=False),
        sa.Column("case_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("checksum", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("n"),
    )
    op.create_table(
        "retention",
        sa.Column("message_n", ROW, nullable=False),
        sa.Column("due_us", sa.BigInteger(), nullable=False),
        sa.Column("checksum", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["message_n"], ["message.n"]),
        sa.PrimaryKeyConstraint("message_n"),
    )
    op.create_index("retention_due", "retention", ["due_us"])
    op.create_table(
        "destruction",
        sa.Column("message_n", ROW, nullable=False),
        sa.Column("decided_us", sa.BigInteger(), nullable=False),
        sa.Column("ground", sa.String(length=64), nullable=False),
        sa.Column("originator", sa.String(length=48), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("case_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("exercise", sa.Integer(), nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("done_us", sa.BigInteger(), nullable=True),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.Column("checksum", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["message_n"], ["message.n"]),
        sa.PrimaryKeyConstraint("message_n"),
    )
    op.create_table(
        "hold",
        sa.Column("n", ROW, nullable=False),
        sa.Column("case_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("since_us", sa.BigInteger(), nullable=False),
        sa.Column("released_us", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("checksum", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("n"),
    )

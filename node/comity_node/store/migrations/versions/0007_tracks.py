"""Where the requests stand, for lists and warnings."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

ROW = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "track",
        sa.Column("n", ROW, nullable=False),
        sa.Column("case_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("request_n", ROW, nullable=False),
        sa.Column("requested", sa.String(length=48), nullable=False),
        sa.Column("outgoing", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("open", sa.Integer(), nullable=False),
        sa.Column("exercise", sa.Integer(), nullable=False),
        sa.Column("due_us", sa.BigInteger(), nullable=True),
        sa.Column("next_us", sa.BigInteger(), nullable=True),
        sa.Column("changed_us", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["request_n"], ["message.n"]),
        sa.PrimaryKeyConstraint("n"),
        sa.UniqueConstraint("request_n", "requested"),
    )
    op.create_index("track_case", "track", ["case_id"])
    op.create_index("track_due", "track", ["open", "due_us"])
    op.create_index(
        "track_next",
        "track",
        ["next_us"],
        sqlite_where=sa.text("next_us IS NOT NULL"),
        postgresql_where=sa.text("next_us IS NOT NULL"),
    )
    op.create_table(
        "progress",
        sa.Column("n", ROW, nullable=False),
        sa.Column("message_n", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("n"),
    )

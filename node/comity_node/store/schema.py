"""The tables. Times are microseconds UTC; an integer row id first, so that inserts append."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()
Row = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows only in a column of this exact type

document = Table(
    "document",
    metadata,
    Column("n", Row, primary_key=True),
    Column("kind", String(16), nullable=False),  # treaty, bundle
    Column("data", LargeBinary, nullable=False),
    Column("accepted_us", BigInteger, nullable=False),
    Column("checksum", BigInteger),  # of the row, see store/checksum.py
)

message = Table(
    "message",
    metadata,
    Column("n", Row, primary_key=True),
    Column("outgoing", Integer, nullable=False),
    Column("sender", String(48), nullable=False),
    Column("id", LargeBinary(16), nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
    Column("case_id", LargeBinary(16), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("in_reply_to", LargeBinary(32)),
    Column("notice", Integer, nullable=False),  # 1: a `read`, which is shown as a state and not as a message
    Column("stored_us", BigInteger, nullable=False),
    Column("expires_us", BigInteger, nullable=False),
    Column("read_us", BigInteger),
    Column("code", Integer, nullable=False),  # of the receipt that was given: 0 accepted
    Column("receipt", LargeBinary),  # the receipt that was given, incoming messages only
    Column("sealed", LargeBinary, nullable=False),  # the signed message, sealed with the storage key
    Column("checksum", BigInteger),  # of the row, see store/checksum.py
    UniqueConstraint("id", "sender"),
    Index("message_case", "case_id"),
)
Index(
    "message_reply",
    message.c.in_reply_to,
    sqlite_where=message.c.in_reply_to.is_not(None),
    postgresql_where=message.c.in_reply_to.is_not(None),
)

delivery = Table(
    "delivery",
    metadata,
    Column("n", Row, primary_key=True),
    Column("message_n", Row, ForeignKey("message.n"), nullable=False),
    Column("recipient", String(48), nullable=False),
    Column("urgency", Integer, nullable=False),
    Column("state", Integer, nullable=False),  # comity_node.records.Ending
    Column("attempts", Integer, nullable=False),
    Column("last_us", BigInteger),
    Column("code", Integer, nullable=False),
    Column("receipt", LargeBinary),  # the receipt that was obtained
    Column("settled", BigInteger),  # order in which deliveries ended
    Column("checksum", BigInteger),  # of the row, see store/checksum.py
    Index("delivery_message", "message_n"),
)
Index(
    "delivery_waiting",
    delivery.c.recipient,
    delivery.c.urgency,
    delivery.c.n,
    sqlite_where=delivery.c.state == 0,
    postgresql_where=delivery.c.state == 0,
)
Index(
    "delivery_settled",
    delivery.c.settled,
    sqlite_where=delivery.c.settled.is_not(None),
    postgresql_where=delivery.c.settled.is_not(None),
)

attachment = Table(
    "attachment",
    metadata,
    Column("n", Row, primary_key=True),
    Column("message_n", Row, ForeignKey("message.n"), nullable=False),
    Column("party", String(48), nullable=False),  # who serves it to us, or whom we serve
    Column("address", LargeBinary(32), nullable=False),  # SHA-256 of the sealed bytes, names the file
    Column("size", BigInteger, nullable=False),  # bytes, of the plaintext
    Column("state", Integer, nullable=False),  # comity_node.records.Transfer
    Column("code", Integer, nullable=False),  # why it failed, 0 otherwise
    Column("fingerprint", LargeBinary(32)),  # keyed hash of the plaintext: a file is sealed once
    Column("checksum", BigInteger),  # of the row, see store/checksum.py
    Index("attachment_message", "message_n"),
    Index("attachment_address", "address", "party"),
    Index("attachment_party", "party", "state"),
)
Index(
    "attachment_fingerprint",
    attachment.c.fingerprint,
    sqlite_where=attachment.c.fingerprint.is_not(None),
    postgresql_where=attachment.c.fingerprint.is_not(None),
)

relation = Table(
    "relation",
    metadata,
    Column("n", Row, primary_key=True),
    Column("message_n", Row, ForeignKey("message.n"), nullable=False),
    Column("relation", Integer, nullable=False),  # comity_node.relations.Relation
    Column("hash", LargeBinary(32), nullable=False),  # of the message that it is about
    Column("pending", Integer, nullable=False),  # 1: a correction that has yet to be passed on
    Column("checksum", BigInteger),  # of the row, see store/checksum.py
    Index("relation_hash", "hash"),
)
Index(
    "relation_pending",
    relation.c.n,
    sqlite_where=relation.c.pending == 1,
    postgresql_where=relation.c.pending == 1,
)

leaf = Table(
    "leaf",
    metadata,
    Column("n", Row, primary_key=True),  # index + 1
    Column("hash", LargeBinary(32), nullable=False),
    Column("checksum", BigInteger),  # of the row, see store/checksum.py
)

checkpoint = Table(
    "checkpoint",
    metadata,
    Column("size", Row, primary_key=True),
    Column("note", LargeBinary, nullable=False),
    Column("frontier", LargeBinary, nullable=False),
    Column("checksum", BigInteger),  # of the row, see store/checksum.py
)

pending = Table(
    "pending",
    metadata,
    Column("n", Row, primary_key=True),
    Column("id", LargeBinary(16), nullable=False, unique=True),  # of the message that it becomes
    Column("state", Integer, nullable=False),  # comity_node.records.Fate
    Column("created_us", BigInteger, nullable=False),
    Column("expires_us", BigInteger, nullable=False),
    Column("ended_us", BigInteger),
    Column("sealed", LargeBinary, nullable=False),  # what waits and how it ended, sealed with the storage key
    Column("checksum", BigInteger),  # of the row, see store/checksum.py
    Index("pending_state", "state"),
)

incident = Table(
    "incident",
    metadata,
    Column("n", Row, primary_key=True),
    Column("at_us", BigInteger, nullable=False),
    Column("peer", String(48), nullable=False),
    Column("code", Integer, nullable=False),
    Column("message_id", LargeBinary(16)),
    Column("detail", Text, nullable=False),
    Column("checksum", BigInteger),  # of the row, see store/checksum.py
)

# Made from the messages and receipts, and made again from them when they have changed: so no checksum.
track = Table(
    "track",
    metadata,
    Column("n", Row, primary_key=True),
    Column("case_id", LargeBinary(16), nullable=False),
    Column("request_n", Row, ForeignKey("message.n"), nullable=False),
    Column("requested", String(48), nullable=False),  # the party that was asked
    Column("outgoing", Integer, nullable=False),  # 1: this party asks
    Column("state", String(32), nullable=False),  # comity.case.State
    Column("open", Integer, nullable=False),  # 1: something is expected of somebody
    Column("exercise", Integer, nullable=False),
    Column("due_us", BigInteger),  # the earliest deadline that runs
    Column("next_us", BigInteger),  # when something changes by itself, or is to be warned of
    Column("changed_us", BigInteger, nullable=False),  # time of the last event
    UniqueConstraint("request_n", "requested"),
    Index("track_case", "case_id"),
    Index("track_due", "open", "due_us"),
)
Index(
    "track_next",
    track.c.next_us,
    sqlite_where=track.c.next_us.is_not(None),
    postgresql_where=track.c.next_us.is_not(None),
)

# How far the tracks have been made: the messages up to this one were looked at.
progress = Table(
    "progress",
    metadata,
    Column("n", Row, primary_key=True),
    Column("message_n", BigInteger, nullable=False),
)

mention = Table(
    "mention",
    metadata,
    Column("n", Row, primary_key=True),
    Column("hash", LargeBinary(32), nullable=False),  # of the message that is spoken of
    Column("message_n", Row, ForeignKey("message.n"), nullable=False),  # what speaks of it, of a kind handling.*
    Column("kind", String(64), nullable=False),
    Column("checksum", BigInteger),  # of the row, see store/checksum.py
    Index("mention_hash", "hash", "kind"),
    Index("mention_message", "message_n"),
)

exercise = Table(
    "exercise",
    metadata,
    Column("n", Row, primary_key=True),
    Column("case_id", LargeBinary(16), nullable=False),  # a case that is an exercise
    Column("checksum", BigInteger),  # of the row, see store/checksum.py
)

retention = Table(
    "retention",
    metadata,
    Column("message_n", Row, ForeignKey("message.n"), primary_key=True),
    Column("due_us", BigInteger, nullable=False),  # when its content must be destroyed
    Column("checksum", BigInteger),  # of the row, see store/checksum.py
    Index("retention_due", "due_us"),
)

destruction = Table(
    "destruction",
    metadata,
    Column("message_n", Row, ForeignKey("message.n"), primary_key=True),
    Column("decided_us", BigInteger, nullable=False),
    Column("ground", String(64), nullable=False),
    Column("originator", String(48), nullable=False),  # of the content
    Column("hash", LargeBinary(32), nullable=False),  # of the content, which may lie inside the message
    Column("case_id", LargeBinary(16), nullable=False),  # of the content
    Column("exercise", Integer, nullable=False),
    Column("files", Integer, nullable=False),
    Column("done_us", BigInteger),  # when nothing of the content was left
    Column("told", Integer, nullable=False),  # 0: the originator is to be told; 1: told; 2: nobody can be told
    Column("checksum", BigInteger),  # of the row, see store/checksum.py
)

hold = Table(
    "hold",
    metadata,
    Column("n", Row, primary_key=True),
    Column("case_id", LargeBinary(16), nullable=False),
    Column("since_us", BigInteger, nullable=False),
    Column("released_us", BigInteger),
    Column("reason", LargeBinary, nullable=False),  # sealed with the storage key
    Column("checksum", BigInteger),  # of the row, see store/checksum.py
)

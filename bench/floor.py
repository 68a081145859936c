"""The floor: what one durable, signed, sealed, receipted exchange cannot avoid in its plain form, measured alone.

Every message is sealed by itself with the hybrid HPKE, every receipt is signed by itself, and three commits (the
message at the sender, the message at the recipient, the receipt at the sender) are made in groups of 100.
"""

import os
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from comity.keys import Algorithm, EnvelopeKey, SigningKey, wrap

GROUP = 100
PAYLOAD_BYTES = 1024
RECEIPT_BYTES = 300
LABEL = b"comity-v1 bench"


@dataclass(frozen=True)
class Floor:
    """CPU seconds for `count` exchanges, and wall seconds of one exchange with commits of its own."""

    count: int
    crypto_s: float
    commits_s: float
    single_wall_s: float

    @property
    def per_cpu_second(self) -> float:
        return self.count / (self.crypto_s + self.commits_s)


class Exchange:
    """The operations of one plain exchange."""

    def __init__(self) -> None:
        self.signing = SigningKey.from_seed(Algorithm.ED25519, os.urandom(32))
        self.issuing = SigningKey.from_seed(Algorithm.ED25519, os.urandom(32))
        self.envelope = EnvelopeKey.from_seed(os.urandom(32))
        self.body = os.urandom(PAYLOAD_BYTES)
        self.receipt = os.urandom(RECEIPT_BYTES)

    def send(self) -> bytes:
        signature = self.signing.sign(LABEL, self.body)
        return wrap(self.envelope.public, LABEL, self.body + signature)

    def take(self, sealed: bytes) -> bytes:
        opened = self.envelope.unwrap(LABEL, sealed)
        self.signing.public.verify(LABEL, opened[:PAYLOAD_BYTES], opened[PAYLOAD_BYTES:])
        return self.issuing.sign(LABEL, self.receipt)

    def settle(self, signature: bytes) -> None:
        self.issuing.public.verify(LABEL, self.receipt, signature)


@contextmanager
def database() -> Iterator[sqlite3.Connection]:
    """A database with the durability of the node's: WAL, synchronous=FULL."""
    with tempfile.TemporaryDirectory(dir=Path(__file__).parent) as place:
        connection = sqlite3.connect(Path(place) / "floor.db", isolation_level=None)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE row (n INTEGER PRIMARY KEY, id BLOB UNIQUE, data BLOB)")
        yield connection
        connection.close()


def commit(connection: sqlite3.Connection, count: int, size: int) -> None:
    rows = [(os.urandom(16), os.urandom(size)) for _ in range(count)]
    connection.execute("BEGIN")
    connection.executemany("INSERT INTO row (id, data) VALUES (?, ?)", rows)
    connection.execute("COMMIT")


def measure(count: int) -> Floor:
    """Return the floor for `count` exchanges."""
    exchange = Exchange()
    began = time.process_time()
    for _ in range(count):
        exchange.settle(exchange.take(exchange.send()))
    crypto_s = time.process_time() - began
    with database() as connection:
        began = time.process_time()
        for _ in range(count // GROUP):
            commit(connection, GROUP, PAYLOAD_BYTES)
            commit(connection, GROUP, PAYLOAD_BYTES)
            commit(connection, GROUP, RECEIPT_BYTES)
        commits_s = time.process_time() - began
        single = statistics.median(single_exchange(exchange, connection) for _ in range(50))
    return Floor(count, crypto_s, commits_s, single)


def single_exchange(exchange: Exchange, connection: sqlite3.Connection) -> float:
    began = time.perf_counter()
    commit(connection, 1, PAYLOAD_BYTES)
    signature = exchange.take(exchange.send())
    commit(connection, 1, PAYLOAD_BYTES)
    exchange.settle(signature)
    commit(connection, 1, RECEIPT_BYTES)
    return time.perf_counter() - began

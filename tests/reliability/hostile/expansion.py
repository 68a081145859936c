"""Row 18: nothing that peers send is ever decompressed; the absence of compression is a rule."""

import ast
import bz2
import gzip
import lzma
import zlib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from comity import envelope as envelopes
from comity import message as messages
from tests.reliability.hostile.doors import doors
from tests.reliability.hostile.planted import planted
from tests.reliability.hostile.weighing import Ledger, check_memory, weigh
from tests.reliability.row import Outcome, Row, Tier
from tests.support.messages import ENVELOPE_KEY, SIGNING_KEY, TREATY_ID, body_of

ROOT = Path(__file__).resolve().parents[3]
SHIPPED = ("protocol", "node")
FORBIDDEN = frozenset(
    {"zlib", "gzip", "bz2", "lzma", "zipfile", "tarfile", "shutil", "zstandard", "zstd", "brotli", "lz4", "snappy"}
)
CHECKSUMS = frozenset({"zlib.crc32", "zlib.adler32"})  # compute a number and expand nothing
EXPANDED_BYTES = 4_194_304


@cache
def compressed() -> list[tuple[str, bytes]]:
    """Return bombs that expand 600 to 1,000,000 times, and small things that are only compressed."""
    zeros = bytes(EXPANDED_BYTES)
    makers: dict[str, Callable[[bytes], bytes]] = {
        "zlib": zlib.compress,
        "gzip": gzip.compress,
        "bz2": bz2.compress,
        "lzma": lzma.compress,
    }
    found = [("zlib without header", zlib.compress(zeros, wbits=-15))]
    for name, make in makers.items():
        once = make(zeros)
        found.append((f"{name} of 4 MiB of zeros", once))
        found.append((f"{name} of {name} of zeros", make(once)))
        found.append((f"{name} of a good value", make(b"\x81\xa1a\xc0")))
    return found


def decompression(tier: Tier, bug: str | None) -> Outcome:
    """Offer bombs to every door and inside a good message, and look for a decompressor in what is shipped."""
    ledger = Ledger()
    with planted(bug):
        for door in doors():
            for name, data in compressed():
                taken = ledger.taken
                weigh(ledger, door, name, data)
                check_memory(ledger, door.read, f"{door.name} < {name}", data, 262_144)
                if ledger.taken != taken and door.name != "frames":
                    ledger.note(f"{door.name} < {name}", "was read as a value")
        for name, data in compressed():
            _carried(ledger, name, data[:100_000])
        for path, module in forbidden_imports():
            ledger.note(path, f"imports {module}")
        ledger.trials += len(list(sources()))
    return Outcome(ledger.trials, tuple(ledger.violations), "none: everything is tried")


def _carried(ledger: Ledger, name: str, data: bytes) -> None:
    """A bomb in the payload of a message comes out as it went in."""
    ledger.trials += 1
    signed = messages.sign(body_of(payload={"data": data}), SIGNING_KEY)
    epoch = envelopes.new_epoch(bytes(32), TREATY_ID, signed.body.from_key, ENVELOPE_KEY.public)
    envelope = envelopes.read(envelopes.seal(signed, epoch))
    if envelopes.open_sealed(envelope, epoch).body.payload != {"data": data}:
        ledger.note(f"a message with {name}", "does not come out as it went in")


def sources() -> Iterator[Path]:
    for place in SHIPPED:
        yield from sorted((ROOT / place).rglob("*.py"))


def forbidden_imports() -> Iterator[tuple[str, str]]:
    """Yield (file, module) for each import of a module that can decompress; a checksum by name is allowed."""
    for path in sources():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            for name in imported(node):
                if name.split(".")[0] in FORBIDDEN and name not in CHECKSUMS and not only_checksums(tree, name):
                    yield str(path.relative_to(ROOT)), name


def imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return []


def only_checksums(tree: ast.AST, module: str) -> bool:
    """Return whether every use of the module in the file is a checksum, or `shutil` without its archives."""
    uses = {
        f"{module}.{node.attr}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == module
    }
    if module == "shutil":
        return "shutil.unpack_archive" not in uses
    return bool(uses) and uses <= CHECKSUMS


ROWS = (
    Row(
        18,
        "decompression bombs: zlib, gzip, bz2 and lzma, 1,000 to 1 and nested, at every door and inside a message",
        "every decoder of the library, and the imports of what is shipped",
        "nothing is decompressed, and nothing that is shipped imports a decompressor",
        decompression,
        {"helpful decoder": "a value that looks compressed is decompressed before it is decoded"},
    ),
)

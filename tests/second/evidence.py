"""An evidence file (page evidence): the archive, the list of contents, and the messages and receipts in it."""

import hashlib
import re
import struct
import zlib

from tests.second import forms, keys, message, receipt
from tests.second.codec import Value, decode
from tests.second.forms import BIN16, BIN32, IS_PARTY, MICROS, Fields, array, binary, one_of, or_nil, row, text, uint
from tests.second.refusal import UNAUTHENTICATED, require

LABEL = "comity-v1 evidence-signature"
MAX_LIST_BYTES = 16_777_216
NUMBER, PARTY = "[0-9]{6}", forms.PARTY.pattern
NAMES = (
    r"README\.txt", "manifest", rf"treaty/{NUMBER}\.treaty", rf"bundles/{PARTY}/{NUMBER}\.bundle",
    rf"conflicts/{NUMBER}\.(treaty|bundle)", rf"vocabulary/{NUMBER}\.json", rf"messages/{NUMBER}\.message",
    rf"receipts/{NUMBER}/{PARTY}\.receipt", "attachments/[0-9a-f]{64}",
)  # fmt: skip
NAME = re.compile("|".join(f"({name})" for name in NAMES))
LIST = forms.record(
    by=or_nil(text(200)),
    case=BIN16,
    created=MICROS,
    from_=IS_PARTY,
    from_key=BIN32,
    left_out=array(row(one_of("message", "attachment"), BIN32, one_of("handling", "not-held", "omitted")), 0, 65_534),
    parts=array(row(text(100), uint(), BIN32), 0, 65_533),
    reason=or_nil(text(1_000)),
    suite=one_of(1, 2),
    treaty=BIN32,
    type=one_of("evidence"),
    v=one_of(1),
    vocabulary=or_nil(uint()),
)
SIGNED = row(binary(1, MAX_LIST_BYTES), binary(1, 3_373))
Parts = dict[str, bytes]


def read_archive(data: bytes) -> Parts:
    """Return the parts of a file of less than 4 GiB, read from its beginning; every byte must be as the page says."""
    at, entries, parts = 0, b"", Parts()
    while data[at : at + 4] == b"PK\3\4":
        require(len(data) >= at + 30, "a header is cut")
        crc, _, size, length, extra = struct.unpack_from("<IIIHH", data, at + 14)
        name, start = data[at + 30 : at + 30 + length], at + 30 + length
        content = data[start : start + size]
        spelled = name.decode("ascii", "replace")
        require(NAME.fullmatch(spelled) is not None and spelled not in parts, "a name that no part has, or twice")
        require(len(content) == size and zlib.crc32(content) == crc and extra == 0, "a part is cut or altered")
        shared = struct.pack("<HHHHIIIHH", 0, 0, 0, 0x21, crc, size, size, length, 0)
        require(data[at:start] == b"PK\3\4" + struct.pack("<H", 10) + shared + name, "a header is altered")
        entries += b"PK\1\2" + struct.pack("<HH", 10, 10) + shared
        entries += struct.pack("<HHHII", 0, 0, 0, 0, at) + name
        parts[spelled] = content
        at = start + size
    count = len(parts)
    end = b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, count, count, len(entries), at, 0)
    require(count > 0 and data[at:] == entries + end, "the table of contents is not that of the parts")
    return parts


def read_list(parts: Parts, algorithm: int, public: bytes) -> Fields:
    """Return the list of contents, once it is that of the parts and signed by the key (EVID-005, EVID-006)."""
    require(list(parts)[-1] == "manifest", "the list is not the last part")
    outer = decode(parts["manifest"], MAX_LIST_BYTES + 4_096)
    SIGNED(outer)
    assert isinstance(outer, list)
    body, signature = outer
    assert isinstance(body, bytes)
    assert isinstance(signature, bytes)
    fields = decode(body, MAX_LIST_BYTES)
    LIST(fields)
    assert isinstance(fields, dict)
    require(fields["from_key"] == keys.key_id(algorithm, public), "another key", UNAUTHENTICATED)
    keys.verify(algorithm, public, LABEL, body, signature)
    held: list[Value] = [[n, len(c), hashlib.sha256(c).digest()] for n, c in parts.items() if n != "manifest"]
    require(fields["parts"] == held, "the parts are not those of the list", UNAUTHENTICATED)
    return fields


def read_messages(parts: Parts, signing: dict[str, bytes], logs: dict[str, bytes]) -> list[Fields]:
    """Return the bodies of the messages, each verified; receipts and attachments must fit them."""
    found = [message.read(data) for name, data in parts.items() if name.startswith("messages/")]
    for each in found:
        each.verify(1, signing[str(each.body["from"])])
    hashes = {each.hash() for each in found}
    for name, data in parts.items():
        if name.startswith("receipts/"):
            party = name.split("/")[2].removesuffix(".receipt")
            entry = receipt.verify_single(data, [logs[party]])
            require(entry["message"] in hashes and entry["to"] == party, "of another message", UNAUTHENTICATED)
        if name.startswith("attachments/"):
            require(name == f"attachments/{hashlib.sha256(data).hexdigest()}", "altered", UNAUTHENTICATED)
    return [each.body for each in found]

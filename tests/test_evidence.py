"""Evidence: every alteration is found and named, no crafted container gets through, and memory stays bounded."""

import hashlib
import io
import zipfile
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.bundle import MAX_VALIDITY_US
from comity.encoding import encode
from comity.errors import LimitError, LocalError, RemoteError
from comity.evidence import (
    MANIFEST,
    Check,
    Entry,
    LeftOut,
    Manifest,
    Verdict,
    Verification,
    container,
    header,
    left_out,
    papers,
    read_layout,
    sign,
    tail,
    verify,
)
from comity.evidence import manifest as manifests
from comity.keys import Algorithm, SigningKey
from comity.vocabulary import published
from tests.support.evidence import Held, Sparse
from tools.making import evidence as making
from tools.making import message, parties
from tools.making.parties import NOW_US, SECOND_US, A, B, party, treaty_id

WHOLE = making.evidence()
ENTRIES = read_layout(Held(WHOLE)).entries
NAMES = [entry.name for entry in ENTRIES]
TABLE = ENTRIES[-1].end


def judged(data: bytes, treaty: bytes | None = None) -> Verification:
    return verify(Held(data), treaty or treaty_id())


def checks(found: Verification, *verdicts: Verdict) -> list[tuple[Check, str]]:
    return [
        (finding.check, finding.part) for finding in found.having(*(verdicts or (Verdict.ALTERED, Verdict.NOT_PROVEN)))
    ]


# --- the container ---------------------------------------------------------------------------------------------------


@pytest.mark.clause("EVID-001", "EVID-002")
def test_common_tools_open_the_file_and_find_the_parts_in_it() -> None:
    with zipfile.ZipFile(io.BytesIO(WHOLE)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == NAMES
        assert archive.namelist()[-1] == MANIFEST
        assert archive.read("README.txt") == making.NOTE


@pytest.mark.slow
@pytest.mark.clause("EVID-002", "EVID-006", "EVID-007")
@pytest.mark.parametrize("index", range(len(ENTRIES)), ids=NAMES)
def test_a_flip_of_any_byte_of_a_part_is_found_and_the_part_is_named(index: int) -> None:
    entry = ENTRIES[index]
    for place in range(entry.offset, entry.end):
        found = judged(flipped(WHOLE, place))
        named = {finding.part for finding in found.having(Verdict.ALTERED)}
        assert entry.name in named, place


@pytest.mark.slow
@pytest.mark.clause("EVID-002", "EVID-007")
def test_a_flip_of_any_byte_behind_the_parts_is_found() -> None:
    for place in range(TABLE, len(WHOLE)):
        altered = checks(judged(flipped(WHOLE, place)), Verdict.ALTERED)
        assert {check for check, _ in altered} & {Check.DIRECTORY, Check.HEADER}, place


def flipped(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 1 << place % 8]) + data[place + 1 :]


@pytest.mark.clause("EVID-002")
@given(data=st.binary(max_size=400) | st.sampled_from([0, 1, 30, TABLE, len(WHOLE) - 1]).map(lambda n: WHOLE[:n]))
def test_arbitrary_and_truncated_files_are_refused_or_found_out(data: bytes) -> None:
    try:
        found = judged(data)
    except RemoteError:
        return
    assert not found.is_proven


@pytest.mark.clause("EVID-002", "EVID-007")
@given(place=st.integers(0, len(WHOLE) - 1), length=st.integers(1, 300), filler=st.binary(max_size=300))
def test_bytes_that_are_cut_out_or_replaced_are_found(place: int, length: int, filler: bytes) -> None:
    data = WHOLE[:place] + filler + WHOLE[place + length :]
    try:
        found = judged(data)
    except RemoteError:
        return
    assert data == WHOLE or not found.is_proven


def ordinary(name: str, content: bytes, deflated: bool) -> bytes:
    """Return the parts of the small file as a common tool packs them, with one more."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED if deflated else zipfile.ZIP_STORED) as archive:
        for each, data in [*making.contents(), (name, content)]:
            archive.writestr(each, data)
    return made.getvalue()


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.clause("EVID-002", "EVID-003")
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("../../etc/passwd", b"x"),
        ("/etc/passwd", b"x"),
        ("attachments/../x", b"x"),
        ("README.txt", b"a second one"),
        ("invoice.exe", b"x"),
        ("manifest", b"\0" * 2_000_000),
    ],
)
@pytest.mark.parametrize("deflated", [False, True])
def test_an_archive_with_a_trick_is_never_proven(name: str, content: bytes, deflated: bool) -> None:
    try:
        found = judged(ordinary(name, content, deflated))
    except RemoteError:
        return
    assert any(found.having(Verdict.ALTERED))


@pytest.mark.clause("EVID-002")
def test_a_file_that_begins_as_another_file_is_refused() -> None:
    with pytest.raises(RemoteError):
        judged(b"MZ" + WHOLE)


@pytest.mark.clause("EVID-003")
@pytest.mark.parametrize("name", ["../x", "README.TXT", "messages/1.message", "bundles/../000001.bundle", "manifest "])
def test_a_part_of_another_name_cannot_be_made(name: str) -> None:
    with pytest.raises(LocalError):
        header(name, 1, 0)


@pytest.mark.clause("EVID-002", "EVID-003")
def test_a_name_that_stands_twice_is_refused() -> None:
    data, entries = b"", []
    for name in ("README.txt", "README.txt"):
        entries.append(Entry(name, 1, zlib.crc32(b"x"), len(data)))
        data += header(name, 1, zlib.crc32(b"x")) + b"x"
    assert "twice" in read_layout(Held(data + tail(entries))).fault


@pytest.mark.clause("EVID-002")
def test_parts_of_more_than_four_gibibytes_are_found() -> None:
    name, size = "attachments/" + "0" * 64, 5 << 30
    first = Entry(name, size, 1, 0)
    second = Entry(MANIFEST, 10, 2, first.end)
    end = tail([first, second])
    islands = {0: header(name, size, 1), second.offset: header(MANIFEST, 10, 2), second.end: end}
    source = Sparse(second.end + len(end), dict(islands))
    layout = read_layout(source)
    assert (layout.entries, layout.fault) == ((first, second), "")
    assert all(container.has_header(source, entry) for entry in layout.entries)
    del source.islands[second.end]
    assert read_layout(source).entries == (first, second)  # found by the headers before the parts
    with zipfile.ZipFile(Opened(Sparse(second.end + len(end), islands))) as archive:
        assert [info.file_size for info in archive.infolist()] == [size, 10]


class Opened(io.RawIOBase):
    """A source as a file, for the reader of another implementation."""

    def __init__(self, source: Sparse) -> None:
        self.source, self.place = source, 0

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        self.place = offset + (0, self.place, self.source.size)[whence]
        return self.place

    def tell(self) -> int:
        return self.place

    def read(self, size: int = -1) -> bytes:
        data = self.source.read_at(self.place, self.source.size - self.place if size < 0 else size)
        self.place += len(data)
        return data


@pytest.mark.clause("EVID-004")
def test_a_large_attachment_is_read_in_pieces() -> None:
    content = bytes(5 << 20)
    first = making.request(attachments=[making.attachment(content)])
    parts = [(name, data) for name, data in making.contents() if not name.startswith(("attachments", "receipts"))]
    parts = [(name, message.signed(first) if "000001.message" in name else data) for name, data in parts]
    parts.append((f"attachments/{hashlib.sha256(content).hexdigest()}", content))
    held = Held(making.evidence(parts))
    counted: list[int] = []
    found = verify(held, treaty_id(), counted.append)
    assert (Check.FILE, parts[-1][0]) in checks(found, Verdict.PROVEN)
    assert held.most <= container.PIECE_BYTES
    assert sum(counted) == sum(entry.size for entry in read_layout(held).entries)


@pytest.mark.clause("EVID-004")
def test_a_part_that_is_too_long_for_what_it_is_named_is_not_read_whole() -> None:
    parts = [(name, bytes(2 << 20) if name.startswith("treaty") else data) for name, data in making.contents()]
    held = Held(making.evidence(parts))
    assert (Check.FORM, "treaty/000001.treaty") in checks(verify(held, treaty_id()))
    assert held.most <= container.PIECE_BYTES


@pytest.mark.clause("EVID-019")
def test_treaty_and_bundles_beyond_the_bound_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(papers, "MAX_PAPERS_BYTES", 1_000)
    with pytest.raises(LimitError):
        judged(WHOLE)


# --- the list --------------------------------------------------------------------------------------------------------


@pytest.mark.clause("EVID-005", "EVID-006")
def test_a_list_is_read_as_it_was_signed() -> None:
    fields = manifests.read(making.signed_manifest(making.manifest(making.contents()))).manifest
    data = sign(fields, party(A).signing)
    read = manifests.read(data)
    read.verify(party(A).signing.public)
    assert read.manifest == fields
    with pytest.raises(RemoteError):
        read.verify(party(B).signing.public)
    with pytest.raises(LocalError):
        sign(fields, party(B).signing)


@pytest.mark.clause("EVID-005")
@pytest.mark.parametrize("name", [MANIFEST, "README.txt"])
def test_a_list_names_no_part_twice_and_not_itself(name: str) -> None:
    fields = making.manifest(making.contents())
    fields["parts"].append([name, 1, bytes(32)])
    with pytest.raises(RemoteError, match="EVID-005"):
        manifests.read(making.signed_manifest(fields))


@pytest.mark.clause("EVID-006")
@given(data=st.binary(max_size=300))
def test_arbitrary_bytes_are_no_list(data: bytes) -> None:
    with pytest.raises(RemoteError):
        manifests.read(data)


def test_what_was_left_out_stands_once_in_order() -> None:
    first = LeftOut("message", bytes(32), "handling")
    second = LeftOut("attachment", b"\1" * 32, "omitted")
    again = LeftOut("message", bytes(32), "omitted")
    assert left_out([first, again, second]) == (second, first)


# --- what is proven --------------------------------------------------------------------------------------------------


@pytest.mark.clause("EVID-008", "EVID-017")
def test_the_file_alone_and_the_treaty_id_prove_everything() -> None:
    found = judged(WHOLE)
    assert found.is_proven
    assert (found.compared, checks(found)) == (True, [])
    assert [fact.sender for fact in found.facts] == [A, B]
    assert [(said.party, said.code) for said in found.receipts] == [(B, 0), (A, 0)]
    assert isinstance(found.manifest, Manifest)
    assert found.names == {A: f"Example body {A}", B: f"Example body {B}"}


@pytest.mark.clause("EVID-008")
def test_a_file_in_which_everything_is_made_up_is_not_proven() -> None:
    assert not verify(Held(WHOLE)).is_proven
    assert checks(judged(WHOLE, bytes(32))) == [(Check.ANCHOR_OTHER, "")]


def with_bundles(*bundles: bytes, **changes: Any) -> making.Contents:
    """Return the parts with further bundles of aa.police."""
    extra = [(f"bundles/{A}/{number:06}.bundle", data) for number, data in enumerate(bundles, 2)]
    return [*making.contents()[:3], *extra, *making.contents()[3:]]


def next_bundle(**changes: Any) -> bytes:
    """Return serial 2 of aa.police, which begins after the messages."""
    first = parties.first_bundle(A)
    since = NOW_US + 40 * 86_400 * SECOND_US
    fields = {"serial": 2, "prev": first.hash, "from": since, "until": since + MAX_VALIDITY_US} | changes
    return parties.signed_bundle(parties.bundle_body(A, **fields), parties.bundle_signers(A))


@pytest.mark.clause("EVID-009", "EVID-010")
def test_later_bundles_of_a_party_follow_the_first() -> None:
    assert judged(making.evidence(with_bundles(next_bundle()))).is_proven
    broken = checks(judged(making.evidence(with_bundles(next_bundle(prev=bytes(32))))))
    assert broken == [(Check.BUNDLE_BROKEN, f"bundles/{A}/000002.bundle")]


@pytest.mark.clause("EVID-024")
def test_two_valid_documents_for_one_place_are_named() -> None:
    other = parties.signed_bundle(parties.bundle_body(B, reservations=["text"]), parties.bundle_signers(B))
    name = "conflicts/000001.bundle"
    found = judged(making.evidence([*making.contents(), (name, other)]))
    assert checks(found) == [(Check.CONFLICT, name)]
    treaty = parties.signed_treaty(
        parties.treaty_body(version=2, prev=treaty_id(), treaty=treaty_id()), parties.first_keys()
    )
    second = parties.signed_treaty(
        parties.treaty_body(version=2, prev=treaty_id(), treaty=treaty_id(), title="Another"), parties.first_keys()
    )
    parts = [*making.contents()[:2], ("treaty/000002.treaty", treaty), *making.contents()[2:]]
    found = judged(making.evidence([*parts, ("conflicts/000001.treaty", second)]))
    assert checks(found) == [(Check.CONFLICT, "conflicts/000001.treaty")]


@pytest.mark.clause("EVID-024")
@pytest.mark.parametrize(
    ("name", "data"),
    [("conflicts/000001.bundle", parties.first_bundle(B).data),
     ("conflicts/000001.treaty", parties.first_treaty().data),
     ("conflicts/000001.bundle", b"x"), ("conflicts/000001.treaty", b"")],
)  # fmt: skip
def test_what_contradicts_nothing_is_no_conflict(name: str, data: bytes) -> None:
    assert checks(judged(making.evidence([*making.contents(), (name, data)]))) == [(Check.FORM, name)]


@pytest.mark.clause("EVID-016")
@pytest.mark.parametrize(("after_s", "sound"), [(3, True), (1, False)])
def test_a_message_of_a_revoked_key_needs_a_receipt_of_before(after_s: int, sound: bool) -> None:
    revoked = [{"at": NOW_US + after_s * SECOND_US, "key": party(A).signing.public.id}]
    found = judged(making.evidence(with_bundles(next_bundle(revoked=revoked))))
    assert ((Check.REVOKED, making.FIRST) in checks(found)) is not sound
    assert (Check.REVOKED, MANIFEST) in checks(found)


@pytest.mark.clause("EVID-010", "EVID-016")
def test_a_message_of_a_revoked_key_without_any_receipt_is_not_proven() -> None:
    revoked = [{"at": NOW_US + 50 * SECOND_US, "key": party(A).signing.public.id}]
    parts = [each for each in with_bundles(next_bundle(revoked=revoked)) if not each[0].startswith("receipts/000001")]
    assert (Check.REVOKED, making.FIRST) in checks(judged(making.evidence(parts)))


@pytest.mark.clause("EVID-009", "EVID-011")
def test_a_second_version_of_the_treaty_follows_the_first_and_judges_later_messages() -> None:
    effective = NOW_US + 300 * SECOND_US
    body = parties.treaty_body(
        parties.member(A), parties.member(B, send=["prevention.*"]), version=2, prev=treaty_id(), treaty=treaty_id(),
        effective=effective,
    )  # fmt: skip
    second = ("treaty/000002.treaty", parties.signed_treaty(body, parties.first_keys()))
    found = judged(making.evidence([*making.contents()[:2], second, *making.contents()[2:]]))
    assert checks(found) == [(Check.RIGHTS, "messages/000002.message")]
    assert (Check.OLDER_VERSION, "messages/000002.message") in checks(found, Verdict.NOTE)
    weak = ("treaty/000002.treaty", parties.signed_treaty(body, parties.first_keys()[:1]))
    found = judged(making.evidence([*making.contents()[:2], weak, *making.contents()[2:]]))
    assert checks(found) == [(Check.TREATY_BROKEN, "treaty/000002.treaty")]


@pytest.mark.clause("EVID-011")
def test_a_message_that_the_treaty_did_not_allow_and_that_was_refused_is_a_note() -> None:
    body = making.request(kind="intelligence.query", payload={})
    refused = making.accepted(body, B, status="refused", code=23)
    parts = [*making.contents()[:4], (making.FIRST, message.signed(body)), (f"receipts/000001/{B}.receipt", refused)]
    found = judged(making.evidence([*parts, making.contents()[-1]]))
    assert found.is_proven
    assert (Check.RIGHTS_REFUSED, making.FIRST) in checks(found, Verdict.NOTE)
    assert (Check.REFUSED, parts[-1][0]) in checks(found, Verdict.PROVEN)
    found = judged(making.evidence([*parts[:-1], making.contents()[-1]]))
    assert checks(found)[0] == (Check.RIGHTS, making.FIRST)


@pytest.mark.clause("EVID-011")
@pytest.mark.parametrize(
    ("changes", "check"),
    [
        ({"treaty": bytes(32)}, Check.OTHER_TREATY),
        ({"treaty_version": 2}, Check.VERSION),
        ({"case": bytes(16)}, Check.OTHER_CASE),
        ({"expires": NOW_US + 8 * 86_400 * SECOND_US}, Check.RIGHTS),
        ({"to": [B, "xa.gendarmerie"]}, Check.RIGHTS),
        ({"created": parties.EPOCH_US - SECOND_US}, Check.KEY),
    ],
)
def test_a_message_of_another_treaty_case_or_time_is_not_proven(changes: dict[str, Any], check: Check) -> None:
    parts = [*making.contents()[:4], (making.FIRST, message.signed(making.request(**changes))), making.contents()[-1]]
    found = judged(making.evidence(parts))
    assert (check, making.FIRST) in checks(found)


@pytest.mark.clause("EVID-012")
def test_messages_of_one_number_wrong_predecessors_and_gaps_are_named() -> None:
    first = making.request()
    digest = hashlib.sha256(encode(first)).digest()

    def later(seq: int, prev: bytes, name: str) -> tuple[str, bytes]:
        identity = hashlib.sha256(name.encode()).digest()[:16]
        return name, message.signed(message.body(id=identity, seq=seq, prev=prev))

    def told(*more: tuple[str, bytes]) -> Verification:
        return judged(making.evidence([*making.contents()[:6], *more, making.contents()[-1]]))

    second, third = "messages/000002.message", "messages/000003.message"
    assert checks(told(later(1, digest, second))) == []
    assert checks(told(later(1, bytes(32), second))) == [(Check.PREV, second)]
    assert (Check.TWICE, third) in checks(told(later(1, digest, second), later(1, digest, third)))
    assert (Check.TWICE, second) in checks(told((second, message.signed(making.request(urgency=3)))))
    found = told(later(4, bytes(32), second))
    assert checks(found) == []
    (gap,) = [finding for finding in found.findings if finding.check is Check.GAP]
    assert gap.values == {"party": A, "first": "1", "last": "3"}


@pytest.mark.clause("EVID-013")
@pytest.mark.parametrize(
    ("changes", "check"),
    [({"message": bytes(32)}, Check.RECEIPT_OTHER), ({"id": bytes(16)}, Check.RECEIPT_OTHER),
     ({"time": NOW_US - 601 * SECOND_US}, Check.RECEIPT_TIME)],
)  # fmt: skip
def test_a_receipt_of_another_message_or_an_impossible_time_proves_nothing(changes: Any, check: Check) -> None:
    name = f"receipts/000001/{B}.receipt"
    data = making.accepted(making.request(), B, **changes)
    assert checks(judged(making.evidence(making.replaced(name, data)))) == [(check, name)]


@pytest.mark.clause("EVID-013")
def test_a_receipt_under_the_number_of_another_message_proves_nothing() -> None:
    name = f"receipts/000002/{B}.receipt"
    parts = [(name if each == f"receipts/000001/{B}.receipt" else each, data) for each, data in making.contents()]
    assert checks(judged(making.evidence(parts))) == [(Check.RECEIPT_OTHER, name)]


@pytest.mark.clause("EVID-018")
def test_two_roots_of_one_log_with_one_size_are_named() -> None:
    first = making.request()
    second = message.body(seq=1, prev=hashlib.sha256(encode(first)).digest(), id=bytes(16))
    name = f"receipts/000002/{B}.receipt"
    more = [("messages/000002.message", message.signed(second)), (name, making.accepted(second, B))]
    found = judged(making.evidence([*making.contents()[:6], *more, making.contents()[-1]]))
    assert checks(found) == [(Check.FORK, name)]


@pytest.mark.clause("EVID-014", "EVID-015")
def test_attachments_are_compared_with_what_was_signed() -> None:
    name = making.contents()[-1][0]
    assert (Check.FILE_OTHER, name) in checks(judged(making.evidence(making.replaced(name, b"another content"))))
    lied = message.signed(making.request(attachments=[making.attachment() | {"size": 1}]))
    assert (Check.FILE_OTHER, name) in checks(judged(making.evidence(making.replaced(making.FIRST, lied))))
    gone = making.evidence(making.replaced(name, None), left_out=[["attachment", bytes(32), "omitted"]])
    assert (Check.FILE_ABSENT, making.FIRST) in checks(judged(gone))


PUBLISHED = published.bytes_of("1.json")


@pytest.mark.clause("EVID-025")
@pytest.mark.parametrize(
    ("number", "data", "check"),
    [
        (1, PUBLISHED, Check.VOCABULARY),
        (2, PUBLISHED, Check.VOCABULARY_OTHER),
        (None, PUBLISHED, Check.VOCABULARY_OTHER),
        (1, b"{}", Check.VOCABULARY_OTHER),
        (1, PUBLISHED.replace(b'"AA",', b""), Check.VOCABULARY_OTHER),
        (1, PUBLISHED + b" " * 4_194_304, Check.VOCABULARY_OTHER),
    ],
    ids=["as listed", "another number", "not listed", "no vocabulary", "an altered one", "too long"],
)
def test_the_vocabulary_is_the_one_that_the_list_and_the_treaty_name(
    number: int | None, data: bytes, check: Check
) -> None:
    contents = [*naming_the_published(), ("vocabulary/000001.json", data)]
    found = judged(making.evidence(contents, vocabulary=number))
    assert {f.check for f in found.findings if f.part.startswith("vocabulary")} == {check}


def naming_the_published() -> list[tuple[str, bytes]]:
    """Return the contents of a file whose treaty names the published vocabulary; nothing else of it fits any more."""
    pin = published.edition(1).pin
    body = parties.treaty_body(vocabulary={"hash": pin.hash, "version": pin.version})
    return making.replaced("treaty/000001.treaty", parties.signed_treaty(body, parties.first_keys()))


@pytest.mark.clause("EVID-025")
def test_a_vocabulary_that_the_treaty_does_not_name_is_told() -> None:
    found = judged(making.evidence([*making.contents(), ("vocabulary/000001.json", PUBLISHED)], vocabulary=1))
    assert {f.check for f in found.findings if f.part.startswith("vocabulary")} == {Check.VOCABULARY_OTHER}


@pytest.mark.clause("EVID-025")
def test_a_vocabulary_that_is_listed_and_missing_is_named() -> None:
    assert checks(judged(making.evidence(vocabulary=1))) == [(Check.VOCABULARY_OTHER, "vocabulary/000001.json")]


def test_a_list_of_suite_2_is_verified_with_both_signatures() -> None:
    key = SigningKey.from_seed(Algorithm.ED25519_MLDSA65, bytes(64))
    fields = making.manifest(making.contents(), suite=2, from_key=key.public.id)
    signed = manifests.read(sign(manifests.read(making.signed_manifest(fields)).manifest, key))
    signed.verify(key.public)

"""spec/vectors/attachment.json through the public doors of the library."""

import hashlib

import pytest

from comity import attachment, message
from comity.attachment import Attachment, Opening, Sealing
from comity.encoding import decode_as
from comity.limits import CHUNK_BYTES
from tests.support.vectors import Case, cases, data_of, refused


@pytest.mark.clause("ATTACH-001", "ATTACH-002", "ATTACH-006", "ATTACH-007")
@pytest.mark.parametrize("case", cases("attachment", "valid", "message"))
def test_a_message_with_good_attachments_reads(case: Case) -> None:
    assert message.read(data_of(case["data"])).body.attachments


@pytest.mark.clause(
    "ATTACH-001", "ATTACH-002", "ATTACH-003", "ATTACH-004", "ATTACH-005", "ATTACH-006", "ATTACH-007", "CONV-001",
    "CONV-004", "CONV-006",
)  # fmt: skip
@pytest.mark.parametrize("case", cases("attachment", "invalid", "message"))
def test_a_message_with_a_bad_attachment_is_refused(case: Case) -> None:
    with refused(case):
        message.read(data_of(case["data"]))


def named(case: Case) -> Attachment:
    return decode_as(Attachment, data_of(case["attachment"]), 1_000)


@pytest.mark.clause("ATTACH-008", "ATTACH-009", "ATTACH-010")
@pytest.mark.parametrize("case", cases("attachment", "valid", "file"))
def test_a_file_is_sealed_to_the_published_chunks_and_opens(case: Case) -> None:
    content, wanted = data_of(case["content"]), named(case)
    sealing, opening = Sealing(wanted.key), Opening(wanted)
    sealed = []
    for index in range(attachment.chunk_count(len(content))):
        piece = content[index * CHUNK_BYTES : (index + 1) * CHUNK_BYTES]
        sealed.append(sealing.seal(piece, index == opening.count - 1))
        assert opening.open(sealed[-1]) == piece
    opening.verify()
    assert sealing.attachment(wanted.name, wanted.media) == wanted
    if "chunks" in case:
        assert sealed == [data_of(each) for each in case["chunks"]]
    else:
        assert [hashlib.sha256(each).hexdigest() for each in sealed] == case["sha256"]


@pytest.mark.clause("ATTACH-010", "ATTACH-025")
@pytest.mark.parametrize("case", cases("attachment", "invalid", "file"))
def test_a_file_that_is_not_what_was_signed_is_refused(case: Case) -> None:
    opening = Opening(named(case))
    with refused(case):
        for each in case["chunks"] or [""]:
            opening.open(data_of(each))
        opening.verify()

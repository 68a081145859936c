"""spec/vectors/acceptance.json through the public doors of the library."""

import pytest

from comity import message
from comity.acceptance import judge, open_envelope
from comity.directory import Directory
from comity.envelope import OpeningEpochs
from comity.errors import RemoteError, error_by_code
from comity.keys import EnvelopeKey
from tests.support.vectors import Case, cases, data_of, refused, vectors


def directory_of(case: Case) -> Directory:
    """Return the directory that the recipient of a case holds."""
    directory = Directory()
    for name in case["documents"]:
        sort, data = vectors("acceptance")["library"][name]
        if sort == "treaty":
            directory.add_treaty(bytes.fromhex(data), case["now"])
        else:
            directory.add_bundle(bytes.fromhex(data), case["now"])
    return directory


def accept(case: Case, done: list[str]) -> message.SignedMessage:
    """Return the message once every check has passed; `done` names the halves of the road that are behind."""
    directory = directory_of(case)
    key = EnvelopeKey.from_seed(data_of(vectors("acceptance")["recipient_seed"]))
    signed = open_envelope(data_of(case["envelope"]), case["peer"], directory, {key.public.id: key}, OpeningEpochs())
    done.append("error")
    known = case["known"].get(signed.body.id.hex())
    if known is not None and known != signed.hash.hex():
        raise error_of(26)
    judge(signed, directory, vectors("acceptance")["recipient"], case["now"])
    return signed


def error_of(code: int) -> RemoteError:
    error = error_by_code(code)
    assert error is not None
    return error("")


@pytest.mark.clause("ACC-001", "ACC-004", "ACC-005")
@pytest.mark.parametrize("case", cases("acceptance", "valid"))
def test_a_message_that_passes_every_check_is_accepted(case: Case) -> None:
    assert accept(case, []).hash == data_of(case["hash"])


@pytest.mark.clause("ACC-001", "ACC-002", "ACC-003", "ACC-004")
@pytest.mark.parametrize("case", cases("acceptance", "invalid"))
def test_the_first_check_that_fails_gives_the_answer(case: Case) -> None:
    done: list[str] = []
    with refused(case):
        accept(case, done)
    assert case["answer"] == ("refusal" if done else "error")

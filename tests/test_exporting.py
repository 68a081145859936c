"""The export of a case from a node: what stands in the file, what is left out, and that it is whole or not there."""

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
import trio
from trio.testing import MockClock

from comity import bundle as bundles
from comity.errors import EquivocationError
from comity.evidence import Check, Verdict, Verification, verify
from comity.handling import Handling
from comity_node import operations
from comity_node.attachments.shelf import Shelf
from comity_node.errors import NodeError, NotFoundError, StorageError
from comity_node.exporting.collecting import Collector, proved
from comity_node.exporting.writer import EvidenceWriter
from comity_node.faults import FileError, first_of
from comity_node.node import Node, open_node
from comity_verify.command import main
from comity_verify.source import FileSource
from tests.support.alliances import Alliance, alliance, ended, first_message
from tests.support.files import content, is_over
from tests.support.homes import root_key

pytestmark = pytest.mark.slow

POLICE, FIU = "aa.police", "bb.fiu"
SIZE = 700_000


class Case:
    """A request with a file and its answer, between two nodes that have stopped since."""

    def __init__(self, place: Path, talk: Callable[["Case", dict[str, Node]], Any] | None = None) -> None:
        self.place = place
        self.file = place / "statement.bin"
        self.file.write_bytes(content("statement", SIZE))
        self.group: Alliance
        self.id = b""
        trio.run(self._play, talk or usual, clock=MockClock(autojump_threshold=0))

    async def _play(self, talk: Callable[["Case", dict[str, Node]], Any]) -> None:
        self.group = await alliance(self.place, POLICE, FIU)
        async with self.group.run_all() as nodes:
            await talk(self, nodes)

    def perform(self, party: str = POLICE) -> Callable[..., dict[str, Any]]:
        """Return what asks the node of the party, opened for each question alone."""
        home = self.group.homes[party]

        async def ask(op: str, params: dict[str, Any]) -> dict[str, Any]:
            async with open_node(home.config, home.keys(), self.group.world(party), online=False) as node:
                return dict(json.loads(json.dumps(await operations.run(node, op, json.loads(json.dumps(params))))))

        def perform(op: str, **params: Any) -> dict[str, Any]:
            try:
                return trio.run(ask, op, params)
            except BaseExceptionGroup as group:
                raise first_of(group) from None

        return perform

    def export(self, party: str = POLICE, with_files: bool = True, case: str = "") -> Path:
        target = self.place / f"{party}.zip"
        writer = EvidenceWriter(target)
        try:
            collector = Collector(self.perform(party), Shelf(self.group.homes[party].path), writer)
            opened = collector.open(case or self.id.hex(), with_files)
            collector.collect("A. Example", "Order 12 K 345/26", lambda count: None)
            proved(writer.path, opened["treaty"])
            writer.finish()
        finally:
            writer.close()
        return target

    def verified(self, path: Path) -> Verification:
        treaty = self.perform()("export-open", case=self.id.hex())["treaty"]
        with FileSource(path) as source:
            return verify(source, bytes.fromhex(treaty))


async def usual(case: Case, nodes: dict[str, Node]) -> None:
    police, fiu = nodes[POLICE], nodes[FIU]
    sent = await police.send(FIU, "text", {"text": "Please look at the statement."}, attachments=[case.file])
    case.id = sent.case
    arrived = await first_message(fiu)
    await ended(police, sent.id)
    while not is_over(await fiu.attachments(arrived.id)):
        await trio.sleep(0.05)
    await fiu.mark_read(arrived.id)
    answer = await fiu.reply(arrived.id, "text", {"text": "We hold it."})
    await ended(fiu, answer.id)
    await trio.sleep(5)


def checks(found: Verification, *verdicts: Verdict) -> list[Check]:
    return [finding.check for finding in found.having(*verdicts)]


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    return Case(tmp_path_factory.mktemp("case"))


@pytest.mark.clause("EVID-021", "EVID-022")
@pytest.mark.parametrize("party", [POLICE, FIU])
def test_either_side_exports_a_file_that_proves_the_whole_case(case: Case, party: str) -> None:
    found = case.verified(case.export(party))
    assert found.is_proven
    assert [(fact.sender, fact.kind) for fact in found.facts] == [(POLICE, "text"), (FIU, "read"), (FIU, "text")]
    assert sorted(said.party for said in found.receipts) == [POLICE, POLICE, FIU]
    assert checks(found, Verdict.NOTE) == []
    assert Check.FILE in checks(found, Verdict.PROVEN)
    assert found.manifest is not None
    assert (found.manifest.sender, found.manifest.by, found.manifest.reason) == (
        party,
        "A. Example",
        "Order 12 K 345/26",
    )
    assert os.stat(case.place / f"{party}.zip").st_mode & 0o777 == 0o600
    (case.place / f"{party}.zip").unlink()


def test_the_verifier_extracts_what_was_sent(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    path = case.export()
    treaty = case.perform()("export-open", case=case.id.hex())["treaty"]
    target = case.place / "out"
    assert main([str(path), "--treaty-id", treaty, "--extract", str(target)]) == 0
    assert (target / "000001-statement.bin").read_bytes() == case.file.read_bytes()
    said = capsys.readouterr().out
    assert "Office of bb.fiu (bb.fiu)" in said
    assert "PROVEN. Nothing was altered" in said
    path.unlink()


@pytest.mark.clause("EVID-021")
def test_attachments_that_are_left_out_stand_in_the_list(case: Case) -> None:
    path = case.export(with_files=False)
    found = case.verified(path)
    assert found.is_proven
    assert checks(found, Verdict.NOTE) == [Check.LEFT_OUT]
    assert found.manifest is not None
    (left,) = found.manifest.left_out
    assert (left.what, left.hash, left.reason) == (
        "attachment",
        hashlib.sha256(content("statement", SIZE)).digest(),
        "omitted",
    )
    path.unlink()


@pytest.mark.clause("EVID-021")
def test_an_attachment_that_is_not_here_stands_in_the_list(case: Case) -> None:
    shelf = case.group.homes[POLICE].path / "attachments"
    (sealed,) = shelf.iterdir()
    sealed.rename(case.place / "away")
    try:
        path = case.export()
    finally:
        (case.place / "away").rename(sealed)
    found = case.verified(path)
    assert found.manifest is not None
    assert [left.reason for left in found.manifest.left_out] == ["not-held"]
    path.unlink()


@pytest.mark.clause("EVID-022")
def test_an_attachment_that_was_altered_on_the_disk_ends_the_export_and_leaves_nothing(case: Case) -> None:
    (sealed,) = (case.group.homes[POLICE].path / "attachments").iterdir()
    whole = sealed.read_bytes()
    sealed.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    try:
        with pytest.raises(StorageError, match="was altered"):
            case.export()
    finally:
        sealed.write_bytes(whole)
    assert [path.name for path in case.place.iterdir() if path.name.startswith(".") or path.suffix == ".zip"] == []


@pytest.mark.clause("EVID-022")
def test_a_file_that_the_disk_altered_gets_no_name(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    complete = EvidenceWriter.complete

    def meddled(self: EvidenceWriter) -> None:
        complete(self)
        with self.path.open("r+b") as file:
            file.seek(5_000)
            byte = file.read(1)
            file.seek(5_000)
            file.write(bytes([byte[0] ^ 1]))

    monkeypatch.setattr(EvidenceWriter, "complete", meddled)
    with pytest.raises(StorageError, match="would not verify"):
        case.export()
    assert not (case.place / f"{POLICE}.zip").exists()


def test_a_file_that_exists_is_never_replaced(case: Case, tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_text("mine")
    with pytest.raises(FileError, match="exists already"):
        EvidenceWriter(tmp_path / "a.zip")
    writer = EvidenceWriter(tmp_path / "b.zip")
    writer.complete()
    (tmp_path / "b.zip").write_text("mine too")
    with pytest.raises(FileError, match="exists already"):
        writer.finish()
    writer.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zip", "b.zip"]
    assert (tmp_path / "b.zip").read_text() == "mine too"


def test_a_case_is_found_by_the_beginning_of_its_id_or_of_a_message_of_it(case: Case) -> None:
    ask = case.perform()
    newest = ask("outbox", limit=1)["messages"][0]["id"]
    assert ask("export-open", case=case.id.hex()[:6])["case"] == case.id.hex()
    assert ask("export-open", case=newest[:6])["case"] == case.id.hex()
    for prefix in ("abc", "zzzz", "ffffffff", ""):
        with pytest.raises(NotFoundError):
            ask("export-open", case=prefix)


@pytest.mark.parametrize(
    "params",
    [{"case": "00" * 16, "parts": [["../x", 1, "00"]], "left_out": []}, {"case": "xx", "parts": [], "left_out": []},
     {"case": "00" * 16, "parts": [["README.txt", 1, "00" * 32]] * 2, "left_out": []},
     {"case": "00" * 16, "parts": [["README.txt", -1, "00" * 32]], "left_out": []},
     {"case": "00" * 16, "parts": [], "left_out": [], "reason": "x" * 1_001}],
)  # fmt: skip
def test_a_list_that_nobody_could_read_is_not_signed(case: Case, params: dict[str, Any]) -> None:
    with pytest.raises(NodeError):
        case.perform()("export-sign", **params)


MARKINGS = {
    "amber": Handling(tlp="AMBER"),
    "clear": Handling(tlp="CLEAR", codes=("H0",)),
    "for prosecution": Handling(tlp="AMBER", purposes=("prosecution",)),
    "red": Handling(tlp="RED"),
    "strict": Handling(tlp="AMBER+STRICT"),
    "not in court": Handling(tlp="GREEN", codes=("H1",)),
    "not further": Handling(tlp="GREEN", codes=("H2",)),
    "for intelligence": Handling(tlp="AMBER", purposes=("intelligence",)),
}


@pytest.mark.clause("EVID-020", "HAND-005")
def test_what_the_marking_of_others_does_not_let_a_court_see_is_left_out(tmp_path: Path) -> None:
    async def talk(case: Case, nodes: dict[str, Node]) -> None:
        for words, handling in MARKINGS.items():
            sent = await nodes[POLICE].send(FIU, "text", {"text": words}, handling=handling, case=case.id or None)
            case.id = sent.case
            await ended(nodes[POLICE], sent.id)

    made = Case(tmp_path, talk)
    page = made.perform(FIU)("export-page", case=made.id.hex())
    shown = [held["left_out"] for held in page["messages"]]
    assert shown == [None, None, None, "handling", "handling", "handling", "handling", "handling"]
    other = made.perform(FIU)("export-page", case=made.id.hex(), purpose="intelligence")
    assert [held["left_out"] for held in other["messages"]][2::5] == ["handling", None]
    own = made.perform(POLICE)("export-page", case=made.id.hex())
    assert [held["left_out"] for held in own["messages"]] == [None] * 8


@pytest.mark.clause("EVID-020", "EVID-021")
def test_a_message_whose_marking_forbids_it_is_left_out_and_listed_with_its_attachments(tmp_path: Path) -> None:
    async def talk(case: Case, nodes: dict[str, Node]) -> None:
        police, fiu = nodes[POLICE], nodes[FIU]
        sent = await police.send(
            FIU, "text", {"text": "For you alone."}, handling=Handling(tlp="RED"), attachments=[case.file]
        )
        case.id = sent.case
        arrived = await first_message(fiu)
        answer = await fiu.reply(arrived.id, "text", {"text": "Understood."})
        await ended(fiu, answer.id)

    made = Case(tmp_path, talk)
    found = made.verified(made.export(FIU))
    assert [fact.sender for fact in found.facts] == [FIU]
    assert found.manifest is not None
    assert [(left.what, left.reason) for left in found.manifest.left_out] == [
        ("attachment", "handling"), ("message", "handling")
    ]  # fmt: skip
    assert found.is_proven
    assert b"For you alone" not in (tmp_path / f"{FIU}.zip").read_bytes()
    assert [fact.sender for fact in made.verified(made.export(POLICE)).facts] == [POLICE]  # the reply is marked alike


@pytest.mark.clause("EVID-024")
def test_a_second_bundle_of_one_serial_goes_into_the_file(tmp_path: Path) -> None:
    async def talk(case: Case, nodes: dict[str, Node]) -> None:
        await usual(case, nodes)
        home = case.group.homes[FIU]
        first = bundles.read(dict(home.documents[2:])["bundle"])
        assert first.bundle.party == FIU
        body = bundles.body_bytes(msgspec.structs.replace(first.bundle, reservations=("prevention.*",)))
        keys = (root_key(FIU), home.keys().signing, home.keys().log)
        second = bundles.assemble(body, [bundles.sign(body, key) for key in keys])
        with pytest.raises(EquivocationError):
            await nodes[POLICE].import_bundle(second)

    made = Case(tmp_path, talk)
    found = made.verified(made.export(POLICE))
    assert [(each.check, each.part) for each in found.having(Verdict.NOT_PROVEN)] == [
        (Check.CONFLICT, "conflicts/000001.bundle")
    ]
    assert made.verified(made.export(FIU)).is_proven

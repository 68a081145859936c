"""The directory against a simple model: random amendments, bundles, forks, replays and days that pass."""

from dataclasses import dataclass, field
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from comity.bundle import Endpoint, SignedBundle
from comity.directory import Directory, Outcome
from comity.errors import (
    EquivocationError,
    NotActiveError,
    RemoteError,
    RollbackError,
    SuccessorError,
    ThresholdError,
    ValidityError,
)
from comity.treaty import SignedTreaty
from tests.support.alliance import (
    DAY_US,
    EPOCH_US,
    PARTIES,
    agency,
    bundle_of,
    member_of,
    rules_of,
    signed_bundle,
    signed_treaty,
    treaty_of,
)

Document = SignedTreaty | SignedBundle
AA, BB, QM = PARTIES[:3]
parties = st.sampled_from((AA, BB, QM))
days = st.integers(0, 40)
RULES = rules_of(2, expel=1, suspend=1)


@dataclass
class Model:
    """What must hold, as plainly as it can be said."""

    versions: list[SignedTreaty] = field(default_factory=list)
    bundles: dict[str, list[SignedBundle]] = field(default_factory=lambda: {AA: [], BB: [], QM: []})
    treaty_stopped: bool = False
    stopped: set[str] = field(default_factory=set)

    def in_force(self, now_us: int) -> SignedTreaty | None:
        come = [version for version in self.versions if version.treaty.effective <= now_us]
        if self.treaty_stopped or not come or now_us >= come[-1].treaty.expires:
            return None
        return come[-1]

    def may_speak(self, party: str, now_us: int) -> bool:
        version, held = self.in_force(now_us), self.bundles[party]
        if version is None or party in self.stopped or not held:
            return False
        member = version.treaty.member(party)
        valid = held[-1].bundle.since <= now_us < held[-1].bundle.until
        return member is not None and member.status == "active" and valid


class Histories(RuleBasedStateMachine):
    """Each rule hands the directory one document and says what must become of it."""

    def __init__(self) -> None:
        super().__init__()
        self.now_us = EPOCH_US
        self.count = 0  # makes every document different
        self.directory = Directory()
        self.model = Model()
        self.accepted: list[Document] = []
        first = signed_treaty(treaty_of(AA, BB, QM, rules=RULES))
        assert self.offer(first) is Outcome.NEW
        self.model.versions.append(first)

    # --- what the rules share ---

    def offer(self, document: Document) -> Outcome:
        if isinstance(document, SignedTreaty):
            result = self.directory.add_treaty(document.data, self.now_us)
        else:
            result = self.directory.add_bundle(document.data, self.now_us)
        if result is Outcome.NEW:
            self.accepted.append(document)
        return result

    def refused(self, document: Document, *errors: type[RemoteError]) -> None:
        before = self.state()
        try:
            self.offer(document)
        except errors:
            assert self.state() == before
        else:
            raise AssertionError("the document was taken in")

    def equivocates(self, document: Document) -> None:
        count = len(self.directory.proofs)
        try:
            self.offer(document)
        except EquivocationError:
            self.accepted.append(document)
            assert len(self.directory.proofs) == count + 1
            assert self.directory.proofs[-1].second == document.data
        else:
            raise AssertionError("nobody noticed")

    def state(self, directory: Directory | None = None) -> list[object]:
        asked = directory or self.directory
        said: list[object] = [asked.head, asked.proofs]
        for party in (AA, BB, QM):
            newest = asked.bundle(party)
            said += [newest and newest.hash, len(asked.log_keys(party))]
            said += [speaks(asked, party, now_us) for now_us in (self.now_us, EPOCH_US + 30 * DAY_US)]
        return said

    def successor(self, previous: SignedTreaty, *signers: str, **fields: Any) -> SignedTreaty:
        self.count += 1
        return signed_treaty(treaty_of(previous=previous, **({"title": f"Text {self.count}"} | fields)), *signers)

    def next_bundle(self, party: str, previous: SignedBundle | None, *signers: Any) -> SignedBundle:
        self.count += 1
        who = agency(party, self.count % 5)
        fields = {
            "endpoints": (Endpoint(host="127.0.0.1", port=self.count),),
            "since": self.now_us,
            "until": self.now_us + 50 * DAY_US,
        }
        body = bundle_of(who, self.model.versions[0].hash, previous, **fields)
        return signed_bundle(body, *(signers or (who,)))

    def newest(self, party: str) -> SignedBundle | None:
        held = self.model.bundles[party]
        return held[-1] if held else None

    def takes_bundles(self, party: str) -> bool:
        return self.model.in_force(self.now_us) is not None and party not in self.model.stopped

    # --- time and repetition ---

    @rule(count=days)
    def days_pass(self, count: int) -> None:
        self.now_us += count * DAY_US

    @rule(data=st.data())
    def a_document_comes_again(self, data: st.DataObject) -> None:
        document = data.draw(st.sampled_from(self.accepted))
        before = self.state()
        assert self.offer(document) is Outcome.KNOWN
        assert self.state() == before

    @rule()
    def the_node_starts_again(self) -> None:
        kinds = {SignedTreaty: "treaty", SignedBundle: "bundle"}
        again = Directory.replay((kinds[type(document)], document.data) for document in self.accepted)
        assert self.state(again) == self.state()
        self.directory = again

    # --- versions ---

    @rule(later=days, status=st.sampled_from(("active", "suspended")))
    def the_treaty_is_amended(self, later: int, status: str) -> None:
        members = (member_of(AA), member_of(BB), member_of(QM, status=status))
        version = self.successor(self.model.versions[-1], effective=self.now_us + later * DAY_US, members=members)
        if self.model.treaty_stopped or version.treaty.effective >= version.treaty.expires:
            self.refused(version, ValidityError)
        else:
            assert self.offer(version) is Outcome.NEW
            self.model.versions.append(version)

    @precondition(lambda self: not self.model.treaty_stopped)
    @rule(signer=parties)
    def one_member_alone_amends(self, signer: str) -> None:
        version = self.successor(self.model.versions[-1], signer)
        self.refused(version, ThresholdError)

    @precondition(lambda self: not self.model.treaty_stopped)
    @rule()
    def a_version_is_left_out(self) -> None:
        skipped = self.successor(self.model.versions[-1])
        self.refused(self.successor(skipped), SuccessorError)

    @precondition(lambda self: not self.model.treaty_stopped and len(self.model.versions) > 1)
    @rule(data=st.data(), signers=st.sampled_from(((AA,), (AA, BB))))
    def a_second_version_appears(self, data: st.DataObject, signers: tuple[str, ...]) -> None:
        place = data.draw(st.integers(0, len(self.model.versions) - 2))
        second = self.successor(self.model.versions[place], *signers)
        if len(signers) == 1:
            self.refused(second, RollbackError, ThresholdError)
            return
        self.equivocates(second)
        self.model.treaty_stopped = True

    # --- bundles ---

    @rule(party=parties)
    def a_party_renews_its_bundle(self, party: str) -> None:
        bundle = self.next_bundle(party, self.newest(party))
        if not self.takes_bundles(party):
            self.refused(bundle, ValidityError)
            return
        assert self.offer(bundle) is Outcome.NEW
        self.model.bundles[party].append(bundle)

    @rule(party=parties)
    def a_thief_without_the_root_key_renews_a_bundle(self, party: str) -> None:
        who = agency(party, (self.count + 1) % 5)
        bundle = self.next_bundle(party, self.newest(party), who.signing, who.log)
        self.refused(bundle, ThresholdError if self.takes_bundles(party) else ValidityError)

    @precondition(lambda self: any(self.model.bundles.values()))
    @rule(data=st.data())
    def a_second_bundle_appears(self, data: st.DataObject) -> None:
        party = data.draw(st.sampled_from([each for each, held in self.model.bundles.items() if held]))
        place = data.draw(st.integers(0, len(self.model.bundles[party]) - 1))
        second = self.next_bundle(party, self.model.bundles[party][place - 1] if place else None)
        if not self.takes_bundles(party):
            self.refused(second, ValidityError)
            return
        self.equivocates(second)
        self.model.stopped.add(party)

    # --- what always holds ---

    @invariant()
    def the_directory_says_what_the_model_says(self) -> None:
        newest = self.model.versions[-1]
        assert self.directory.head == (len(self.model.versions), newest.hash)
        in_force = self.model.in_force(self.now_us)
        for party in (AA, BB, QM):
            assert self.directory.bundle(party) == self.newest(party)
            assert speaks(self.directory, party, self.now_us) is self.model.may_speak(party, self.now_us)
        if in_force is not None:
            assert self.directory.in_force(self.now_us) == in_force.treaty

    @invariant()
    def only_parties_that_may_speak_have_link_keys(self) -> None:
        speakers = {party for party in (AA, BB, QM) if self.model.may_speak(party, self.now_us)}
        assert set(self.directory.link_keys(self.now_us).values()) == speakers


def speaks(directory: Directory, party: str, now_us: int) -> bool:
    try:
        directory.may_speak(party, now_us)
    except NotActiveError:
        return False
    return True


TestHistories = Histories.TestCase
TestHistories.settings = settings(max_examples=40, stateful_step_count=25)

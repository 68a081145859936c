"""Officers at the command line: their keys, what they write and approve, and what each of them sees."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from comity.vocabulary import newest
from comity_node.cli import officer as officer_commands
from comity_node.cli import request
from comity_node.cli.session import Session
from comity_node.faults import Exit
from comity_node.keyfile import load_ring
from comity_node.officers import load_officer
from tests.support.desk import EXAMPLES, PASSPHRASE, Desk, sign_all, write_secret

pytestmark = pytest.mark.slow

STOP = "prevention.stop-payment"
FAR_AHEAD = (EXAMPLES / f"{STOP}.json").read_text().replace('"2026-1', '"2096-1')
OFFICERS = {"ada": ("caseworker",), "ben": ("caseworker", "releaser"), "cyn": ("duty-officer",), "dov": ("auditor",)}


def secret_of(desk: Desk, name: str) -> Path:
    """Return the file with the passphrase of an officer, which no other officer knows."""
    path = desk.path / f"{name}.secret"
    if not path.exists():
        write_secret(path, f"the secret words of {name}")
    return path


def form_of(desk: Desk) -> Path:
    """Return the file of a stop-payment whose deadlines lie ahead."""
    return desk.path / "stop-payment.json"


def as_officer(desk: Desk, name: str) -> tuple[str | Path, ...]:
    return ("--officer", name, "--officer-passphrase-file", secret_of(desk, name))


def make(desk: Desk, name: str, *words: str | Path) -> Any:
    roles = [word for role in OFFICERS[name] for word in ("--role", role)]
    secret = ("--officer-passphrase-file", secret_of(desk, name))
    return desk.ok("officer", "new", name, *roles, *secret, *words, keys=False)


def publish(desk: Desk) -> Any:
    found = desk.ok("bundle", "publish", "--endpoint", "127.0.0.1:9")
    desk.ok("bundle", "import", desk.path / "a" / "aa.police.bundle", home="b")
    return found["bundle"]


@pytest.fixture(scope="module")
def equipped(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the homes with four officers of aa.police and a treaty in which stop-payment is coercive."""
    path = tmp_path_factory.mktemp("officers") / "d"
    shutil.copytree(founded, path)
    desk = Desk(path)
    form_of(desk).write_text(FAR_AHEAD)
    for name in OFFICERS:
        make(desk, name)
    publish(desk)
    draft = ("--previous", path / "treaty", "--coercive", STOP, "--out", path / "v2")
    desk.ok("treaty", "draft", *draft, keys=False)
    sign_all(desk, "v2", "ab")
    for home in "ab":
        desk.ok("treaty", "import", path / "v2", home=home)
    return path


@pytest.fixture
def desk(equipped: Path, tmp_path: Path) -> Desk:
    shutil.copytree(equipped, tmp_path / "d")
    return Desk(tmp_path / "d")


def send(desk: Desk, *more: str | Path, author: str = "ada") -> Any:
    return desk.ok("send", STOP, "--to", "bb.fiu", "--form", form_of(desk), *as_officer(desk, author), *more)


def sealed_files(desk: Desk) -> list[Path]:
    place = desk.path / "a" / "attachments"
    return [path for path in place.iterdir() if path.is_file()] if place.exists() else []


# --- a message of two officers ---------------------------------------------------------------------------------------


@pytest.mark.clause("APPR-002")
def test_a_coercive_kind_without_officers_is_refused_with_the_next_step(desk: Desk) -> None:
    said = desk.fails(Exit.REFUSED, "send", STOP, "--to", "bb.fiu", "--form", form_of(desk))
    assert "needs two officers, and no author and no approver has signed" in said
    assert f"comity send {STOP} --officer NAME" in said
    assert desk.ok("outbox")["messages"] == []


def test_one_officer_writes_and_another_approves(desk: Desk) -> None:
    found = send(desk, "--urgency", "urgent")
    assert (found["state"], found["author"], found["kind"]) == ("waiting", "ada", STOP)
    assert desk.ok("outbox")["messages"] == []
    assert desk.ok("status")["pending"] == 1
    assert "comity approval list" in desk.run("status").stdout
    (listed,) = desk.ok("approval", "list")["pending"]
    assert listed == found
    given = desk.ok("approval", "give", found["id"][:8], *as_officer(desk, "ben"))
    assert (given["id"], given["case"], given["approver"]) == (found["id"], found["case"], "ben")
    assert [message["id"] for message in desk.ok("outbox")["messages"]] == [found["id"]]
    assert desk.ok("approval", "list", "--ended")["pending"] == []
    shown = desk.ok("show", found["id"])["approvals"]
    told = {each["officer"]: (each["role"], each["roles"], each["verified"]) for each in shown}
    assert told == {
        "ada": ("author", ["caseworker"], True),
        "ben": ("approver", ["caseworker", "releaser"], True),
    }
    text = desk.run("show", found["id"]).stdout
    assert "author      ada (caseworker)" in text
    assert "approver    ben (caseworker, releaser)" in text
    assert text.count("  verified\n") == 2


@pytest.mark.clause("APPR-012")
def test_the_approver_is_shown_the_whole_content_before_the_passphrase_counts(desk: Desk, tmp_path: Path) -> None:
    statement = tmp_path / "statement.pdf"
    statement.write_bytes(b"account statement")
    found = send(desk, "--tlp", "RED", "--attach", statement)
    wrong = ("--officer", "ben", "--officer-passphrase-file", secret_of(desk, "ada"))
    texts = [desk.run("approval", "show", found["id"]).stdout]
    for officer, code in ((wrong, Exit.KEY), (as_officer(desk, "ben"), Exit.OK)):
        done = desk.run("approval", "give", found["id"], *officer)
        assert done.exit_code == code
        texts.append(done.stdout)
    form = json.loads(FAR_AHEAD)
    for text in texts:
        for part in (
            found["id"],
            found["case"],
            "aa.police",
            "bb.fiu",
            STOP,
            "routine",
            "RED",
            "GREEN",
            "statement.pdf",
        ):
            assert part in text
        for part in (
            form["amount"]["value"],
            form["beneficiary"]["number"],
            form["legal_basis"],
            form["victim"]["name"],
        ):
            assert part in text
    assert "approved by ben" in texts[2]
    assert "author      ada" in texts[0]


@pytest.mark.clause("APPR-002")
@pytest.mark.parametrize(
    ("name", "reason"), [("ada", "ada wrote the message and cannot approve it"), ("dov", "dov is no duty-officer or")]
)
def test_an_officer_who_may_not_approve_is_told_why(desk: Desk, name: str, reason: str) -> None:
    found = send(desk)
    done = desk.run("--json", "approval", "give", found["id"], *as_officer(desk, name))
    assert done.exit_code == Exit.REFUSED
    assert reason in json.loads(done.stderr)["error"]["message"]
    assert desk.ok("outbox")["messages"] == []
    assert [each["state"] for each in desk.ok("approval", "list")["pending"]] == ["waiting"]


def test_a_kind_that_is_not_coercive_waits_where_an_officer_is_named(desk: Desk) -> None:
    found = desk.ok("send", "text", "--to", "bb.fiu", "--text", "Written by one.", *as_officer(desk, "cyn"))
    assert (found["state"], found["author"]) == ("waiting", "cyn")
    given = desk.ok("approval", "give", found["id"], *as_officer(desk, "ben"))
    assert len(desk.ok("show", given["id"])["approvals"]) == 2


def test_what_is_refused_or_withdrawn_is_listed_with_its_reason_and_its_files_are_gone(
    desk: Desk, tmp_path: Path
) -> None:
    statement = tmp_path / "statement.pdf"
    statement.write_bytes(b"account statement")
    refused, withdrawn = send(desk, "--attach", statement), send(desk, "--attach", statement)
    assert len(sealed_files(desk)) == 2
    said = desk.run("send", STOP, "--to", "bb.fiu", "--form", form_of(desk), *as_officer(desk, "ada")).stdout
    assert "waits for a second officer" in said
    assert "--officer ANOTHER" in said
    why = ("--reason", "The legal basis is missing.")
    ended = desk.ok("approval", "refuse", refused["id"], *why, *as_officer(desk, "ben"))
    assert (ended["state"], ended["by"], ended["reason"]) == ("refused", "ben", "The legal basis is missing.")
    assert desk.ok("approval", "withdraw", withdrawn["id"])["state"] == "withdrawn"
    assert sealed_files(desk) == []
    assert len(desk.ok("approval", "list")["pending"]) == 1
    text = desk.run("approval", "list", "--ended").stdout
    assert "  withdrawn, " in text
    assert "  waits until " in text
    assert re.search(r"^  refused by ben, [0-9TZ:-]+: The legal basis is missing.$", text, re.MULTILINE)
    assert "refused by ben" in desk.run("approval", "show", refused["id"]).stdout
    for found in (refused, withdrawn):
        assert "the message was" in desk.fails(Exit.REFUSED, "approval", "withdraw", found["id"])
    done = desk.run("--json", "approval", "give", refused["id"], *as_officer(desk, "ben"))
    assert done.exit_code == Exit.REFUSED
    assert desk.ok("outbox")["messages"] == []


def test_what_is_not_kept_leaves_no_sealed_file(desk: Desk, tmp_path: Path) -> None:
    statement = tmp_path / "statement.pdf"
    statement.write_bytes(b"account statement")
    wrong = ("--officer", "ada", "--officer-passphrase-file", secret_of(desk, "ben"))
    words = ("send", STOP, "--to", "bb.fiu", "--form", form_of(desk), "--attach", statement)
    assert "does not open" in desk.fails(Exit.KEY, *words, *wrong)
    assert sealed_files(desk) == []


def test_nothing_is_found_under_an_unknown_id(desk: Desk) -> None:
    for words in (("show", "ffff"), ("withdraw", "ffff"), ("give", "ffff", *as_officer(desk, "ben"))):
        assert "comity approval list" in desk.fails(Exit.NOT_FOUND, "approval", *words)
    assert "nothing waits" in desk.run("approval", "list").stdout
    assert "no officer is named" in desk.fails(Exit.USAGE, "approval", "give", "ffff")
    assert "no officer is named" in desk.fails(
        Exit.USAGE, "send", STOP, "--to", "bb.fiu", "--form", form_of(desk), "--officer-key", desk.path / "k"
    )


# --- what the node learns --------------------------------------------------------------------------------------------


def test_the_node_is_handed_a_signature_and_never_the_key(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    perform = Session.perform

    def noting(session: Session, op: str, **params: Any) -> Any:
        asked.append(json.dumps({"op": op, **params}))
        return perform(session, op, **params)

    monkeypatch.setattr(Session, "perform", noting)
    found = send(desk)
    desk.ok("approval", "give", found["id"], *as_officer(desk, "ben"))
    words = "".join(asked)
    for name in ("ada", "ben"):
        key = load_officer(desk.path / "a" / "officers" / f"{name}.key", f"the secret words of {name}")
        assert key.signing.public.id.hex() in words
        assert key.seeds.signing.hex() not in words
        assert f"secret words of {name}" not in words
        assert key.seeds.signing.hex() not in repr(key) + repr(key.seeds)


@pytest.mark.parametrize("field", ["payload", "kind", "to", "urgency", "lang"])
def test_an_author_does_not_sign_what_the_node_made_up(desk: Desk, monkeypatch: pytest.MonkeyPatch, field: str) -> None:
    other: dict[str, Any] = {
        "payload": {"form": json.loads(FAR_AHEAD) | {"police_report": "another"}},
        "kind": {"kind": "text", "form": {"text": "something else"}},
        "to": {"to": ["qm.prosecutor"]},
        "urgency": {"urgency": 1},
        "lang": {"lang": "fr"},
    }
    perform = Session.perform

    def lying(session: Session, op: str, **params: Any) -> Any:
        assert op == "compose"
        return perform(session, op, **(params | other[field]))

    if field == "to":
        desk.ok("init", "qm.prosecutor", "--name", "Prosecutor", home="q")
    monkeypatch.setattr(Session, "perform", lying)
    words = ("send", STOP, "--to", "bb.fiu", "--form", form_of(desk), *as_officer(desk, "ada"))
    code = Exit.REFUSED if field == "to" else Exit.DOCUMENT  # there is no such member to be lied about
    said = desk.fails(code, *words)
    assert field == "to" or "composed another" in said


def test_the_passphrase_of_the_node_opens_no_officers_key(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    found = send(desk)
    credentials = desk.path / "credentials"
    credentials.mkdir()
    write_secret(credentials / "comity-passphrase", "the secret words of ben")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    done = desk.run("--json", "approval", "give", found["id"], "--officer", "ben")
    assert done.exit_code == Exit.KEY
    assert "no passphrase for the officer's key" in json.loads(done.stderr)["error"]["message"]
    node_key = desk.path / "a" / "node.key"
    load_ring(node_key, PASSPHRASE)
    done = desk.run("--json", "approval", "give", found["id"], *as_officer(desk, "ben"), "--officer-key", node_key)
    assert "is a node key, not a officer key" in json.loads(done.stderr)["error"]["message"]


def test_a_key_signs_for_its_own_officer_only(desk: Desk) -> None:
    found = send(desk)
    key = desk.path / "a" / "officers" / "cyn.key"
    words = ("--officer", "ben", "--officer-key", key, "--officer-passphrase-file", secret_of(desk, "cyn"))
    done = desk.run("--json", "approval", "give", found["id"], *words)
    assert done.exit_code == Exit.KEY
    assert "is the key of cyn of aa.police" in json.loads(done.stderr)["error"]["message"]


# --- the officers themselves -----------------------------------------------------------------------------------------


def test_officers_are_listed_and_stand_in_the_bundle(desk: Desk) -> None:
    listed = {each["officer"]: each for each in desk.ok("officer", "list", keys=False)["officers"]}
    assert {name: tuple(each["roles"]) for name, each in listed.items()} == OFFICERS
    assert all(each["key_here"] for each in listed.values())
    assert "releaser" in desk.run("officer", "list", keys=False).stdout
    shown = desk.ok("bundle", "show", "aa.police", home="b")["bundle"]["officers"]
    assert {each["id"]: tuple(each["roles"]) for each in shown} == OFFICERS
    bundle = desk.ok("bundle", "show")["bundle"]
    assert {(each["from"], each["until"]) for each in bundle["officers"]} == {(bundle["from"], bundle["until"])}
    for name in OFFICERS:
        path = desk.path / "a" / "officers" / f"{name}.key"
        assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_an_officer_may_keep_the_key_on_a_medium_of_his_own(desk: Desk) -> None:
    stick = desk.path / "stick"
    secret = ("--officer-passphrase-file", secret_of(desk, "eve"))
    words = ("officer", "new", "eve", "--role", "releaser", *secret, "--party", "aa.police", "--out", stick)
    made = desk.ok(*words, home="nowhere", keys=False)
    added = desk.ok("officer", "add", stick / "eve.officer", keys=False)
    assert added["key_id"] == made["key_id"]
    listed = {each["officer"]: each["key_here"] for each in desk.ok("officer", "list", keys=False)["officers"]}
    assert listed == {**dict.fromkeys(OFFICERS, True), "eve": False}
    found = send(desk)
    eve = ("--officer", "eve", "--officer-key", stick / "eve.key", *secret)
    done = desk.run("--json", "approval", "give", found["id"], *eve)
    assert "not that of an officer of aa.police who may sign now" in json.loads(done.stderr)["error"]["message"]
    assert "comity bundle publish" in json.loads(done.stderr)["error"]["next"]
    publish(desk)
    desk.ok("approval", "give", found["id"], *eve)


def test_a_removed_officer_signs_until_the_next_bundle(desk: Desk) -> None:
    found, other = send(desk), send(desk)
    assert "until the next bundle" in desk.run("officer", "remove", "ada", keys=False).stdout
    assert not list((desk.path / "a" / "officers").glob("ada.*"))
    desk.ok("approval", "give", found["id"], *as_officer(desk, "ben"))
    publish(desk)
    done = desk.run("--json", "approval", "give", other["id"], *as_officer(desk, "ben"))
    assert done.exit_code == Exit.REFUSED
    assert "cannot leave as it is approved" in json.loads(done.stderr)["error"]["message"]
    assert [each["verified"] for each in desk.ok("show", found["id"])["approvals"]] == [True, True]
    make(desk, "ada")


def test_a_paper_travels_to_another_home(desk: Desk) -> None:
    path = desk.path / "ben.officer"
    done = desk.ok("officer", "export", "ben", "--out", path, keys=False)
    assert done["out"] == str(path)
    assert "exists already" in desk.fails(Exit.FAILED, "officer", "export", "ben", "--out", path, keys=False)
    assert "exists already" in desk.fails(Exit.FAILED, "officer", "add", path, keys=False)
    said = desk.fails(Exit.DOCUMENT, "officer", "add", path, home="b", keys=False)
    assert "ben is an officer of aa.police, not of bb.fiu" in said
    (desk.path / "a" / "officers" / "zed.officer").write_bytes(path.read_bytes())
    assert "is the paper of ben" in desk.fails(Exit.DOCUMENT, "officer", "list", keys=False)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"key": "00" * 32}, "is wrong"),
        ({"key": "zz"}, "not a file of this sort"),
        ({"roles": []}, "not a file of this sort"),
        ({"id": "Not a name"}, "not a file of this sort"),
        ({"type": "comity-member"}, "not a file of this sort"),
        ({"more": 1}, "not a file of this sort"),
    ],
)
def test_a_paper_that_is_wrong_is_refused(desk: Desk, change: dict[str, Any], reason: str) -> None:
    good = json.loads((desk.path / "a" / "officers" / "ben.officer").read_text())
    path = desk.path / "wrong.officer"
    path.write_text(json.dumps(good | {"id": "new"} | change))
    assert reason in desk.fails(Exit.DOCUMENT, "officer", "add", path, keys=False)
    assert not (desk.path / "a" / "officers" / "new.officer").exists()


def test_a_bad_name_or_a_short_passphrase_makes_no_officer(desk: Desk) -> None:
    write_secret(desk.path / "short", "short")
    for name, secret, code, reason in (
        ("../ben", secret_of(desk, "ben"), Exit.USAGE, "no name of an officer"),
        ("BEN", secret_of(desk, "ben"), Exit.USAGE, "no name of an officer"),
        ("new", desk.path / "short", Exit.KEY, "less than 12 characters"),
        ("ben", secret_of(desk, "ben"), Exit.KEY, "there is an officer ben"),
    ):
        words = ("officer", "new", name, "--role", "releaser", "--officer-passphrase-file", secret)
        assert reason in desk.fails(code, *words, keys=False)
    assert "no officer new" in desk.fails(Exit.NOT_FOUND, "officer", "remove", "new", keys=False)
    assert not list((desk.path / "a").rglob("new.*"))
    assert "no officers" in desk.run("officer", "list", home="b", keys=False).stdout


def test_the_roles_of_the_command_are_those_of_the_vocabulary() -> None:
    assert set(officer_commands.ROLES) <= newest().terms["officer-role"].keys()


def test_the_doctor_says_whether_two_officers_can_act(desk: Desk) -> None:
    def found() -> tuple[str, str]:
        checks = desk.ok("doctor")["checks"]
        return next((check["state"], check["detail"]) for check in checks if check["name"] == "officers")

    assert found() == ("ok", "4 listed, 2 may approve")
    desk.ok("officer", "remove", "cyn", keys=False)
    publish(desk)
    assert found() == ("warn", "no duty officer is listed, so no flash request can be approved")
    desk.ok("officer", "remove", "ben", keys=False)
    publish(desk)
    assert found() == ("warn", f"two officers must approve {STOP}; the bundle lists 2, 0 of them approvers")


# --- the treaty ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "coercive"),
    [
        ((), [STOP]),
        (("--coercive", "none"), []),
        (("--coercive", "text", "--coercive", "prevention.*", "--coercive", "text"), ["prevention.*", "text"]),
    ],
)
def test_a_draft_says_which_kinds_need_two_officers(desk: Desk, words: tuple[str, ...], coercive: list[str]) -> None:
    path = desk.path
    terms = ("--title", "T", "--text", path / "treaty.txt", "--member", path / "a" / "aa.police.member")
    drafted = desk.ok("treaty", "draft", *terms, *words, "--out", path / "x", keys=False)["treaty"]["coercive"]
    assert set(coercive) <= set(drafted)
    assert words == () or drafted == coercive
    shown = desk.run("treaty", "show", path / "x", keys=False).stdout
    assert all(pattern in shown for pattern in coercive)


def test_an_amendment_keeps_the_coercive_kinds_and_may_change_them(desk: Desk) -> None:
    path = desk.path
    words = ("treaty", "draft", "--previous", path / "v2", "--lifetime", "1d")
    for number, (more, coercive) in enumerate([((), [STOP]), (("--coercive", "none"), [])]):
        drafted = desk.ok(*words, *more, "--out", path / f"x{number}", keys=False)
        assert drafted["treaty"]["coercive"] == coercive
    both = ("--coercive", "none", "--coercive", "text")
    assert "beside a pattern" in desk.fails(Exit.USAGE, *words, *both, "--out", path / "y", keys=False)
    assert "not valid" in desk.fails(Exit.USAGE, *words, "--coercive", "No kind", "--out", path / "y", keys=False)


# --- requests that are written with questions or options -------------------------------------------------------------

MINIMAL = (
    "--template", "stop-payment-investment", "--set", "amount=48250.00 EUR", "--set", "executed=now-40m",
    "--set", "beneficiary.bank=Example Bank", "--set", "beneficiary.number=XA72EXAM00009876543210",
    "--set", "beneficiary.country=XA", "--set", "summary=The victim was misled.", "--set", "legal_basis=Police Act",
    "--set", "contact.phone=+99955501234", "--set", "payment_reference=RF18539007547034", "--urgency", "urgent",
)  # fmt: skip


def test_a_request_that_two_officers_must_sign_says_so_among_all_faults(desk: Desk) -> None:
    done = desk.run("--json", "request", "new", STOP, "--to", "bb.fiu", *MINIMAL, "--yes")
    (fault,) = json.loads(done.stderr)["error"]["faults"]
    assert (done.exit_code, fault["path"], fault["code"]) == (Exit.REFUSED, "officer", "missing")


def test_a_request_that_is_written_with_options_waits_for_the_second_officer(desk: Desk) -> None:
    waiting = desk.ok("request", "new", STOP, "--to", "bb.fiu", *MINIMAL, *as_officer(desk, "ada"), "--yes")
    assert (waiting["state"], waiting["author"]) == ("waiting", "ada")
    given = desk.ok("approval", "give", waiting["id"][:8], *as_officer(desk, "ben"))
    assert [message["id"] for message in desk.ok("outbox")["messages"]] == [given["id"]]


def test_a_draft_waits_for_the_second_officer_and_is_no_draft_any_more(desk: Desk) -> None:
    draft = desk.ok("request", "new", STOP, "--to", "bb.fiu", *MINIMAL, "--save")["draft"]
    assert "two officers" in desk.run("draft", "show", draft, "--lang", "en").stdout.lower()
    waiting = desk.ok("draft", "send", draft, "--yes", *as_officer(desk, "ada"))
    assert waiting["state"] == "waiting"
    assert desk.ok("draft", "list") == {"drafts": []}


def test_a_person_at_the_terminal_is_asked_which_officer_writes(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request, "is_interactive", lambda: True)
    draft = desk.ok("request", "new", STOP, "--to", "bb.fiu", *MINIMAL, "--save")["draft"]
    secret = ("--officer-passphrase-file", secret_of(desk, "ada"))
    done = desk.run("draft", "edit", draft, "--lang", "en", *secret, stdin="nobody\nada\n\ns\n")
    assert done.exit_code == 0, done.stderr
    assert "Written by officer ada" in done.stdout
    assert "waits for a second officer" in done.stdout
    assert desk.ok("approval", "list")["pending"][0]["author"] == "ada"

"""Three agencies on this machine help each other; run it with `make demo`.

aa.police asks bb.fiu to stop a payment (chapter IV: carried out in part) and for what it knows (chapter II: it asks for
more information first), and qm.prosecutor for subscriber data (chapter III: refused). The treaty names the vocabulary
in which all of them speak (chapter I). At the end one case becomes a file for a court, which is checked offline.

Everything goes through the command `comity`, as officers and operators would use it. The last line says whether all of
it was true; the exit status is 0 only then.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from agencies import (
    COMMAND_S,
    FORMS,
    VERIFY,
    Agency,
    CheckError,
    check,
    example,
    free_ports,
    say,
    until,
)

TITLE = "Alliance of the demonstration"
STATEMENT = "statement.bin"
STATEMENT_BYTES = 5_000_000
AUTHOR, APPROVER = "ada", "cyn"
ROLES = {AUTHOR: "caseworker", APPROVER: "duty-officer"}
STOP, RESULT = "prevention.stop-payment", "prevention.hold-result"
ARRIVED = ("at-peer", "read", "answered")


def found_alliance(directory: Path, parties: list[Agency], pool: ThreadPoolExecutor) -> str:
    """Make the homes, agree on a treaty that all sign, and exchange key bundles; return the id of the treaty."""
    police = parties[0]
    list(pool.map(Agency.init, parties))
    say("three parties have made their home: configuration, node key, root key")
    list(pool.map(police.hire, ROLES, ROLES.values()))
    say(f"{police.party} has two officers: {AUTHOR}, who writes, and {APPROVER}, who is on duty")
    text, draft, treaty = (directory / name for name in ("treaty.txt", "treaty.draft", "treaty.signed"))
    text.write_text("The parties help each other to stop fraud.\n")
    members = [word for agency in parties for word in ("--member", agency.home / f"{agency.party}.member")]
    police.run("treaty", "draft", "--title", TITLE, "--text", text, *members, "--out", draft)
    signatures = list(pool.map(lambda agency: agency.sign(draft), parties))
    police.run("treaty", "add-signature", draft, *signatures, "--out", treaty)
    verified = police.run("treaty", "verify", treaty)
    check("the treaty is valid, with the signatures of all", verified["valid"] is True)
    bundles = dict(zip(parties, pool.map(lambda agency: agency.enter(treaty), parties), strict=True))
    list(pool.map(lambda agency: [agency.import_bundle(b) for a, b in bundles.items() if a is not agency], parties))
    say("each holds the treaty and the key bundles of the others")
    return str(verified["treaty_id"])


# --- chapter I: the words that all use -------------------------------------------------------------------------------


def shared_words(parties: list[Agency]) -> None:
    """All hold the vocabulary that the treaty names; each reads a code in its own language."""
    pinned = parties[0].run("treaty", "show")["treaty"]["vocabulary"]
    shown = [
        agency.run("vocabulary", "show", "refusal-ground", "R05", "--lang", lang)
        for agency, lang in zip(parties, ("en", "fr", "ar"), strict=True)
    ]
    check("all hold the vocabulary that the treaty names", {each["hash"] for each in shown} == {pinned["hash"]})
    check("a code has words in each language", len({each["label"] for each in shown}) == len(shown))
    say(f"         R05: {' / '.join(each['label'] for each in shown[:2])}")


# --- chapter IV: a payment is stopped, in part -----------------------------------------------------------------------


def ask_to_stop(police: Agency, fiu: Agency) -> tuple[str, str]:
    """Send the request while the recipient is away; return id and case once the recipient has given a receipt."""
    say(police.start())
    form = ("--to", fiu.party, "--form", example(STOP, police.home.with_name("request.json")), "--urgency", "flash")
    check("one officer alone cannot ask for it", police.refuses("send", STOP, *form))
    statement = police.home.with_name(STATEMENT)
    statement.write_bytes(bytes(range(256)) * (STATEMENT_BYTES // 256))
    waiting = police.run("send", STOP, *form, "--attach", statement, *police.as_officer(AUTHOR))
    check(f"what {AUTHOR} has written waits for another officer", waiting["state"] == "waiting")
    sent = police.run("approval", "give", waiting["id"], *police.as_officer(APPROVER))
    message_id = str(sent["id"])
    say(f"{APPROVER} has approved it: request {message_id[:12]} is signed and kept, with a file")
    shown = police.run("show", message_id)
    delivery, case = shown["deliveries"][0], str(shown["message"]["case"])
    check("it waits, and the node says why", delivery["state"] == "kept" and bool(delivery["cause"]))
    say(f"         cause: {delivery['cause']}")
    say(f"         next step: {delivery['next']}")
    say(fiu.start())
    until(lambda: police.state(case) == "received", "a receipt comes once the recipient runs")
    say(f"{fiu.party} has accepted it, and {police.party} holds the receipt")
    fetch(police, fiu, message_id, statement)
    return message_id, case


def fetch(police: Agency, fiu: Agency, message_id: str, statement: Path) -> None:
    """Wait until the file has come, save it, and compare."""
    for agency in (fiu, police):
        (stands,) = agency.run("attachment", "list", message_id, "--follow")["attachments"]
        check(f"{agency.party} says that the file is {stands['state']}", stands["state"] == "complete")
    saved = fiu.home.with_name("saved.bin")
    fiu.run("attachment", "get", message_id, STATEMENT, "--out", saved)
    check("the file is the one that was sent", saved.read_bytes() == statement.read_bytes())


def restart(police: Agency, fiu: Agency, message_id: str) -> None:
    """Nothing is lost and nothing comes twice over a restart."""
    fiu.stop()
    say(f"{fiu.party} has stopped")
    say(fiu.start())
    until(lambda: link_is_up(police, fiu), "the link comes back after a restart")
    steps = police.run("ping", fiu.party)["steps"]
    check(f"every step of the path works: {', '.join(step['step'] for step in steps)}", all(s["ok"] for s in steps))
    check("the request is there exactly once", [message["id"] for message in fiu.messages()] == [message_id])


def stop_in_part(police: Agency, fiu: Agency, message_id: str, case: str) -> None:
    """The request is carried out in part; both sides see one state, one history and the same deadlines."""
    request = fiu.run("show", message_id)
    signed = {each["role"]: each["officer"] for each in request["approvals"] if each["verified"]}
    check(f"{fiu.party} sees the signatures of both officers", signed == {"author": AUTHOR, "approver": APPROVER})
    fiu.act(case, "acknowledge")
    result = json.loads((FORMS / f"{RESULT}.json").read_text(encoding="utf-8"))
    partial = example(RESULT, fiu.home.with_name("partial.json"), final=False, result="partial")
    fiu.run("reply", message_id, RESULT, "--form", partial, "--urgency", "flash")
    until(lambda: police.state(case) == "partially-executed", "the first result arrives")
    amounts = [
        f"{each['amount']['value']} {each['amount']['currency']} {each['status']}" for each in result["outcomes"]
    ]
    say(f"{fiu.party} has carried it out in part: {', '.join(amounts)}")
    agree(police, fiu, case, "partially-executed")
    (mine,) = police.case(case)["requests"]
    check("the hold ends by itself and is reviewed before", mine["measure"]["review_us"] <= mine["measure"]["until_us"])


# --- chapter II: what do you know? -----------------------------------------------------------------------------------


def ask_what_is_known(police: Agency, fiu: Agency) -> str:
    """A query: more information is asked for, supplied, and the deadlines stand still meanwhile."""
    form = example("intelligence.query", police.home.with_name("query.json"), until=None, wanted_by=None, parent=None)
    sent = police.run("send", "intelligence.query", "--to", fiu.party, "--form", form, "--urgency", "urgent")
    case = str(sent["case"])
    until(lambda: fiu.state(case) == "received", "the query arrives")
    fiu.act(case, "acknowledge")
    fiu.act(case, "ask-information")
    until(lambda: police.state(case) == "information-requested", "the questions arrive")
    (asked,) = police.case(case)["requests"]
    check(
        "while information is awaited the deadlines stand still", "paused" in {d["state"] for d in asked["deadlines"]}
    )
    police.act(case, "supply-information")
    until(lambda: fiu.state(case) == "acknowledged", "the information arrives")
    reply = example("intelligence.reply", fiu.home.with_name("reply.json"), source=None)
    fiu.run("reply", sent["id"], "intelligence.reply", "--form", reply)
    until(lambda: police.state(case) == "executed", "the reply arrives")
    say(f"{fiu.party} has asked for information, and then answered the query")
    police.act(case, "confirm")
    until(lambda: fiu.state(case) == "closed", "the confirmation arrives")
    agree(police, fiu, case, "closed")
    return case


# --- chapter III: cooperation is refused, with reasons ---------------------------------------------------------------


def ask_and_be_refused(police: Agency, prosecutor: Agency) -> None:
    """A request for subscriber data is refused on a ground of the closed list."""
    form = example(
        "cooperation.subscriber", police.home.with_name("subscriber.json"),
        assistance_level="police-intelligence", order=None, parent=None, until=None, wanted_by=None,
    )  # fmt: skip
    sent = police.run("send", "cooperation.subscriber", "--to", prosecutor.party, "--form", form)
    case = str(sent["case"])
    until(lambda: prosecutor.state(case) == "received", "the request arrives")
    bank = {"grounds": ["bank-secrecy"], "reasons": "Bank secrecy."}
    prosecutor.act(case, "acknowledge")
    path = prosecutor.home / "secrecy.json"
    path.write_text(json.dumps(bank))
    check(
        "bank secrecy is no ground that can be chosen",
        prosecutor.refuses("case", "act", case, "refuse", "--form", path),
    )
    prosecutor.act(case, "refuse")
    until(lambda: police.state(case) == "refused", "the refusal arrives")
    say(f"{prosecutor.party} has refused: no offence there, and the data are no longer kept")
    legal = police.case(case)["requests"][0]["legal"]
    check("an answer now would be out of order", "supply-information" not in legal and "note" in legal)
    police.act(case, "note")
    until(lambda: prosecutor.state(case) == "closed", "the note arrives")
    agree(police, prosecutor, case, "closed")


# --- evidence --------------------------------------------------------------------------------------------------------


def prove(police: Agency, case: str, treaty_id: str) -> None:
    """A file for a court, checked without any node; one altered byte is found."""
    file = police.home.with_name("case.zip")
    police.run("export", case, "--out", file, "--reason", "Demonstration", "--lang", "en", "--without-report")
    check("the case is proven offline, with the library alone", verified(file, treaty_id))
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    altered = file.with_name("altered.zip")
    altered.write_bytes(data)
    check("one altered bit is found", not verified(altered, treaty_id))


def verified(file: Path, treaty_id: str) -> bool:
    words = [str(VERIFY), str(file), "--treaty-id", treaty_id]
    return subprocess.run(words, capture_output=True, timeout=COMMAND_S, check=False).returncode == 0


def agree(first: Agency, second: Agency, case: str, state: str) -> None:
    """Check that both sides show the same of a request, but for what only one of them can see or do."""
    shown = [requests(agency, case) for agency in (first, second)]
    check(f"both sides agree: {state}, with the same deadlines to the microsecond", shown[0] == shown[1])
    check("the state is as expected", {each["state"] for each in shown[0]} == {state})


def requests(agency: Agency, case: str) -> list[Any]:
    kept = ("request", "from", "asked", "state", "urgency", "received", "changed", "measure")
    found = agency.case(case)["requests"]
    times = [[(d["stage"], d["due_us"], d["met_us"], d["late_s"]) for d in each["deadlines"]] for each in found]
    return [{name: each[name] for name in kept} | {"deadlines": due} for each, due in zip(found, times, strict=True)]


def link_is_up(police: Agency, fiu: Agency) -> bool:
    return any(peer["party"] == fiu.party and peer["link"] == "up" for peer in police.run("status")["peers"])


def demonstrate(directory: Path, parties: list[Agency]) -> None:
    police, fiu, prosecutor = parties
    with ThreadPoolExecutor(2) as pool:
        treaty_id = found_alliance(directory, parties, pool)
    message_id, case = ask_to_stop(police, fiu)
    restart(police, fiu, message_id)
    say(prosecutor.start())
    shared_words(parties)
    stop_in_part(police, fiu, message_id, case)
    ask_what_is_known(police, fiu)
    ask_and_be_refused(police, prosecutor)
    prove(police, case, treaty_id)


def stopping(parties: list[Agency], play: Callable[[], None]) -> None:
    """Run the play, then stop every daemon."""
    try:
        play()
    finally:
        for agency in parties:
            agency.stop()


def main() -> int:
    """Return the exit status: 0 when every check held."""
    names = {
        "aa.police": "Police of Aa",
        "bb.fiu": "Financial Intelligence Unit of Bb",
        "qm.prosecutor": "Public Prosecutor of Qm",
    }
    with tempfile.TemporaryDirectory(prefix="comity-demo-") as scratch:
        directory = Path(scratch)
        ports = free_ports(len(names))
        parties = [
            Agency(party, name, directory, port) for (party, name), port in zip(names.items(), ports, strict=True)
        ]
        try:
            stopping(parties, lambda: demonstrate(directory, parties))
        except CheckError as fault:
            say(f"demo: NOT true: {fault}")
            return 1
        except subprocess.TimeoutExpired as fault:
            say(f"demo: NOT true: a command ends within {COMMAND_S:.0f} seconds ({fault.cmd[3:6]})")
            return 1
    say("all daemons have stopped cleanly")
    print("demo: all of it is true", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

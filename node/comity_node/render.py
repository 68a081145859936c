"""What commands print for people. Text of others is shown with its control and direction characters escaped."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from comity_node.times import MAX_MICROS, iso
from comity_node.urgency import URGENCIES

SHORT_ID: Final = 12
EXERCISE: Final = "EXERCISE"
FIRST_MICROS: Final = 10**15  # 2001; a smaller number is no time but a duration or a count
#: Characters that a terminal obeys instead of showing: control, format (bidi), surrogate, private use, separators.
HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def plain(text: str) -> str:
    """Return the text on one line, with every character that could deceive its reader as `\\u{..}`."""
    return "".join(escaped(c) if unicodedata.category(c) in HIDDEN else c for c in text)


def escaped(character: str) -> str:
    return {"\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(character, f"\\u{{{ord(character):x}}}")


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table on standard output."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    grid = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in headings:
        grid.add_column(heading, overflow="fold", no_wrap=heading in ("id", "created", "since", "oldest"))
    for row in rows:
        grid.add_row(*(Text(plain(cell)) for cell in row))  # Text: brackets are no markup
    Console(highlight=False, soft_wrap=False).print(grid)


def listing(messages: Sequence[Mapping[str, Any]]) -> None:
    """Print messages of the inbox or outbox, one line each."""
    if not messages:
        print("no messages")
        return
    headings = ("id", "from", "to", "kind", "files", "urgency", "created", "state")
    table(headings, [listing_row(message) for message in messages])
    for message in messages:
        if message["exercise"]:  # beside the table, where no column can be too narrow for it
            print(f"*** {EXERCISE}: {message['id'][:SHORT_ID]} belongs to no real case ***")


def listing_row(message: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        message["id"][:SHORT_ID],
        message["from"],
        ", ".join(message["to"]),
        message["kind"],
        str(message["files"] or ""),
        URGENCIES[message["urgency"]],
        to_the_second(message["created"]),
        state_of(message),
    )


def to_the_second(time: str | None) -> str:
    return "" if time is None else time[:19] + "Z"


def state_of(message: Mapping[str, Any]) -> str:
    if message["direction"] == "out":
        return ", ".join(f"{d['recipient']} {d['state']}" for d in message.get("deliveries", []))
    if message["code"]:
        return f"refused: {message['code_name']}"
    if message["destroyed"]:
        return f"destroyed {message['destroyed']['time'][:10]}"
    return "read" if message["read_us"] is not None else "new"


def message(view: Mapping[str, Any]) -> None:
    """Print one message, its deliveries, and the timeline of its case."""
    body = view["message"]
    if view["exercise"]:
        print(f"*** {EXERCISE}: this is not a real case ***")
    for name in ("id", "case", "from", "to", "kind", "urgency", "lang", "created", "expires", "status"):
        if name != "status" or body["direction"] == "in":
            print(f"{name:<12}{field_text(name, body[name])}")
    if body["in_reply_to"]:
        print(f"{'in reply to':<12}{body['in_reply_to']}")
    for line in signatories(view["approvals"]):
        print(line)
    for line in handling(view["handling"]):
        print(line)
    if body["destroyed"]:
        print(f"\ndestroyed on {body['destroyed']['time']}, ground: {plain(body['destroyed']['ground'])}")
    for each in view["corrections"]:
        what = "TAKEN BACK" if each["kind"] == "intelligence.retraction" else "CORRECTED"
        print(f"\n*** {what} on {each['created']}: {plain(each['explanation'])}")
        print(f"    comity show {each['id'][:SHORT_ID]}")
    print("\npayload")
    for line in forwarded(view["forwarded"]) if view["forwarded"] else tree(body["payload"], 2):
        print(line)
    if view["attachments"]:
        print("\nattachments")
        attachments(view["attachments"])
    for delivery in view["deliveries"]:
        print_delivery(delivery)
    print("\ntimeline of the case")
    for line in timeline(view["timeline"]):
        print(f"  {line}")
    for gap in view["missing"]:
        print(f"  missing: {missing_text(gap)}")


def signatories(approvals: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return one line for each officer who signed: as what, when, and whether the signature verifies."""
    return [
        f"{each['role']:<12}{officer_text(each)}  {each['time']}  {'verified' if each['verified'] else 'NOT VERIFIED'}"
        for each in approvals
    ]


def officer_text(each: Mapping[str, Any]) -> str:
    if each["officer"] is None:
        return f"key {each['key'][:SHORT_ID]} of nobody who was ever listed"
    return f"{each['officer']} ({', '.join(each['roles'])})"


def handling(view: Mapping[str, Any]) -> list[str]:
    """Return the marking in words, whose content it is, and what may be done with it."""
    lines = [f"{'marking':<12}{view['words']}"]
    if view["originator"]:
        lines.append(f"{'content of':<12}{view['originator']}")
    for each in view["permissions"]:
        verdict = "yes" if each["allowed"] else f"no: {plain(each['why'])}; what would lift it: {each['lift']}"
        lines.append(f"  {each['words']:<28}{verdict}")
    return lines


def forwarded(view: Mapping[str, Any]) -> list[str]:
    """Return the lines of content that another party has passed on."""
    head = (
        f"  passed on by {view['by']}, for {plain(view['purpose'])}; content of {view['from']}",
        f"  {view['kind']}, signed by {view['from']} on {view['created']}, hash {view['hash']}",
        f"  consents that came with it: {view['consents']}",
    )
    note = [f"  note: {line}" for line in scalar(view["note"])] if view["note"] else []
    return [*head, *note, *tree(view["payload"], 4)]


def missing_text(gap: Mapping[str, Any]) -> str:
    """Return what a gap in the numbers of a sender means."""
    numbers = str(gap["first"]) if gap["first"] == gap["last"] else f"{gap['first']} to {gap['last']}"
    return f"number {numbers} of {gap['sender']} has not arrived here: it is on its way, or went to somebody else"


def field_text(name: str, value: Any) -> str:
    if name == "urgency":
        return URGENCIES[value]
    return plain(", ".join(value) if isinstance(value, list) else str(value))


def print_delivery(delivery: Mapping[str, Any]) -> None:
    print(f"\ndelivery to {plain(delivery['recipient'])}: {delivery['state']}, {delivery['attempts']} attempts")
    for label, text in (("cause", delivery["cause"]), ("next", delivery["next"])):
        if text:
            print(f"  {label}: {plain(text)}")
    if delivery["next_attempt"]:
        print(f"  next attempt: {delivery['next_attempt']}")


def attachments(views: Sequence[Mapping[str, Any]]) -> None:
    """Print where each attachment stands."""
    if not views:
        print("no attachments")
        return
    for each in views:
        side = "to" if each["direction"] == "out" else "from"
        state = f"moving, {share(each)}" if each["state"] == "moving" else each["state"]
        print(
            f"  {plain(each['name'])}  {each['size']:,} bytes  {plain(each['media'])}  {side} {each['party']}: {state}"
        )
        if each["cause"]:
            print(f"    cause: {plain(each['cause'])}")


def share(each: Mapping[str, Any]) -> str:
    return f"{each['moved'] * 100 // each['size'] if each['size'] else 0} %"


def ping(view: Mapping[str, Any]) -> None:
    """Print the steps of the path to a peer, and what to do about the one that fails."""
    for step in view["steps"]:
        took = "" if step["seconds"] is None else f"  ({step['seconds'] * 1_000:.1f} ms)"
        print(f"{'ok' if step['ok'] else 'fail':<5}{step['step']:<11}{plain(step['detail'])}{took}")
        if step["next"]:
            print(f"     next: {plain(step['next'])}")
    print(f"{view['party']}: {'the whole path works' if view['ok'] else 'the path fails at the last step above'}")


def timeline(events: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return one line for each signed fact; both sides of a case show the same lines."""
    return [
        plain(
            f"{e['time']}  {EXERCISE + '  ' if e['exercise'] else ''}{e['party']}  {e['what']}  {e['kind']}"
            f"  {e['message_id'][:SHORT_ID]}  {e['detail']}".rstrip()
        )
        for e in events
    ]


def tree(value: Any, indent: int) -> list[str]:
    """Return the lines of a payload, nested parts indented; text over several lines stays so."""
    pad = " " * indent
    if isinstance(value, dict):
        return [line for name, item in value.items() for line in entry(plain(name), item, indent)]
    if isinstance(value, list):
        return [line for number, item in enumerate(value, 1) for line in entry(f"{number}.", item, indent)]
    return [pad + line for line in scalar(value)]


def entry(name: str, item: Any, indent: int) -> list[str]:
    pad = " " * indent
    if isinstance(item, dict | list):
        return [f"{pad}{name}", *tree(item, indent + 2)] if item else [f"{pad}{name}: none"]
    lines = scalar(item)
    return [f"{pad}{name}: {lines[0]}"] if len(lines) == 1 else [f"{pad}{name}", *(f"{pad}  {line}" for line in lines)]


def scalar(value: Any) -> list[str]:
    if value is None:
        return ["none"]
    if isinstance(value, int) and not isinstance(value, bool) and FIRST_MICROS <= value <= MAX_MICROS:
        return [iso(value)]
    return [plain(line) for line in str(value).split("\n")]


def status(view: Mapping[str, Any]) -> None:
    """Print how the node stands."""
    treaty = f"version {view['treaty_version']}" if view["treaty_version"] else "none"
    expires = f", expires {view['treaty_expires']}" if view["treaty_expires"] else ""
    bundle = f"serial {view['bundle_serial']}, until {view['bundle_until']}" if view["bundle_serial"] else "none"
    print(f"party       {view['party']}")
    print(f"treaty      {treaty}{expires}")
    print(f"bundle      {bundle}")
    print(f"listening   {', '.join(view['listening']) or 'no'}")
    print(f"unread      {view['inbox_unread']}")
    print(f"waiting     {view['waiting']}")
    if view["undelivered"]:
        print(f"undelivered {view['undelivered']}  (refused or expired and not looked at: comity outbox --undelivered)")
    if view["late"]:
        print(f"late        {view['late']}  (requests: comity case list --late)")
    if view["pending"]:
        print(f"pending     {view['pending']}  (wait for a second officer: comity approval list)")
    print(f"log         {view['log_size']} entries")
    for alarm in view["alarms"]:
        print(f"ALARM       {plain(alarm)}")
    if view["peers"]:
        table(
            ("peer", "link", "since", "waiting", "oldest", "last error", "next dial"),
            [peer_row(p) for p in view["peers"]],
        )
    for peer in view["peers"]:
        if peer["waiting"]:
            since = f"since {to_the_second(peer['oldest'])}"
            print(plain(f"{peer['waiting']} waiting for {peer['party']} {since}: {peer['cause']}"))
            print(f"  next: {plain(peer['next'])}")


def peer_row(peer: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        peer["party"],
        peer["link"],
        to_the_second(peer["since"]),
        str(peer["waiting"]),
        to_the_second(peer["oldest"]),
        peer["last_error"],
        to_the_second(peer["next_dial"]),
    )


def document(view: Mapping[str, Any]) -> None:
    """Print a treaty version or a bundle."""
    shown = {name: item for name, item in view.items() if name != "times"}
    print("\n".join(tree(shown, 0)))

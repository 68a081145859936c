"""The command `export`: a case as one evidence file, with a readable report beside it."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from comity_node import render
from comity_node.cli.attachment import bar
from comity_node.cli.options import FILE, Command, passphrase_options
from comity_node.cli.session import Result, Session
from comity_node.faults import FileError, UsageError

if TYPE_CHECKING:
    from comity.evidence import Verification

LANGUAGES: Final = ("ar", "zh", "en", "fr", "ru", "es", "pt", "th")
ARCHIVE: Final = ".zip"
PURPOSE: Final = "prosecution"


@click.command(cls=Command)
@click.argument("case", metavar="CASE")
@click.option("--out", "output", type=FILE, required=True, help="The evidence file to write, as in case.zip.")
@click.option("--reason", help="Why it is exported, for example the order of a court; stands in the signed list.")
@click.option("--by", help="Who exports it, for example the name of the officer; stands in the signed list.")
@click.option("--purpose", default=PURPOSE, show_default=True, help="What it is disclosed for, as a marking names it.")
@click.option("--lang", type=click.Choice(LANGUAGES), default="en", show_default=True, help="Language of the report.")
@click.option("--without-attachments", is_flag=True, help="Leave out the attachments, and say so in the signed list.")
@click.option("--without-report", is_flag=True, help="Write the evidence file alone.")
@passphrase_options
@click.pass_obj
def export(
    session: Session,
    case: str,
    output: Path,
    reason: str | None,
    by: str | None,
    purpose: str,
    lang: str,
    without_attachments: bool,
    without_report: bool,
) -> None:
    """Write a case into one file that proves itself: messages, receipts, keys, treaty, attachments.

    CASE is the beginning of the case id, or of the id of one of its messages, 4 digits or more. Beside the file a
    report for people is written, as HTML and PDF. Anybody can check the file with `comity-verify`.

    \b
    comity export ba6cf25e --out case.zip --reason "Order of the court of Sampleton, 12 K 345/26" --lang fr
    """
    reports = () if without_report else report_paths(output)
    for path in (output, *reports):
        if path.exists():
            raise FileError(f"{path} exists already", "choose another place with --out, or move it away")
    result, found = written(session, case, output, by, reason, purpose, not without_attachments)
    if reports:
        result |= reported(output, reports, result, found, lang)
    session.show(result, print_exported)


def report_paths(output: Path) -> tuple[Path, Path]:
    """Return where the report goes, as HTML and PDF."""
    stem = output.with_suffix("") if output.suffix.lower() == ARCHIVE else output
    return stem.with_name(stem.name + ".html"), stem.with_name(stem.name + ".pdf")


def written(
    session: Session, case: str, output: Path, by: str | None, reason: str | None, purpose: str, with_files: bool
) -> tuple[Result, "Verification"]:
    """Write the evidence file, whole or not at all, and return what it is and what it proves."""
    from comity import vocabulary
    from comity.evidence import Verdict
    from comity_node.attachments import Shelf
    from comity_node.exporting.collecting import Collector, proved
    from comity_node.exporting.writer import EvidenceWriter
    from comity_verify.source import FileSource

    purposes = vocabulary.newest().codes("purpose")
    if purpose not in purposes:
        raise UsageError(f"there is no purpose {purpose[:40]!r}", f"use one of: {', '.join(purposes)}")
    writer = EvidenceWriter(output)
    try:
        collector = Collector(session.perform, Shelf(session.config.home), writer, purpose)
        opened = collector.open(case, with_files)
        with bar(session, output.name, collector.size) as tell:
            collector.collect(by, reason, added_up(tell))
        with bar(session, f"check of {output.name}", writer.path.stat().st_size) as tell:
            found = proved(writer.path, opened["treaty"], added_up(tell))
        writer.finish()
    finally:
        writer.close()
    with FileSource(output) as source:
        size, sha256 = source.size, source.sha256()
    return {
        "path": str(output),
        "size": size,
        "sha256": sha256,
        "case": opened["case"],
        "treaty": opened["treaty"],
        "messages": len(found.facts),
        "purpose": purpose,
        "forbidden": collector.forbidden,
        "left_out": len(found.manifest.left_out) if found.manifest is not None else 0,
        "not_proven": [
            f"{finding.check.value} {finding.part}".rstrip() for finding in found.having(Verdict.NOT_PROVEN)
        ],
    }, found


def added_up(tell: Callable[[int], None]) -> Callable[[int], None]:
    """Return what takes how much more is done, and tells how much is done in all."""
    done = 0

    def more(count: int) -> None:
        nonlocal done
        done += count
        tell(done)

    return more


def reported(
    output: Path, paths: tuple[Path, Path], result: Mapping[str, Any], found: "Verification", lang: str
) -> Result:
    """Write the report and return where it is; `no_pdf` says why there is no PDF, None where there is one."""
    from comity_node.files import write_public
    from comity_node.report.model import Report, vocabulary_of
    from comity_node.report.page import html
    from comity_node.report.printing import UnprintableError, pdf
    from comity_verify.source import FileSource

    page_path, pdf_path = paths
    with FileSource(output) as source:
        report = Report(source, found, output.name, result["sha256"], lang, vocabulary_of(source, found))
        page = "".join(html(report))
    write_public(page_path, page.encode())
    try:
        write_public(pdf_path, pdf(page))
    except UnprintableError as fault:
        return {"html": str(page_path), "pdf": None, "no_pdf": str(fault)}
    return {"html": str(page_path), "pdf": str(pdf_path), "no_pdf": None}


def print_exported(result: Result) -> None:
    print(f"exported case {result['case']}: {result['messages']} messages, {result['size']:,} bytes")
    print(f"path    {render.plain(result['path'])}")
    print(f"sha256  {result['sha256']}")
    if result["left_out"]:
        print(f"left out: {result['left_out']}; the signed list names each, with the reason")
    for message in result["forbidden"]:
        about = message[: render.SHORT_ID]
        print(f"its marking forbids to disclose message {about}; ask its originator for consent:")
        print(f"  comity consent request {about} --action disclose --purpose {result['purpose']} --reason WHY")
    for finding in result["not_proven"]:
        print(f"not proven: {finding}")
    if result.get("html"):
        print(f"report  {render.plain(result['html'])}")
        print(
            f"report  {render.plain(result['pdf'])}" if result["pdf"] else f"no PDF: {render.plain(result['no_pdf'])}"
        )
    print(f"check it with: comity-verify {render.plain(result['path'])} --treaty-id {result['treaty']}")


COMMANDS = (export,)

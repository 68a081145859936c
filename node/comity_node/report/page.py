"""The report as one HTML page that needs nothing else: no script, no address, no picture."""

from collections.abc import Iterator
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from comity_node.report.model import Report


def html(report: Report) -> Iterator[str]:
    """Yield the page piece by piece; every value is escaped."""
    return template().generate(report=report, words=report.words)


@cache
def template() -> Template:
    environment = Environment(
        loader=PackageLoader("comity_node.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html")

"""The report as PDF, made from its page by WeasyPrint, which needs Pango and fonts of the system."""

import logging
from typing import Any, Final, NoReturn

MAX_PAGE_CHARS: Final = 16_777_216  # of HTML; what is longer would take gigabytes to set


class UnprintableError(Exception):
    """There is no PDF; the text says why, in one line."""


def pdf(page: str) -> bytes:
    """Return the page as PDF.

    Raises:
        UnprintableError: a library or a font is missing on this machine, or the page is too long.
    """
    if len(page) > MAX_PAGE_CHARS:
        raise UnprintableError(f"the report has {len(page):,} characters, and more than {MAX_PAGE_CHARS:,} are not set")
    made = maker()(string=page, url_fetcher=refuse).render()
    data: bytes = made.write_pdf()
    missing = sorted({chr(point) for font in made.fonts.values() for point in font.missing})
    if missing:
        raise UnprintableError(f"no font on this machine has {len(missing)} of the characters: {shown(missing)}")
    return data


def maker() -> Any:
    """Return what makes a document of HTML. Raises UnprintableError."""
    logging.getLogger("weasyprint").setLevel(logging.CRITICAL)  # what matters is raised
    logging.getLogger("fontTools").setLevel(logging.CRITICAL)
    try:
        from weasyprint import HTML
    except (ImportError, OSError) as fault:
        raise UnprintableError(f"WeasyPrint or Pango is missing: {str(fault).splitlines()[0]}") from None
    return HTML


def refuse(url: str, *rest: Any, **more: Any) -> NoReturn:
    """Fetch nothing: whatever stands in a report, no address is opened and no file read."""
    raise ValueError(f"a report has no address: {url[:40]}")


def shown(characters: list[str]) -> str:
    return ", ".join(f"U+{ord(character):04X}" for character in characters[:5])

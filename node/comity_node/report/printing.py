"""The report as PDF, made from its page by WeasyPrint, which needs Pango and fonts of the system."""

import logging
import warnings
from collections.abc import Callable
from typing import Any, Final

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
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the versions of its own libraries
        made = maker()(page).render()
        data: bytes = made.write_pdf()
    missing = sorted({chr(point) for font in made.fonts.values() for point in font.missing})
    if missing:
        raise UnprintableError(f"no font on this machine has {len(missing)} of the characters: {shown(missing)}")
    return data


def maker() -> Callable[[str], Any]:
    """Return what makes a document of a page; it opens no address and no file, whatever the page says.

    Raises:
        UnprintableError: a library is missing.
    """
    for name in ("weasyprint", "fontTools"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what matters is raised
    try:
        from weasyprint import HTML
        from weasyprint.urls import URLFetcher
    except (ImportError, OSError) as fault:
        raise UnprintableError(f"WeasyPrint or Pango is missing: {str(fault).splitlines()[0]}") from None
    return lambda page: HTML(string=page, url_fetcher=URLFetcher(allowed_protocols=()))


def shown(characters: list[str]) -> str:
    return ", ".join(f"U+{ord(character):04X}" for character in characters[:5])

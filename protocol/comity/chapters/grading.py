"""Source grading: a pair in the scheme of the originator, and the pair that it stands for (spec page intelligence).

Schemes differ in what their codes say, so the pair of the originator is kept; the normalised pair lets readers of any
scheme understand it. It follows from the table, so that two nodes never normalise one grade in two ways.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Final

from comity.chapters.parts import TERM
from comity.encoding import Meta, Record

Scheme = Annotated[str, Meta(pattern=TERM, extra={"group": "grading-scheme"})]
Reliability = Annotated[str, Meta(pattern=r"\A[A-F]\Z", extra={"group": "reliability"})]
Credibility = Annotated[str, Meta(pattern=r"\A[1-6]\Z", extra={"group": "credibility"})]
GradeCode = Annotated[str, Meta(pattern=r"\A[A-Z0-9]\Z")]

# scheme -> code of the source -> reliability A to F, and code of the information -> credibility 1 to 6
SCHEMES: Final[Mapping[str, tuple[Mapping[str, str], Mapping[str, str]]]] = MappingProxyType(
    {
        "admiralty": ({code: code for code in "ABCDEF"}, {code: code for code in "123456"}),
        "europol-4x4": (
            {"A": "A", "B": "B", "C": "D", "X": "F"},
            {"1": "1", "2": "2", "3": "3", "4": "4"},
        ),
        "uk-5x5x5": (
            {"A": "A", "B": "B", "C": "C", "D": "E", "E": "F"},
            {"1": "1", "2": "2", "3": "3", "4": "6", "5": "5"},
        ),
        "uk-3x5x2": (
            {"1": "B", "2": "F", "3": "E"},
            {"A": "2", "B": "3", "C": "4", "D": "6", "E": "5"},
        ),
    }
)


def normalised(scheme: str, source_code: str, information_code: str) -> tuple[str, str]:
    """Return reliability and credibility that the pair of a scheme stands for (INTEL-031).

    Raises:
        ValueError: the scheme is not known, or has no such code (INTEL-030).
    """
    tables = SCHEMES.get(scheme)
    if tables is None:
        raise ValueError("the grading scheme is not known (INTEL-030)")
    reliability, credibility = tables[0].get(source_code), tables[1].get(information_code)
    if reliability is None or credibility is None:
        raise ValueError("the grading scheme has no such code (INTEL-030)")
    return reliability, credibility


class Grade(Record, frozen=True):
    """How reliable the source is and how credible what it says.

    Attributes:
        credibility: 1 (confirmed) to 6 (cannot be judged).
        information_code: code of the information in the scheme.
        reliability: A (completely reliable) to F (cannot be judged).
        scheme: scheme of the originator.
        source_code: code of the source in the scheme.
    """

    credibility: Credibility
    information_code: GradeCode
    reliability: Reliability
    scheme: Scheme
    source_code: GradeCode

    def __post_init__(self) -> None:
        if normalised(self.scheme, self.source_code, self.information_code) != (self.reliability, self.credibility):
            raise ValueError("reliability and credibility are not those of the pair of the scheme (INTEL-031)")


def graded(scheme: str, source_code: str, information_code: str) -> Grade:
    """Return the grade of a pair of a scheme. Raises: ValueError, where the scheme has no such code (INTEL-030)."""
    reliability, credibility = normalised(scheme, source_code, information_code)
    return Grade(
        credibility=credibility,
        information_code=information_code,
        reliability=reliability,
        scheme=scheme,
        source_code=source_code,
    )

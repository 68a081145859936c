"""Patterns of STIX: those that name single objects are read; the others say what is in the way."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from comity_node.interchange.pattern import Comparison, PatternError, alternatives, pattern_of


def equal(kind: str, path: str, value: str | int) -> Comparison:
    return Comparison(kind, path, value)


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("[ipv4-addr:value = '192.0.2.7']", [(equal("ipv4-addr", "value", "192.0.2.7"),)]),
        (
            "[url:value = 'http://a.example/'] OR [domain-name:value = 'a.example' OR domain-name:value='b.example']",
            [
                (equal("url", "value", "http://a.example/"),),
                (equal("domain-name", "value", "a.example"),),
                (equal("domain-name", "value", "b.example"),),
            ],
        ),
        (
            "[file:hashes.'SHA-256' = 'ab' AND file:size = 25]",
            [(equal("file", "hashes.SHA-256", "ab"), equal("file", "size", 25))],
        ),
        (
            r"[domain-name:value IN ('a.example', 'b\'\\c')]",
            [(equal("domain-name", "value", "a.example"),), (equal("domain-name", "value", "b'\\c"),)],
        ),
    ],
)
def test_what_a_pattern_looks_for_is_read(pattern: str, found: list[tuple[Comparison, ...]]) -> None:
    assert alternatives(pattern) == found


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        ("[a:b = 'x'] AND [c:d = 'y']", "joins observations by AND"),
        ("[a:b = 'x'] FOLLOWEDBY [c:d = 'y']", "FOLLOWEDBY"),
        ("[a:b = 'x'] WITHIN 300 SECONDS", "WITHIN"),
        ("([a:b = 'x'])", "uses ("),
        ("[a:b MATCHES 'secret.*']", "compares by MATCHES"),
        ("[a:b LIKE 'secret%']", "compares by LIKE"),
        ("[a:b NOT = 'secret']", "compares by NOT"),
        ("[a:b != 'secret']", "compares by !="),
        ("[a:b > 5]", "compares by >"),
        ("[a:b = h'ab']", "something else"),
        ("[a:b = 'x'", "ends too early"),
        ("[a:b", "ends too early"),
        ("[]", "something else"),
        ("", "ends too early"),
        ("[a:b = 'x' AND c:d IN ('secret', 'z')]", "joins a list"),
        ("[a:b = 'x'] ; drop", "not of its language"),
        ("[" + "a:b = 'x' OR " * 2_000 + "a:b = 'x']", "too long"),
        ("[a:b = '" + "x" * 60_000 + "']", "too long"),
    ],
)
def test_a_pattern_that_says_more_is_left_with_the_reason(pattern: str, says: str) -> None:
    with pytest.raises(PatternError) as caught:
        alternatives(pattern)
    assert says in str(caught.value)
    assert "secret" not in str(caught.value)


@given(st.text(max_size=60))
@example("'" * 50)
@example("[" * 50)
@example("[a:b = '\\")
def test_any_text_is_a_pattern_or_an_error(text: str) -> None:
    try:
        found = alternatives(text)
    except PatternError:
        return
    assert all(group for group in found)


values = st.text(max_size=30) | st.integers(0, 10**12)
steps = st.from_regex(r"[a-z][a-z0-9_]{0,8}|[A-Z0-9]{2,4}-[0-9]{3}", fullmatch=True)
firsts = st.from_regex(r"[a-z][a-z_]{0,8}", fullmatch=True)
paths = st.builds(lambda first, rest: ".".join([first, *rest]), firsts, st.lists(steps, max_size=2))
comparisons = st.builds(Comparison, st.from_regex(r"[a-z][a-z-]{0,10}", fullmatch=True), paths, values)


@given(st.lists(comparisons, min_size=1, max_size=4))
def test_what_is_written_is_read_again(group: list[Comparison]) -> None:
    assert alternatives(pattern_of(tuple(group))) == [tuple(group)]

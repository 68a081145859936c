"""Indicators: one normal form for each identifier, and check digits that find a wrong digit."""

import time
from collections.abc import Callable
from typing import Any, get_args

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from stdnum import luhn
from stdnum.iso7064 import mod_97_10

from comity.chapters import chains, checks, grading
from comity.chapters.indicators import SUBJECTS, Indicator
from comity.chapters.subjects import Subject
from comity.encoding import convert, decode, encode, encode_record
from comity.errors import MalformedError
from comity.limits import MAX_BODY_BYTES
from tools.making.intelligence import FULL, IBAN, indicator
from tools.making.intelligence import SUBJECTS as PLAIN

DIGITS = "0123456789"
capitals = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=2, max_size=2)
capitals_and_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ" + DIGITS
CHECKS = {
    "iban": checks.iban,
    "lei": checks.lei,
    "bic": checks.bic,
    "phone": checks.phone,
    "imei": checks.imei,
    "iccid": checks.iccid,
    "imsi": checks.imsi,
    "meid": checks.meid,
    "domain": checks.domain,
    "ip": checks.ip,
    "url": checks.url,
    "email": checks.email,
}


def altered(text: str, place: int, step: int) -> str:
    """Return the text with another digit at the place."""
    digit = DIGITS[(int(text[place]) + step) % 10]
    return text[:place] + digit + text[place + 1 :]


def fault_of(check: Callable[..., None], *arguments: str) -> str | None:
    """Return what the check says against the arguments, None where it says nothing."""
    try:
        check(*arguments)
    except ValueError as fault:
        return str(fault)
    return None


def refused(check: Callable[..., None], text: str) -> bool:
    return fault_of(check, text) is not None


def ids(plain: dict[str, Any]) -> str:
    return str(plain["kind"])


def test_each_kind_of_subject_has_a_record_and_an_example() -> None:
    assert set(SUBJECTS) == {plain["kind"] for plain in PLAIN}
    assert set(SUBJECTS.values()) == set(get_args(Subject))


@pytest.mark.clause("INTEL-001", "CONV-004")
@pytest.mark.parametrize("plain", PLAIN, ids=ids)
def test_a_subject_travels_with_its_kind_among_its_fields_and_comes_back_the_same(plain: dict[str, Any]) -> None:
    read = convert(Indicator, indicator(plain))
    assert type(read.subject) is SUBJECTS[plain["kind"]]
    data = encode_record(read)
    assert decode(data, MAX_BODY_BYTES) == indicator(plain)
    assert encode(read) == data


@pytest.mark.clause("INTEL-002")
def test_an_identifier_is_never_mended_on_the_way_in() -> None:
    for written in ("xa35000000000001", "XA35 0000 0000 0001", " XA35000000000001"):
        with pytest.raises(MalformedError):
            convert(Indicator, indicator(IBAN | {"iban": written}))


@pytest.mark.clause("CONV-008", "INTEL-001")
@pytest.mark.parametrize("plain", PLAIN, ids=ids)
def test_a_fault_names_the_rule_and_never_the_value(plain: dict[str, Any]) -> None:
    for field in plain:
        if isinstance(plain[field], str) and field != "kind":
            with pytest.raises(MalformedError) as caught:
                convert(Indicator, indicator(plain | {field: "SECRET word\n" + "x" * 3_000}))
            assert "SECRET" not in str(caught.value)
            assert "$.subject" in str(caught.value)


@given(st.sampled_from(sorted(CHECKS)), st.text(max_size=300))
@example("ip", "1.2.3.4%eth0")
@example("ip", "::1%1")
@example("url", "http://[::1%25a]/")
@example("domain", "xn--" + "9" * 50 + ".example")
@example("domain", "xn---.example")
@example("email", "a@" * 40 + "b.example")
@example("iban", "\u0661" * 20)
@example("imei", "\u0661" * 15)
def test_arbitrary_text_is_in_normal_form_or_refused_with_a_clause(kind: str, text: str) -> None:
    fault = fault_of(CHECKS[kind], text)
    assert fault is None or "(INTEL-" in fault
    assert fault is None or len(text) < 4 or text not in fault


@given(st.sampled_from(["bitcoin", "ethereum", "tron", "litecoin", "monero", "nothing"]), st.text(max_size=300))
@example("bitcoin", "bc1")
@example("bitcoin", "bc1qqqqqqqqqqq")
@example("litecoin", "ltc1" + "q" * 90)
def test_arbitrary_text_is_an_address_or_refused(chain: str, text: str) -> None:
    for check in (chains.address, chains.transaction):
        fault = fault_of(check, chain, text)
        assert fault is None or "(INTEL-02" in fault


@given(st.dictionaries(st.sampled_from(["kind", "iban", "bic", "bank", "holder"]), st.text(max_size=9) | st.none()))
def test_any_map_is_a_subject_or_malformed(subject: dict[str, Any]) -> None:
    try:
        convert(Indicator, indicator(subject))
    except MalformedError:
        return
    raise AssertionError("no such map is a subject")


@pytest.mark.clause("INTEL-010")
@given(capitals, st.text(capitals_and_digits, min_size=11, max_size=30), st.data())
def test_another_digit_in_an_iban_is_found(country: str, rest: str, data: st.DataObject) -> None:
    text = country + mod_97_10.calc_check_digits(rest + country) + rest
    checks.iban(text)
    place = data.draw(st.sampled_from([place for place, character in enumerate(text) if character.isdigit()]))
    with pytest.raises(ValueError, match="INTEL-010"):
        checks.iban(altered(text, place, data.draw(st.integers(1, 9))))


@pytest.mark.clause("INTEL-010")
def test_check_digits_that_another_pair_stands_for_are_refused() -> None:
    found = 0
    for number in range(2_000):
        rest = f"{number:012}"
        right = int(mod_97_10.calc_check_digits(rest + "XA"))
        for other in (right - 97, right + 97):
            if 0 <= other <= 99:
                assert mod_97_10.is_valid(f"{rest}XA{other:02}")
                with pytest.raises(ValueError, match="INTEL-010"):
                    checks.iban(f"XA{other:02}{rest}")
                found += 1
    assert found


@pytest.mark.clause("INTEL-011")
@given(st.text(capitals_and_digits, min_size=18, max_size=18), st.data())
def test_another_digit_in_an_lei_is_found(rest: str, data: st.DataObject) -> None:
    text = rest + mod_97_10.calc_check_digits(rest)
    checks.lei(text)
    place = data.draw(st.sampled_from([place for place, character in enumerate(text) if character.isdigit()]))
    with pytest.raises(ValueError, match="INTEL-011"):
        checks.lei(altered(text, place, data.draw(st.integers(1, 9))))


@pytest.mark.clause("INTEL-014")
@given(st.text(DIGITS, min_size=14, max_size=14), st.integers(0, 14), st.integers(1, 9))
def test_another_digit_in_an_imei_is_found(body: str, place: int, step: int) -> None:
    text = body + luhn.calc_check_digit(body)
    checks.imei(text)
    with pytest.raises(ValueError, match="INTEL-014"):
        checks.imei(altered(text, place, step))


@pytest.mark.clause("INTEL-014")
@given(st.text(DIGITS, min_size=15, max_size=17), st.integers(2, 17), st.integers(1, 9))
def test_another_digit_in_the_number_of_a_sim_card_is_found(body: str, place: int, step: int) -> None:
    text = "89" + body + luhn.calc_check_digit("89" + body)
    checks.iccid(text)
    with pytest.raises(ValueError, match="INTEL-014"):
        checks.iccid(altered(text, place, step))


@pytest.mark.clause("INTEL-024")
@given(st.text(DIGITS, min_size=17, max_size=17), st.integers(0, 16), st.integers(1, 9))
def test_another_digit_in_a_clabe_is_found(body: str, place: int, step: int) -> None:
    valid = [text for digit in DIGITS if not refused(checks.clabe, text := body + digit)]
    assert len(valid) == 1
    assert refused(checks.clabe, altered(valid[0], place, step))


@pytest.mark.clause("INTEL-024")
@given(st.text(DIGITS, min_size=8, max_size=8), st.integers(0, 8), st.integers(1, 9))
def test_another_digit_in_a_routing_number_is_found(body: str, place: int, step: int) -> None:
    valid = [text for digit in DIGITS if not refused(checks.routing_number, text := body + digit)]
    assert len(valid) == 1
    assert refused(checks.routing_number, altered(valid[0], place, step))


@pytest.mark.clause("INTEL-025")
@pytest.mark.parametrize(
    ("address", "valid"),  # the examples of BIP 350
    [
        ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", True),
        ("bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y", True),
        ("bc1sw50qgdz25j", True),
        ("bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs", True),
        ("bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0", True),
        ("BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", False),  # not in lower case
        ("bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd", False),  # bech32 for version 1
        ("bc1p38j9r5y49hruaue7wxjce0updqjuyyx0kh56v8s25huc6995vvpql3jow4", False),  # no such letter
        ("BC130XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ7ZWS8R", False),
        ("bc1pw5dgrnzv", False),  # program of one byte
        ("bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v8n0nx0muaewav253zgeav", False),  # 41 bytes
        ("bc1qr508d6qejxtdg4y5r3zarvaryv98gj9p", False),  # length for version 0
        ("bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v07qwwzcrf", False),  # too much padding
        ("bc1gmk9yu", False),  # no program
    ],
)
def test_witness_addresses_are_those_of_bip_350(address: str, valid: bool) -> None:
    assert refused(lambda text: chains.address("bitcoin", text), address) is not valid


@pytest.mark.clause("INTEL-030", "INTEL-031")
@pytest.mark.parametrize("scheme", sorted(grading.SCHEMES))
def test_every_pair_of_a_scheme_has_one_normalised_pair(scheme: str) -> None:
    sources, informations = grading.SCHEMES[scheme]
    for source in sources:
        for information in informations:
            grade = grading.graded(scheme, source, information)
            assert convert(Indicator, FULL | {"grade": decode(encode_record(grade), 1_000)}).grade == grade
    with pytest.raises(ValueError, match="INTEL-030"):
        grading.graded(scheme, "Z", "1")


@pytest.mark.clause("CONV-001")
@pytest.mark.parametrize("plain", PLAIN, ids=ids)
def test_no_message_is_dear_to_judge(plain: dict[str, Any]) -> None:
    began = time.process_time()
    for _ in range(256):
        convert(Indicator, indicator(plain))
    assert time.process_time() - began < 0.2

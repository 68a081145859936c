"""What officers type becomes the normal form, or a fault that says what is wrong; nothing is guessed."""

import hashlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from comity.chapters import checks
from comity_node.entering import MAKERS, EntryError, entered
from comity_node.evm import SHA3, checksummed, keccak_256
from tools.making.intelligence import SUBJECTS

EVM = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
WITNESS = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"
HINTS = {"wallet": "chain", "crypto-transaction": "chain", "file-hash": "algorithm"}
FIELDS = {"wallet": "wallet", "crypto-transaction": "txid", "file-hash": "digest"}
KINDS = sorted(MAKERS)


@pytest.mark.parametrize(
    ("kind", "typed", "hint", "normal"),
    [
        ("iban", "xa35 0000 0000 0001", None, "XA35000000000001"),
        ("iban", "IBAN: XA35-0000-0000-0001", None, "XA35000000000001"),
        ("bic", "exam xa xx", None, "EXAMXAXX"),
        ("lei", "example 0000 0000 00087", None, "EXAMPLE0000000000087"),
        ("phone", "+999 (555) 01-23", None, "+9995550123"),
        ("phone", "tel:+999-555-0123", None, "+9995550123"),
        ("phone", "020 7946 0018", "GB", "+442079460018"),
        ("imei", "00-000000-000001-8", None, "000000000000018"),
        ("iccid", "89999 00000 00000 0006", None, "8999900000000000006"),
        ("meid", "a0000000000001", None, "A0000000000001"),
        ("domain", "Login[.]Bank[dot]example.", None, "login.bank.example"),
        ("domain", "Bücher.example", None, "xn--bcher-kva.example"),
        ("domain", "กรุงเทพ.example", None, "xn--12cm2c2aw0k8b.example"),
        ("url", "hxxps://Bank[.]example:443", None, "https://bank.example/"),
        ("url", "HXXP[://]bank.example/Path?q=ü", None, "http://bank.example/Path?q=%C3%BC"),
        ("url", "http://[2001:DB8:0::7]:8080/a", None, "http://[2001:db8::7]:8080/a"),
        ("url", "https://bank.example?x=1", None, "https://bank.example/?x=1"),
        ("ip", "192[.]0[.]2[.]7", None, "192.0.2.7"),
        ("ip", "2001:0DB8::0007", None, "2001:db8::7"),
        ("ip", "::ffff:192.0.2.7", None, "192.0.2.7"),
        ("email", "Help.Desk[at]Bank[.]Example", None, "Help.Desk@bank.example"),
        ("email", "mailto:a@bücher.example", None, "a@xn--bcher-kva.example"),
        ("file-hash", "AB" * 32, "sha256", "ab" * 32),
        ("wallet", EVM, "ethereum", EVM.lower()),
        ("wallet", EVM.lower(), "bsc", EVM.lower()),
        ("wallet", EVM.upper(), "polygon", EVM.lower()),
        ("wallet", WITNESS.upper(), "bitcoin", WITNESS),
        ("crypto-transaction", "0x" + "AB" * 32, "ethereum", "0x" + "ab" * 32),
        ("imsi", "99999 0000000001", None, "999990000000001"),
    ],
)
def test_separators_defanging_and_letter_case_are_put_right(
    kind: str, typed: str, hint: str | None, normal: str
) -> None:
    assert entered(kind, typed, hint).text == normal
    assert entered(kind, f"  {typed}\n", hint).text == normal


@pytest.mark.parametrize(
    ("kind", "typed", "hint", "says"),
    [
        ("phone", "5550123", None, "say which"),
        ("phone", "00999 555 0123", None, "say which"),
        ("phone", "+44 (0)20 7946 0018", None, "leave out the (0)"),
        ("phone", "555-CALL", "US", "digits"),
        ("phone", "5550123", "ZZ", "not known here"),
        ("phone", "1", "GB", "no phone number"),
        ("iban", "XA36000000000001", None, "check digits"),
        ("domain", "https://bank.example/", None, "the name alone"),
        ("domain", "bank\u2024example..", None, "domain"),
        ("url", "bank.example/path", None, "begins with http"),
        ("url", "https://bank.example/a b", None, "no spaces"),
        ("ip", "192.0.2.7:80", None, "no IP address"),
        ("ip", "192.0.2.07", None, "leading zeros"),
        ("wallet", EVM, None, "say on which chain"),
        ("wallet", EVM[:-1] + "D", "ethereum", "EIP-55"),
        ("file-hash", "ab" * 32, None, "algorithm"),
        ("file-hash", "ab" * 20, "sha256", "length"),
        ("aura", "blue", None, "no normal form"),
        ("url", "x" * 5_000, None, "longer than"),
    ],
)
def test_what_cannot_be_put_right_without_guessing_is_refused_with_a_reason(
    kind: str, typed: str, hint: str | None, says: str
) -> None:
    with pytest.raises(EntryError) as caught:
        entered(kind, typed, hint)
    assert says in caught.value.cause
    assert "INTEL" not in str(caught.value)
    assert typed not in str(caught.value)


@pytest.mark.parametrize(
    "plain", [plain for plain in SUBJECTS if plain["kind"] in MAKERS], ids=lambda p: str(p["kind"])
)
def test_every_normal_form_is_a_fixed_point(plain: dict[str, str]) -> None:
    kind = plain["kind"]
    text, hint = plain[FIELDS.get(kind, kind)], plain.get(HINTS.get(kind, ""))
    assert entered(kind, text, hint).text == text


@given(
    st.sampled_from(KINDS),
    st.text(max_size=80),
    st.sampled_from([None, "GB", "ZZ", "ethereum", "bitcoin", "sha256", "x"]),
)
@example("url", "http://[", None)
@example("url", "http://[]/", None)
@example("url", "http://a.b:999999999999/", None)
@example("domain", "\u2488", None)
@example("domain", "xn--\u00fc.example", None)
@example("phone", "+" + "1" * 80, None)
@example("phone", "\u0661\u0662\u0663\u0664\u0665\u0666\u0667", "GB")
@example("email", "@", None)
def test_whatever_is_typed_gives_a_fixed_point_or_a_fault(kind: str, typed: str, hint: str | None) -> None:
    try:
        found = entered(kind, typed, hint).text
    except EntryError:
        return
    assert entered(kind, found, hint).text == found


@given(st.from_regex(r"(https?|ftp)://[a-z]{1,8}\.(example|test)(:[0-9]{1,5})?(/[ -~]{0,20})?", fullmatch=True))
def test_a_web_address_in_normal_form_passes_the_check_of_the_wire(typed: str) -> None:
    try:
        found = entered("url", typed).text
    except EntryError:
        return
    checks.url(found)


@given(st.binary(max_size=600))
def test_the_sponge_is_that_of_sha3(data: bytes) -> None:
    assert keccak_256(data, SHA3) == hashlib.sha3_256(data).digest()


@pytest.mark.parametrize(
    "address",  # the examples of EIP-55
    [
        "0x52908400098527886E0F7030069857D2E4169EE7",
        "0x8617E340B3D01FA5F11F306F4090FD50E238070D",
        "0xde709f2102306220921060314715629080e2fb77",
        "0x27b1fdb04752bbc536007a920d24acb045561c26",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
        "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
    ],
)
def test_the_capitals_of_an_address_find_a_wrong_digit(address: str) -> None:
    assert checksummed(address.lower()) == address
    found = entered("wallet", address, "ethereum")
    assert found.text == address.lower()
    has_check = address[2:] not in (address[2:].lower(), address[2:].upper())
    assert bool(found.advice) is not has_check
    if has_check:
        with pytest.raises(EntryError, match="EIP-55"):
            entered("wallet", address.swapcase().replace("0X", "0x"), "ethereum")


def test_tables_that_change_give_advice_and_no_fault() -> None:
    assert entered("iban", "XA35000000000001").advice
    assert not entered("iban", "GB82 WEST 1234 5698 7654 32").advice
    assert entered("phone", "+99955501").advice
    assert not entered("phone", "+44 20 7946 0018").advice
    assert not entered("imsi", "310150123456789").advice
    assert entered("imsi", "000000000000001").advice

"""The settings of a node: what `comity.toml` may say, and how a fault in it is told."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity_node.config import Config, ConfigError, Listen, config_of, load

PATH = Path("/home/of/node/comity.toml")
GOOD = """
party = "aa.police"
name = "Police of Aa"
listen = ["127.0.0.1:7411", "[::1]:7411"]
window_bytes = 2097152
log_level = "warning"
reservations = ["prevention.*"]

[contact]
name = "Duty officer"
phone = "+99955501234"
"""


def parse(text: str | bytes) -> Config:
    data = text.encode() if isinstance(text, str) else text
    return config_of(PATH.parent, data, PATH)


def fault_in(text: str | bytes) -> ConfigError | None:
    try:
        parse(text)
    except ConfigError as fault:
        return fault
    return None


def test_every_setting_is_read() -> None:
    config = parse(GOOD)
    assert config.party == "aa.police"
    assert config.name == "Police of Aa"
    assert list(config.listen) == [Listen("127.0.0.1", 7411), Listen("::1", 7411)]
    assert (config.window_bytes, config.max_waiting, config.log_level) == (2_097_152, 64, "warning")
    assert list(config.reservations) == ["prevention.*"]
    assert config.contact.phone == "+99955501234"


def test_the_other_files_stand_in_the_home() -> None:
    config = parse(GOOD)
    files = (config.database, config.control, config.lock, config.node_key, config.root_key)
    assert [file.parent for file in files] == [PATH.parent] * 5
    assert len(set(files)) == 5


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('party = "aa.police"\nlisten_on = []', "`listen_on`"),
        ('party = "aa.police"\n[contact]\nfax = "1"', "`$.contact`"),
        ('party = "Police"', "`$.party`"),
        ('party = "aa.police\\n"', "`$.party`"),
        ("", "`party`"),
        ('party = "aa.police"\nlisten = ["127.0.0.1"]', "`$.listen[0]`"),
        ('party = "aa.police"\nlisten = ["a:1", "a:65536"]', "`$.listen[1]`"),
        ('party = "aa.police"\nwindow_bytes = 1000', "`$.window_bytes`"),
        ('party = "aa.police"\nwindow_bytes = 1.5', "`$.window_bytes`"),
        ('party = "aa.police"\nmax_waiting = true', "`$.max_waiting`"),
        ('party = "aa.police"\nlog_level = "loud"', "`$.log_level`"),
        ('party = "aa.police"\nreservations = ["..."]', "`$.reservations[0]`"),
        ('party = "aa.police', "end of document"),
    ],
)
def test_a_fault_is_told_with_its_place_and_a_next_step(text: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text)
    assert words in caught.value.cause
    assert str(PATH) in caught.value.cause
    assert caught.value.next_step


def test_bytes_that_are_not_utf_8_are_refused_with_their_place() -> None:
    with pytest.raises(ConfigError, match="not UTF-8 at byte 3"):
        parse(b"abc\xff")


@given(st.binary(max_size=400) | st.text(max_size=200).map(lambda text: text.encode(errors="surrogatepass")))
def test_any_bytes_give_settings_or_one_error(data: bytes) -> None:
    fault = fault_in(data)
    assert fault is None or fault.cause.isprintable()


@given(st.dictionaries(st.sampled_from(["party", "listen", "window_bytes", "contact", "name"]), st.one_of(
    st.just('"aa.police"'), st.just("[]"), st.integers().map(str), st.just("{}"), st.just("1979-05-27"),
    st.just("inf"), st.just("[[[]]]"), st.just('["a:1"]'), st.just("true"))))  # fmt: skip
def test_any_values_give_settings_or_one_error(values: dict[str, str]) -> None:
    text = "\n".join(f"{name} = {value}" for name, value in values.items())
    fault = fault_in(text)
    assert fault is None or fault.next_step


def test_deep_nesting_is_an_ordinary_fault() -> None:
    with pytest.raises(ConfigError):
        parse("a = " + "[" * 20_000)


def test_a_home_without_settings_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="comity init"):
        load(tmp_path)


def test_a_home_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError):
        load(tmp_path / "file")


def test_settings_that_are_a_directory_are_refused(tmp_path: Path) -> None:
    (tmp_path / "comity.toml").mkdir()
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path)


def test_settings_of_endless_length_are_refused(tmp_path: Path) -> None:
    (tmp_path / "comity.toml").write_bytes(b"#" * 70_000)
    with pytest.raises(ConfigError, match="longer than"):
        load(tmp_path)


def test_a_home_whose_socket_path_is_too_long_is_refused(tmp_path: Path) -> None:
    home = tmp_path / ("h" * 120)
    home.mkdir()
    (home / "comity.toml").write_text('party = "aa.police"')
    with pytest.raises(ConfigError, match="shorter path"):
        load(home)


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    try:
        place = Listen.parse(text)
    except ConfigError:
        return
    assert Listen.parse(str(place)) == place

"""Key files: what opens them, what does not, and what they never show."""

import itertools
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from comity.encoding import decode_as, encode
from comity.keys import argon2id
from comity_node import keyfile
from comity_node.errors import NodeError
from comity_node.keyfile import Header, Kdf, KeyFile, KeyFileError, KeyRing, RootKey, WrongPassphraseError
from comity_node.private import PrivateFileError, read_private, write_private

PASSPHRASE = "correct horse battery"
FAST = Kdf(memory_bytes=8 << 20, passes=1)


def steady(count: int) -> bytes:
    """Stand in for the random source: every call gives other bytes, every run the same."""
    return next(COUNTER).to_bytes(2, "big") * (count // 2)


COUNTER: Iterator[int] = itertools.count(1)


@pytest.fixture
def ring() -> KeyRing:
    return KeyRing.generate("aa.police", steady)


@pytest.fixture
def path(tmp_path: Path, ring: KeyRing) -> Path:
    file = tmp_path / "node.key"
    keyfile.save(file, ring, PASSPHRASE, steady, FAST)
    return file


def test_the_passphrase_gives_the_same_keys_back(path: Path, ring: KeyRing) -> None:
    found = keyfile.load_ring(path, PASSPHRASE)
    assert found.party == "aa.police"
    assert found.key_ids == ring.key_ids
    assert found.storage == ring.storage
    assert found.signing.sign(b"label", b"data") == ring.signing.sign(b"label", b"data")


@pytest.mark.clause("KEY-012")
def test_every_use_has_a_key_of_its_own(ring: KeyRing) -> None:
    assert len(set(ring.key_ids)) == 4


def test_the_root_key_has_a_file_of_its_own(tmp_path: Path) -> None:
    root = RootKey.generate("aa.police", steady)
    keyfile.save(tmp_path / "root.key", root, PASSPHRASE, steady, FAST)
    found = keyfile.load_root(tmp_path / "root.key", PASSPHRASE)
    assert found.key_ids == root.key_ids
    with pytest.raises(KeyFileError, match="is a root key, not a node key"):
        keyfile.load_ring(tmp_path / "root.key", PASSPHRASE)


def test_a_passphrase_in_another_normal_form_is_the_same(tmp_path: Path, ring: KeyRing) -> None:
    keyfile.save(tmp_path / "k", ring, "caf\u00e9 au lait noir", steady, FAST)
    assert keyfile.load_ring(tmp_path / "k", "cafe\u0301 au lait noir").key_ids == ring.key_ids


def test_a_wrong_passphrase_is_one_sentence(path: Path) -> None:
    with pytest.raises(WrongPassphraseError) as caught:
        keyfile.load_ring(path, "correct horse staple")
    assert "horse" not in str(caught.value)


def test_a_short_passphrase_is_refused_and_no_file_is_made(tmp_path: Path, ring: KeyRing) -> None:
    with pytest.raises(KeyFileError, match="12 characters"):
        keyfile.save(tmp_path / "k", ring, "elevenchars", steady, FAST)
    assert list(tmp_path.iterdir()) == []


def test_an_existing_file_is_never_overwritten(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(KeyFileError, match="exists already"):
        keyfile.save(path, KeyRing.generate("aa.police", steady), PASSPHRASE, steady, FAST)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["node.key"]


def test_the_file_is_private_whatever_the_umask_says(tmp_path: Path, ring: KeyRing) -> None:
    before = os.umask(0)
    try:
        keyfile.save(tmp_path / "k", ring, PASSPHRASE, steady, FAST)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "k").stat().st_mode) == 0o600


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o610, 0o660, 0o777])
def test_a_file_open_to_others_is_refused(path: Path, mode: int) -> None:
    path.chmod(mode)
    with pytest.raises(KeyFileError, match="chmod 600"):
        keyfile.load_ring(path, PASSPHRASE)


def test_a_file_of_another_user_is_refused_unless_root_reads_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)
    with pytest.raises(KeyFileError, match="another user"):
        keyfile.load_ring(path, PASSPHRASE)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert keyfile.load_ring(path, PASSPHRASE).party == "aa.police"


def test_what_is_no_plain_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    (tmp_path / "directory").mkdir(mode=0o700)
    for name in ("pipe", "directory", "absent", "absent/absent", "with\0nul"):
        with pytest.raises(KeyFileError):
            keyfile.load_ring(tmp_path / name, PASSPHRASE)


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, ring: KeyRing, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(KeyFileError, match="No space left"):
        keyfile.save(tmp_path / "k", ring, PASSPHRASE, steady, FAST)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_every_changed_byte_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = path.read_bytes()
    monkeypatch.setattr(keyfile, "argon2id", cheap(argon2id))
    for place in range(len(good)):
        path.write_bytes(good[:place] + bytes([good[place] ^ 0x01]) + good[place + 1 :])
        with pytest.raises(KeyFileError):
            keyfile.load_ring(path, PASSPHRASE)
    path.write_bytes(good)
    assert keyfile.load_ring(path, PASSPHRASE).party == "aa.police"


def cheap(stretch: Callable[..., bytes]) -> Callable[..., bytes]:
    """Return the derivation with its results remembered, so that hundreds of trials take no time."""
    known: dict[tuple[object, ...], bytes] = {}

    def remembered(*arguments: object) -> bytes:
        if arguments not in known:
            known[arguments] = stretch(*arguments)
        return known[arguments]

    return remembered


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=800))
def test_any_bytes_give_one_error(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "any"
    file.unlink(missing_ok=True)
    write_private(file, data)
    for load in (keyfile.load_ring, keyfile.load_root):
        with pytest.raises(KeyFileError):
            load(file, PASSPHRASE)


@pytest.mark.parametrize(
    ("memory_bytes", "passes"), [(1 << 40, 3), ((1 << 30) + 1, 3), (1 << 10, 3), (64 << 20, 11), (64 << 20, 0)]
)
def test_forged_costs_are_refused_before_they_are_paid(
    path: Path, monkeypatch: pytest.MonkeyPatch, memory_bytes: int, passes: int
) -> None:
    forge(path, kdf=Kdf(memory_bytes=memory_bytes, passes=passes))

    def never(*arguments: object) -> bytes:
        raise AssertionError("the forged cost was paid")

    monkeypatch.setattr(keyfile, "argon2id", never)
    with pytest.raises(KeyFileError, match="no key file"):
        keyfile.load_ring(path, PASSPHRASE)


@pytest.mark.parametrize("changes", [{"party": "bb.fiu"}, {"keys": []}, {"salt": bytes(16)}, {"nonce": bytes(24)}])
def test_a_changed_header_does_not_open(path: Path, changes: dict[str, object]) -> None:
    forge(path, **changes)
    with pytest.raises(WrongPassphraseError):
        keyfile.load_ring(path, PASSPHRASE)


def forge(path: Path, **changes: object) -> None:
    """Change the header of the file and leave the rest as it is."""
    file = decode_as(KeyFile, path.read_bytes(), 4_096)
    header = decode_as(Header, file.header, 4_096)
    fields = {name: getattr(header, name) for name in Header.__struct_fields__}
    path.write_bytes(encode(KeyFile(header=encode(Header(**{**fields, **changes})), sealed=file.sealed)))


def test_the_header_is_readable_without_the_passphrase(path: Path, ring: KeyRing) -> None:
    header = keyfile.describe(path)
    assert (header.party, header.purpose, header.keys) == ("aa.police", "node", ring.key_ids)


@pytest.mark.clause("CONV-008")
def test_no_secret_shows_in_a_repr_or_in_the_file(path: Path, ring: KeyRing) -> None:
    data = path.read_bytes()
    root = RootKey.generate("aa.police", steady)
    shown = repr([ring, ring.seeds, ring.link, ring.signing, ring.envelope, ring.log, root, root.seeds, root.signing])
    for name in ring.seeds.__struct_fields__:
        secret: bytes = getattr(ring.seeds, name)
        assert secret.hex() not in shown
        assert repr(secret)[2:-1] not in shown
        assert secret not in data
    assert root.seeds.root.hex() not in shown


def test_reading_a_private_file_is_bounded(tmp_path: Path) -> None:
    write_private(tmp_path / "f", bytes(101))
    with pytest.raises(PrivateFileError, match="longer than 100"):
        read_private(tmp_path / "f", 100)
    with pytest.raises(NodeError):
        read_private(tmp_path, 100)

"""A file gets its name only when it is whole and durable."""

import os
from pathlib import Path

import pytest

from comity_node.faults import FileError
from comity_node.newfile import NewFile

WAY_OUT = "choose another place"


@pytest.mark.parametrize("replace", [False, True])
def test_the_content_is_durable_before_it_has_its_name_and_the_name_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, replace: bool
) -> None:
    target = tmp_path / "case.zip"
    file = NewFile(target, 0o600, WAY_OUT, replace=replace)
    os.write(file.descriptor, b"whole")
    inode, fsync, synced = os.fstat(file.descriptor).st_ino, os.fsync, []

    def noted(descriptor: int) -> None:
        synced.append((os.fstat(descriptor).st_ino, target.exists()))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", noted)
    file.publish()
    file.close()
    assert synced == [(inode, False), (tmp_path.stat().st_ino, True)]
    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [("case.zip", b"whole")]


def test_what_is_closed_without_a_name_leaves_nothing_behind(tmp_path: Path) -> None:
    file = NewFile(tmp_path / "case.zip", 0o600, WAY_OUT)
    os.write(file.descriptor, b"half")
    file.close()
    assert list(tmp_path.iterdir()) == []


def test_a_target_that_exists_is_kept_and_one_that_comes_meanwhile_too(tmp_path: Path) -> None:
    target = tmp_path / "case.zip"
    file = NewFile(target, 0o600, WAY_OUT)
    target.write_bytes(b"other")
    with pytest.raises(FileError, match="exists already"):
        file.publish()
    file.close()
    with pytest.raises(FileError, match="exists already"):
        NewFile(target, 0o600, WAY_OUT)
    assert [each.read_bytes() for each in tmp_path.iterdir()] == [b"other"]


def test_a_target_is_replaced_where_that_is_wanted(tmp_path: Path) -> None:
    target = tmp_path / "case.zip"
    target.write_bytes(b"old")
    file = NewFile(target, 0o600, WAY_OUT, replace=True)
    os.write(file.descriptor, b"new")
    file.publish()
    file.close()
    assert target.read_bytes() == b"new"


def test_a_directory_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="cannot be written"):
        NewFile(tmp_path / "none" / "case.zip", 0o600, WAY_OUT)

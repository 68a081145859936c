"""The files of spec/vectors as a whole."""

from tests.support.vectors import DIRECTORY, vectors


def test_there_is_a_file_for_each_page_but_the_overview() -> None:
    pages = {vectors(path.stem)["page"] for path in DIRECTORY.glob("*.json")}
    assert pages == {path.name for path in DIRECTORY.parent.glob("[0-9]*.md")} - {"01-overview.md"}

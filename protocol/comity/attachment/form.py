"""What a signed message says of a file."""

from collections.abc import Sequence
from typing import Annotated, Final

from comity.encoding import Bytes32, Meta, Record
from comity.limits import MAX_ATTACHMENT_BYTES

#: Code points that a reader does not see or that change how the others are shown: first and last of each range.
HIDDEN: Final = (
    (0x0000, 0x001F), (0x007F, 0x009F), (0x00AD, 0x00AD), (0x0600, 0x0605), (0x061C, 0x061C), (0x06DD, 0x06DD),
    (0x070F, 0x070F), (0x0890, 0x0891), (0x08E2, 0x08E2), (0x180E, 0x180E), (0x200B, 0x200F), (0x2028, 0x202E),
    (0x2060, 0x206F), (0xE000, 0xF8FF), (0xFEFF, 0xFEFF), (0xFFF9, 0xFFFB), (0x110BD, 0x110BD), (0x110CD, 0x110CD),
    (0x13430, 0x1343F), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF), (0xF0000, 0x10FFFF),
)  # fmt: skip
BLANKS: Final = (
    (0x0020, 0x0020), (0x00A0, 0x00A0), (0x1680, 0x1680), (0x2000, 0x200A), (0x202F, 0x202F), (0x205F, 0x205F),
    (0x3000, 0x3000),
)  # fmt: skip


def _class(ranges: Sequence[tuple[int, int]]) -> str:
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges)


# ATTACH-002 to ATTACH-004
NAME: Final = rf"\A(?![.{_class(BLANKS)}])[^/\\{_class(HIDDEN)}]+(?<![{_class(BLANKS)}])\Z"
WORD: Final = r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*"

FileName = Annotated[str, Meta(min_length=1, max_length=200, pattern=NAME)]
Media = Annotated[str, Meta(min_length=3, max_length=127, pattern=rf"\A{WORD}/{WORD}\Z")]  # ATTACH-006


class Attachment(Record, frozen=True):
    """A file: who knows this can fetch the sealed bytes, open them, and prove that they are what was signed."""

    hash: Bytes32
    key: Bytes32
    media: Media
    name: FileName
    sealed: Bytes32
    size: Annotated[int, Meta(ge=0, le=MAX_ATTACHMENT_BYTES)]

    @property
    def content(self) -> tuple[bytes, bytes, int]:
        """What must be the same wherever the address is (ATTACH-007)."""
        return self.hash, self.key, self.size

    def __repr__(self) -> str:
        return f"Attachment(name={self.name!r}, media={self.media!r}, size={self.size}, sealed={self.sealed.hex()})"


def refuse_discord(attachments: Sequence[Attachment]) -> None:
    """Raise ValueError where a name stands twice, or one address for two files (ATTACH-005, ATTACH-007)."""
    if len({each.name for each in attachments}) != len(attachments):
        raise ValueError("two attachments have one name (ATTACH-005)")
    contents = {each.sealed: each.content for each in attachments}
    if any(contents[each.sealed] != each.content for each in attachments):
        raise ValueError("two different attachments have one address (ATTACH-007)")

"""Sources of bytes for evidence files."""

from dataclasses import dataclass, field


@dataclass
class Held:
    """Bytes in memory as a source; `most` is the longest piece that was asked for."""

    data: bytes
    most: int = field(default=0)

    @property
    def size(self) -> int:
        return len(self.data)

    def read_at(self, offset: int, size: int) -> bytes:
        self.most = max(self.most, size)
        return self.data[offset : offset + size]


@dataclass
class Sparse:
    """A huge source of zeros with some bytes in it, by their offset."""

    size: int
    islands: dict[int, bytes]

    def read_at(self, offset: int, size: int) -> bytes:
        data = bytearray(max(0, min(size, self.size - offset)))
        for place, island in self.islands.items():
            for at in range(max(place, offset), min(place + len(island), offset + len(data))):
                data[at - offset] = island[at - place]
        return bytes(data)

"""The Merkle tree of commitments (RFC 6962, 2.1), grown by batches (spec page log)."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from comity.encoding import decode, encode
from comity.errors import AuthenticationError, LocalError, MalformedError
from comity.labels import LOG_ENTRY, labelled

HASH_BYTES: Final = 32
MAX_PROOF: Final = 53
MAX_SIZE: Final = 2**53 - 1
MAX_FRONTIER_BYTES: Final = 4_096
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()

Proof = tuple[bytes, ...]
_sha256 = hashlib.sha256


def commitment(salt: bytes, entry: bytes) -> bytes:
    """Return what a leaf says of an entry (LOG-001): 32 bytes that show nothing without the 16-byte salt."""
    return _sha256(labelled(LOG_ENTRY, salt + entry)).digest()


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of a leaf (RFC 6962, 2.1)."""
    return _sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an interior node (RFC 6962, 2.1)."""
    return _sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Frontier:
    """The right edge of a tree: enough to append and to prove what is appended. It never changes.

    Attributes:
        size: number of leaves.
        peaks: roots of the complete subtrees from left to right, one for each bit that is set in `size`.
    """

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    @property
    def root(self) -> bytes:
        """The root hash of the whole tree, 32 bytes."""
        if not self.peaks:
            return EMPTY_ROOT
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = node_hash(peak, root)
        return root

    def extend(self, leaves: Sequence[bytes]) -> tuple["Frontier", list[Proof]]:
        """Return the frontier with the leaf hashes appended, and the inclusion proof of each in the new tree.

        Costs about one hash a leaf and two for each level, whatever the size of the tree.
        """
        older = list(self.peaks)
        levels = _levels(self.size, older, leaves)
        peaks = (*older, *(nodes[-1] for nodes in reversed(levels) if len(nodes) & 1))
        return Frontier(self.size + len(leaves), peaks), _proofs(self.size, older, levels)

    def to_bytes(self) -> bytes:
        """Return the frontier in canonical encoding, to keep it."""
        return encode([self.size, list(self.peaks)])

    @classmethod
    def from_bytes(cls, data: bytes) -> "Frontier":
        """Return the frontier that to_bytes() gave. Raises MalformedError on anything else."""
        match decode(data, MAX_FRONTIER_BYTES):
            case [size, list(peaks)] if type(size) is int and 0 <= size <= MAX_SIZE and len(peaks) == size.bit_count():
                if all(type(peak) is bytes and len(peak) == HASH_BYTES for peak in peaks):
                    return cls(size, tuple(peaks))
        raise MalformedError("not a frontier")


def tree_root(leaves: Sequence[bytes]) -> bytes:
    """Return the root of the tree over these leaf hashes."""
    nodes = leaves
    while len(nodes) > 1:
        nodes = _folded(nodes)
    return nodes[0] if nodes else EMPTY_ROOT


def inclusion_proof(leaves: Sequence[bytes], index: int) -> Proof:
    """Return the proof that leaf `index` is in the tree over all these leaf hashes (RFC 6962, 2.1.1).

    Raises:
        LocalError: there is no such leaf.
    """
    if not 0 <= index < len(leaves):
        raise LocalError(f"no leaf {index} in a tree of {len(leaves)}")
    proof: list[bytes] = []
    nodes = leaves
    while len(nodes) > 1:
        if index ^ 1 < len(nodes):
            proof.append(nodes[index ^ 1])
        nodes, index = _folded(nodes), index >> 1
    return tuple(proof)


def consistency_proof(leaves: Sequence[bytes], old_size: int) -> Proof:
    """Return the proof that the tree over the first `old_size` leaves is a beginning of this tree (RFC 6962, 2.1.2).

    Raises:
        LocalError: old_size is not 1 to the number of leaves.
    """
    if not 1 <= old_size <= len(leaves):
        raise LocalError(f"no tree of {old_size} within {len(leaves)} leaves")
    return tuple(_subproof(old_size, leaves, True))


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Return when the proof leads from the leaf hash to the root (LOG-007, RCPT-005).

    Raises:
        AuthenticationError: it does not.
    """
    if not 0 <= index < size <= MAX_SIZE:
        raise AuthenticationError("the index lies outside the tree")
    node, last, rest = leaf, size - 1, iter(proof)
    if len(proof) != _path_length(index, size):
        raise AuthenticationError("the proof has another length")
    while last:
        if index & 1:
            node = node_hash(next(rest), node)
        elif index < last:
            node = node_hash(node, next(rest))
        index, last = index >> 1, last >> 1
    if node != root:
        raise AuthenticationError("the proof leads to another root")


def verify_consistency(old_size: int, old_root: bytes, size: int, root: bytes, proof: Sequence[bytes]) -> None:
    """Return when the tree of `size` begins with the tree of `old_size` (RFC 6962, 2.1.4.2 of RFC 9162).

    Raises:
        AuthenticationError: the proof does not show it.
    """
    if not 0 < old_size <= size <= MAX_SIZE:
        raise AuthenticationError("the sizes are in the wrong order")
    if old_size == size:
        if proof or old_root != root:
            raise AuthenticationError("two different trees of one size")
        return
    hashes = ([old_root] if old_size & (old_size - 1) == 0 else []) + list(proof)
    if not hashes or len(proof) > 2 * MAX_PROOF:
        raise AuthenticationError("the proof has another length")
    index, last = old_size - 1, size - 1
    while index & 1:
        index, last = index >> 1, last >> 1
    old = new = hashes[0]
    for value in hashes[1:]:
        if not last:
            raise AuthenticationError("the proof has another length")
        if index & 1 or index == last:
            old, new = node_hash(value, old), node_hash(value, new)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            new = node_hash(new, value)
        index, last = index >> 1, last >> 1
    if last or old != old_root or new != root:
        raise AuthenticationError("the new tree does not begin with the old one")


def _pairs(nodes: Sequence[bytes]) -> list[bytes]:
    """Return the nodes above; the last of an odd number of nodes has none."""
    return [node_hash(left, right) for left, right in zip(nodes[::2], nodes[1::2], strict=False)]


def _folded(nodes: Sequence[bytes]) -> list[bytes]:
    """Return the nodes above; the last of an odd number goes up as it is."""
    return [*_pairs(nodes), *nodes[len(nodes) & ~1 :]]


def _levels(size: int, peaks: list[bytes], leaves: Sequence[bytes]) -> list[list[bytes]]:
    """Return by height the nodes that come into being when leaves are appended, after the old peak of their height.

    A level so begins at an even index; where its length is odd, it ends with a peak of the new tree. Takes the peaks
    that it uses from the end of `peaks`.
    """
    levels: list[list[bytes]] = []
    nodes = list(leaves)
    while nodes:
        if size & 1:
            nodes.insert(0, peaks.pop())
        levels.append(nodes)
        nodes, size = _pairs(nodes), size >> 1
    return levels


def _proofs(size: int, older: Sequence[bytes], levels: Sequence[list[bytes]]) -> list[Proof]:
    """Return the paths of the new leaves, made from the top: leaves share the paths above them."""
    ends = _ends(older, levels)
    above: list[Proof] = []
    for height in reversed(range(len(levels))):
        nodes, first = levels[height], size >> height & 1
        paths = [(nodes[place ^ 1], *above[place >> 1]) for place in range(first, len(nodes) & ~1)]
        if len(nodes) & 1:
            paths.append(ends[height])
        above = paths
    return above


def _ends(older: Sequence[bytes], levels: Sequence[list[bytes]]) -> dict[int, Proof]:
    """Return by height how a path goes on from a new peak: all to its right as one hash, then the peaks to its left."""
    peaks = [(height, nodes[-1]) for height, nodes in enumerate(levels) if len(nodes) & 1]
    lefts = [*(peak for _, peak in peaks), *reversed(older)]
    ends: dict[int, Proof] = {}
    right: tuple[bytes, ...] = ()
    for place, (height, peak) in enumerate(peaks, 1):
        ends[height] = (*right, *lefts[place:])
        right = (node_hash(peak, *right),) if right else (peak,)
    return ends


def _path_length(index: int, size: int) -> int:
    last, length = size - 1, 0
    while last:
        length += bool(index & 1 or index < last)
        index, last = index >> 1, last >> 1
    return length


def _subproof(old_size: int, leaves: Sequence[bytes], complete: bool) -> Iterator[bytes]:
    if old_size == len(leaves):
        if not complete:
            yield tree_root(leaves)
        return
    split = 1 << (len(leaves) - 1).bit_length() - 1
    if old_size <= split:
        yield from _subproof(old_size, leaves[:split], complete)
        yield tree_root(leaves[split:])
    else:
        yield from _subproof(old_size - split, leaves[split:], False)
        yield tree_root(leaves[:split])

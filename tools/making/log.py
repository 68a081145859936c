"""spec/vectors/log.json: trees of 0 to 8 leaves, proofs, checkpoints."""

import base64

from comity.checkpoint import Checkpoint, key_hash, sign_checkpoint
from comity.keys import SigningKey
from comity.log import commitment, consistency_proof, inclusion_proof, leaf_hash, tree_root
from tools.making.cases import Case, Old, Vectors, case, fault, flipped
from tools.making.parties import A, B, party, seed, treaty_id

SIZES = range(9)


def make(old: Old) -> Vectors:
    """Return the vectors."""
    return Vectors(
        page="10-log.md",
        format="`leaves` are commitments; `tree` cases use as many of them, from the first, as they say, and state"
        " the root and the inclusion proof of each leaf. Cases by `form`. tree: `size`, `root`, `proofs` in"
        " order of index. commitment: of `salt` and `entry`. consistency: `proof` that the tree of `size`"
        " begins with that of `old_size`. inclusion: `proof` that `leaf` (a commitment) stands at `index` in"
        " the tree of `size` with `root`. checkpoint: `data` is the note in UTF-8, `public` the log key.",
        verify="Compute roots, proofs and commitments; verify proofs and notes. An invalid case is refused with"
        " `code`.",
        valid=[*trees(), *commitments(), *consistencies(), *checkpoints()],
        invalid=[*bad_inclusions(), *bad_consistencies(), *bad_checkpoints()],
        shared={"leaves": [leaf.hex() for leaf in LEAVES]},
    )


LEAVES = [commitment(seed(f"salt {n}", 16), b"entry %d" % n) for n in range(8)]
HASHES = [leaf_hash(leaf) for leaf in LEAVES]


def hexes(hashes: tuple[bytes, ...] | list[bytes]) -> list[str]:
    return [value.hex() for value in hashes]


def trees() -> list[Case]:
    return [
        case(
            f"tree of {size}",
            "LOG-001",
            form="tree",
            size=size,
            root=tree_root(HASHES[:size]).hex(),
            proofs=[hexes(inclusion_proof(HASHES[:size], index)) for index in range(size)],
        )
        for size in SIZES
    ]


def commitments() -> list[Case]:
    return [
        case(
            "commitment",
            "LOG-001",
            form="commitment",
            salt=seed("salt 0", 16).hex(),
            entry=b"entry 0".hex(),
            commitment=LEAVES[0].hex(),
            leaf_hash=HASHES[0].hex(),
        )
    ]


def consistency(old_size: int, size: int) -> Case:
    return {
        "form": "consistency",
        "old_size": old_size,
        "old_root": tree_root(HASHES[:old_size]).hex(),
        "size": size,
        "root": tree_root(HASHES[:size]).hex(),
        "proof": hexes(consistency_proof(HASHES[:size], old_size)),
    }


def consistencies() -> list[Case]:
    pairs = [(1, 1), (1, 2), (1, 8), (2, 3), (3, 4), (3, 7), (4, 7), (4, 8), (5, 8), (6, 7), (7, 8), (8, 8)]
    return [case(f"from {old_size} to {size}", "LOG-003", **consistency(old_size, size)) for old_size, size in pairs]


def note(name: str = A, size: int = 8, root: bytes | None = None, key: SigningKey | None = None) -> bytes:
    """Return a signed checkpoint of the tree."""
    checkpoint = Checkpoint(name, treaty_id(), size, root or tree_root(HASHES[:size]))
    return sign_checkpoint(checkpoint, key or party(name).log)


def checkpoint_fields(data: bytes, name: str = A) -> Case:
    return {"form": "checkpoint", "data": data.hex(), "public": party(name).log.public.data.hex()}


def checkpoints() -> list[Case]:
    found = []
    for name, size in ((A, 8), (B, 1), (A, 0)):
        text = checkpoint_fields(note(name, size), name)
        found.append(
            case(
                f"checkpoint of {name} at {size}",
                "LOG-005",
                party=name,
                treaty=treaty_id().hex(),
                size=size,
                root=tree_root(HASHES[:size]).hex(),
                **text,
            )
        )
    most = checkpoint_fields(note(A, 2**53 - 1, HASHES[0]))
    return [
        *found,
        case(
            "a tree of 2^53 - 1",
            "LOG-006",
            party=A,
            treaty=treaty_id().hex(),
            size=2**53 - 1,
            root=HASHES[0].hex(),
            **most,
        ),
    ]


def bad_inclusions() -> list[Case]:
    index, size = 2, 7
    proof = list(inclusion_proof(HASHES[:size], index))
    good: Case = {"leaf": LEAVES[index].hex(), "index": index, "size": size, "root": tree_root(HASHES[:size]).hex()}
    changed: dict[str, tuple[str, list[bytes], Case]] = {
        "one hash too few": ("LOG-007", proof[:-1], {}),
        "no hash": ("LOG-007", [], {}),
        "one hash too many": ("LOG-007", [*proof, bytes(32)], {}),
        "an altered hash": ("RCPT-005", [flipped(proof[0], 0), *proof[1:]], {}),
        "hashes in another order": ("RCPT-005", proof[::-1], {}),
        "another leaf": ("RCPT-005", proof, {"leaf": LEAVES[3].hex()}),
        "another index": ("RCPT-005", proof, {"index": 3}),
        "an index outside": ("LOG-007", proof, {"index": 7}),
        "another root": ("RCPT-005", proof, {"root": bytes(32).hex()}),
        "a proof from the tree of 8": ("RCPT-005", list(inclusion_proof(HASHES, index)), {}),
        "an interior node shown as a leaf": ("LOG-007", proof[1:], {"index": 1, "size": 4}),
    }
    return [
        fault(f"inclusion: {name}", clause, 6, **{"form": "inclusion"} | good | {"proof": hexes(hashes)} | other)
        for name, (clause, hashes, other) in changed.items()
    ]


def bad_consistencies() -> list[Case]:
    good = consistency(4, 7)
    changes: dict[str, Case] = {
        "one hash too few": {"proof": good["proof"][:-1]},
        "one hash too many": {"proof": [*good["proof"], bytes(32).hex()]},
        "another old root": {"old_root": bytes(32).hex()},
        "another root": {"root": bytes(32).hex()},
        "sizes in the wrong order": {"old_size": 7, "size": 4},
        "equal sizes, different roots": {"old_size": 7, "proof": []},
    }
    return [fault(f"consistency: {name}", "LOG-010", 6, **good | change) for name, change in changes.items()]


def replaced(old: str, new: str) -> bytes:
    text = note().decode()
    assert old in text
    return text.replace(old, new, 1).encode()


def resigned(text: bytes, name: str = f"comity-v1/{A}") -> bytes:
    """Return a note of these lines, whatever they are, with a good signature."""
    key = party(A).log
    blob = base64.b64encode(key_hash(A, key.public) + key.sign_raw(text)).decode()
    return text + f"\n— {name} {blob}\n".encode()


def bad_checkpoints() -> list[Case]:
    lines = note().decode().split("\n")
    root = lines[2]
    blob = lines[4].split(" ")[2]
    signed = note()[: note().index(b"\n\n") + 1]
    texts = {
        "a leading zero": ("LOG-006", signed.replace(b"\n8\n", b"\n08\n")),
        "a size with a sign": ("LOG-006", signed.replace(b"\n8\n", b"\n+8\n")),
        "a size of 2^53": ("LOG-006", signed.replace(b"\n8\n", b"\n9007199254740992\n")),
        "an extension line": ("LOG-005", signed + b"extra\n"),
        "no size": ("LOG-005", signed.replace(b"\n8\n", b"\n\n")),
        "a root of 31 bytes": ("LOG-005", signed.replace(root.encode(), base64.b64encode(bytes(31)))),
        "a root in hexadecimal": ("LOG-005", signed.replace(root.encode(), bytes(32).hex().encode())),
        "lines that end with CR LF": ("LOG-005", signed.replace(b"\n", b"\r\n")),
        "a treaty id in capitals": (
            "LOG-005",
            signed.replace(treaty_id().hex().encode(), treaty_id().hex().upper().encode()),
        ),
        "another origin": ("LOG-005", signed.replace(b"comity-v1/", b"comity-v2/")),
    }
    found = [
        fault(f"checkpoint: {name}", clause, 1, **checkpoint_fields(resigned(text)))
        for name, (clause, text) in texts.items()
    ]
    forms = {
        "two signatures": note() + lines[4].encode() + b"\n",
        "no line feed at the end": note()[:-1],
        "no signature": signed + b"\n",
        "a hyphen for the dash": replaced("—", "-"),
        "signed under another name": resigned(signed, f"comity-v1/{B}"),
        "base64 without padding": replaced(blob, blob.rstrip("=")),
        "stray bits in base64": replaced(blob, stray(blob)),
        "stray bits in the root": resigned(signed.replace(root.encode(), stray(root).encode())),
        "nothing": b"",
    }
    found += [fault(f"checkpoint: {name}", "LOG-005", 1, **checkpoint_fields(data)) for name, data in forms.items()]
    other_key = note(key=party(B).log)
    return [
        *found,
        fault("checkpoint: signed by another party's key", "RCPT-003", 6, **checkpoint_fields(other_key)),
        fault("checkpoint: an altered size", "RCPT-003", 6, **checkpoint_fields(replaced("\n8\n", "\n9\n"))),
        fault("checkpoint: a signature with a label", "LOG-011", 6, **checkpoint_fields(labelled_note())),
        fault("checkpoint: 513 bytes", "LOG-009", 4, **checkpoint_fields(note() + b"a" * (513 - len(note())))),
    ]


def stray(spelled: str) -> str:
    """Return base64 of the same bytes with a stray bit in the last letter before the padding."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    last = spelled.rstrip("=")[-1]
    return spelled.rstrip("=")[:-1] + alphabet[alphabet.index(last) ^ 1] + "="


def labelled_note() -> bytes:
    text = note()[: note().index(b"\n\n") + 1]
    key = party(A).log
    blob = base64.b64encode(key_hash(A, key.public) + key.sign(b"comity-v1 log-entry", text)).decode()
    return text + f"\n— comity-v1/{A} {blob}\n".encode()


def example(vectors: Vectors) -> list[str]:
    """Return the block of the page: leaves, interior nodes and root of the tree of three, and a checkpoint."""
    root = tree_root(HASHES[:3]).hex()
    return [
        "three leaf hashes",
        *(f"  {value.hex()}" for value in HASHES[:3]),
        "SHA-256(0x01 || first || second)",
        f"  {tree_root(HASHES[:2]).hex()}",
        "root = SHA-256(0x01 || that || third)",
        f"  {root}",
        "",
        "checkpoint of aa.police over eight leaves, five lines (long ones are cut here)",
        *(f"  {text if len(text) <= 90 else text[:88] + '..'}" for text in note().decode().splitlines()),
    ]

"""What all operations of a node share in their parameters."""

import msgspec


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Parameters of one operation."""


class NoParams(Params, frozen=True, kw_only=True):
    pass

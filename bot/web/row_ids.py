"""Numbers of rows in addresses and forms: as large as a database takes them, and no larger."""

from __future__ import annotations

from starlette.convertors import IntegerConvertor, register_url_convertor

DIGITS = 9
"""Under 2**31, the largest id that PostgreSQL gives out; SQLite raises an error at 2**63."""


class RowId(IntegerConvertor):
    """``{id:int}`` in the address of a route: a longer number is an address that is not there."""

    regex = f"[0-9]{{1,{DIGITS}}}"


def bound_ids() -> None:
    """From here on ``{id:int}`` means a row's id, in every route that is made."""
    register_url_convertor("int", RowId())


def row_id(text: str) -> int | None:
    """The id that a field holds; None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= DIGITS else None

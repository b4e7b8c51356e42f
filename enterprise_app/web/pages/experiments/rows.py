"""Rows that come and go in a form: each has an id, and its controls are named `<id>-<word>`."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict

from enterprise_app.core.context import Context
from enterprise_app.core.errors import AtriumError, FieldProblem, Invalid
from enterprise_app.core.ids import new_id
from enterprise_app.domains.localization import service as localization

LONGEST = 4000
MANY = 100


class Row(BaseModel):
    """A row of a form."""

    model_config = ConfigDict(frozen=True)

    id: str


R = TypeVar("R", bound=Row)


def fresh() -> str:
    """The id of a new row."""
    return f"r{new_id().hex[-12:]}"


def put(rows: Sequence[R], row_id: str, **changes: Any) -> list[R]:
    """The rows with one of them changed."""
    return [row.model_copy(update=changes) if row.id == row_id else row for row in rows]


def without(rows: Sequence[R], row_id: str) -> list[R]:
    """The rows without one of them."""
    return [row for row in rows if row.id != row_id]


def merged(rows: Sequence[R], form: Mapping[str, Any], *words: str) -> list[R]:
    """The rows as a form posted them; what a form doesn't name stays."""
    found = []
    for row in rows:
        given = {word: form.get(f"{row.id}-{word}") for word in words}
        texts = {word: value.strip()[:LONGEST] for word, value in given.items() if isinstance(value, str)}
        found.append(row.model_copy(update=texts))
    return found


def at_rows(error: Invalid, places: Mapping[str, Sequence[Row]], names: Mapping[str, str] | None = None) -> Invalid:
    """The same problems, those of `variants.2.key` at the id of the third row; `names` are other fields' new names."""

    def field(name: str) -> str:
        for place, rows in places.items():
            rest = name.removeprefix(f"{place}.").split(".")
            if name.startswith(f"{place}.") and rest[0].isdigit() and int(rest[0]) < len(rows):
                return rows[int(rest[0])].id
        return (names or {}).get(name, name)

    return Invalid([FieldProblem(field(p.field), p.code, p.params) for p in error.problems])


def share_of(ctx: Context, text: str, field: str) -> float:
    """A part of 1 from a percentage as the reader writes it; nothing is 0. Raises Invalid."""
    number = localization.parse_number(text.replace("%", "").replace("٪", ""), ctx.locale, field=field) if text else 0
    return float(Decimal(number) / 100)


def number_of(ctx: Context, text: str, field: str) -> float:
    """A number as the reader writes it. Raises Invalid."""
    return float(localization.parse_number(text, ctx.locale, field=field))


def percent_text(ctx: Context, share: float) -> str:
    """A part of 1 as the number before the sign: `33.34`, in the reader's form."""
    return localization.format_number(round(Decimal(str(share)) * 100, 4).normalize() + 0, ctx.locale)


def is_fine(ctx: Context, text: str) -> float | None:
    """The part of 1, or None while what was typed is no number."""
    try:
        return share_of(ctx, text, "weight")
    except AtriumError:
        return None

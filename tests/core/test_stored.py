"""Shapes made of rows are the same as validated ones: equal, written the same, independent of each other."""

from datetime import date
from uuid import UUID

import pytest
from pydantic import BaseModel, ConfigDict, ValidationError

from enterprise_app.core.stored import as_stored


class Price(BaseModel):
    model_config = ConfigDict(frozen=True)
    minor: int


class Item(BaseModel):
    model_config = ConfigDict(frozen=True)
    id: UUID
    day: date | None = None
    price: Price | None = None
    tags: list[str] = []


VALUES = {"id": UUID(int=7), "day": date(2026, 3, 1), "price": None, "tags": ["a"]}


def test_it_is_the_model_that_validation_makes() -> None:
    made = as_stored(Item, {**VALUES, "price": as_stored(Price, {"minor": 5})})
    checked = Item.model_validate({**VALUES, "price": {"minor": 5}})
    assert made == checked
    assert made.model_dump_json() == checked.model_dump_json()
    assert made.model_dump(exclude_unset=True) == checked.model_dump(exclude_unset=True)
    assert made.model_copy(update={"tags": []}).tags == []
    assert (repr(made), made.model_extra) == (repr(checked), None)


def test_it_stays_frozen_and_shares_nothing() -> None:
    one, two = as_stored(Item, dict(VALUES)), as_stored(Item, dict(VALUES))
    with pytest.raises(ValidationError):
        one.day = None  # pyright: ignore[reportAttributeAccessIssue]
    one.model_fields_set.clear()
    assert two.model_fields_set == set(VALUES)

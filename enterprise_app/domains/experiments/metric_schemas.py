"""The shapes of metrics that enter and leave: what is counted, of whom, until when."""

import re
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, model_validator

from .vocabulary import Comparison, Direction, MetricKind, Value

NAME_MAX, KEY_MAX, DESCRIPTION_MAX = 200, 80, 2000
FILTERS_MAX, VALUES_MAX = 10, 100
WINDOW_MAX = 24 * 366
DAY_MAX = 365
PROPERTY = "properties."

TEXT_COLUMNS = (
    "path", "host", "title", "referrer_host", "channel", "device", "browser", "os", "utm_source", "utm_medium",
    "utm_campaign", "utm_term", "utm_content", "currency", "order_id",
)  # fmt: skip
"""What filters may name beside `revenue` and properties: columns of events."""
ORDERED = (Comparison.LT, Comparison.LTE, Comparison.GT, Comparison.GTE)
_KEY = re.compile(r"[a-z0-9][a-z0-9._-]*")
_PROPERTY_MAX = 200
_NUMBER_MAX = Decimal(10) ** 15
_Text = Annotated[str, Field(max_length=500)]


def clean_name(name: str) -> str:
    """Without space around and doubled inside. Raises ValueError with the code of its problem."""
    cleaned = " ".join(name.split())
    if not cleaned:
        raise ValueError("required")
    if not cleaned.isprintable():
        raise ValueError("bad_unicode")
    return cleaned


def clean_key(key: str) -> str:
    """Small letters, digits and `._-`. Raises ValueError with the code of its problem."""
    if not _KEY.fullmatch(key):
        raise ValueError("metric_key")
    return key


def clean_property(name: str) -> str:
    """A property's name as it stands in events. Raises ValueError with the code of its problem."""
    if not name or not name.isprintable():
        raise ValueError("metric_property")
    return name


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class EventFilter(_Shape):
    """A condition on an event: a column, or `properties.<name>`. Numbers are compared as numbers."""

    field: str = Field(max_length=len(PROPERTY) + _PROPERTY_MAX, description="What is compared.", examples=["device"])
    op: Comparison = Field(default=Comparison.EQ, description="How.")
    value: _Text | Annotated[list[_Text], Field(min_length=1, max_length=VALUES_MAX)] = Field(
        description="With what; a list for `in`.", examples=["mobile"]
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.field not in (*TEXT_COLUMNS, "revenue") and not self.property_name:
            raise ValueError("metric_filter_field")
        if isinstance(self.value, list) != (self.op is Comparison.IN):
            raise ValueError("metric_filter_value")
        numeric = self.op in ORDERED or self.field == "revenue"
        if (self.op in ORDERED and self.field in TEXT_COLUMNS) or (
            self.field == "revenue" and self.op in (Comparison.IN, Comparison.CONTAINS)
        ):
            raise ValueError("metric_filter_operator")
        if numeric and self.number is None:
            raise ValueError("metric_filter_number")
        if "\0" in str(self.value):
            raise ValueError("bad_unicode")
        return self

    @property
    def property_name(self) -> str:
        """The property's name, empty for a column."""
        name = self.field.removeprefix(PROPERTY) if self.field.startswith(PROPERTY) else ""
        return name if name.isprintable() else ""

    @property
    def number(self) -> Decimal | None:
        """The value as a number, if it is one."""
        try:
            number = Decimal(self.value.strip()) if isinstance(self.value, str) else None
        except InvalidOperation:
            return None
        return number if number is not None and number.is_finite() and abs(number) < _NUMBER_MAX else None


class Counted(_Shape):
    """Which events count, and what of them."""

    type: Literal["track", "page", "screen"] = Field(default="track", description="The kind of the events.")
    name: Annotated[str, AfterValidator(clean_name)] | None = Field(
        default=None, max_length=500, description="Their name; pages and screens may go without.",
        examples=["Order Completed"],
    )  # fmt: skip
    filters: list[EventFilter] = Field(default=[], max_length=FILTERS_MAX, description="All must hold.")
    value: Value = Field(default=Value.COUNT, description="What is added up over a unit's events.")
    property: Annotated[str, AfterValidator(clean_property)] | None = Field(
        default=None, max_length=_PROPERTY_MAX, description="The number to add up; with `value: property` only."
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.type == "track" and self.name is None:
            raise ValueError("metric_event_name")
        if (self.value is Value.PROPERTY) != (self.property is not None):
            raise ValueError("metric_property")
        return self


class Definition(_Shape):
    """What a metric is; everything that numbers depend on.

    Events count from the unit's first exposure on, for `window_hours` or as long as the experiment runs.
    """

    kind: MetricKind = Field(description="What is made of a unit's events.", examples=[MetricKind.PROPORTION])
    event: Counted = Field(description="What counts; the numerator of a ratio.")
    denominator: Counted | None = Field(default=None, description="Of a ratio.")
    window_hours: int | None = Field(
        default=None, ge=1, le=WINDOW_MAX, strict=True, description="How long after the exposure events count."
    )
    winsorise: float | None = Field(
        default=None, ge=0.5, lt=1, description="Values above this quantile of all units count as the quantile."
    )
    percentile: float | None = Field(default=None, ge=0.01, le=0.99, description="Which one, of a percentile.")
    ignore_zeros: StrictBool = Field(
        default=False, description="Percentile and winsorising look at units with a value other than 0 only."
    )
    first_day: int | None = Field(
        default=None, ge=0, le=DAY_MAX, strict=True, description="Of a retention: day after the exposure, 24 h each."
    )
    last_day: int | None = Field(default=None, ge=0, le=DAY_MAX, strict=True, description="Of a retention; included.")
    direction: Direction = Field(default=Direction.UP, description="Which way it gets better.")
    currency: str | None = Field(
        default=None, pattern="^[A-Z]{3}$", description="Of money: events in others don't count.", examples=["EUR"]
    )

    @property
    def is_money(self) -> bool:
        """Whether the metric itself is an amount of money."""
        return self.event.value is Value.REVENUE and not (self.denominator and self.denominator.value is Value.REVENUE)


class _Words(_Shape):
    name: Annotated[str, AfterValidator(clean_name)] = Field(max_length=NAME_MAX, examples=["Orders per visitor"])
    description: str = Field(default="", max_length=DESCRIPTION_MAX, description="For the team.")


class MetricDraft(_Words):
    """A metric to be created. `key` is for programs and stays."""

    key: Annotated[str, AfterValidator(clean_key)] = Field(max_length=KEY_MAX, examples=["orders"])
    definition: Definition = Field(examples=[{"kind": "proportion", "event": {"name": "Order Completed"}}])


class MetricChange(_Shape):
    """The fields to change. Experiments that were started keep the definition of that moment."""

    name: Annotated[str, AfterValidator(clean_name)] = Field(default="-", max_length=NAME_MAX)
    description: str = Field(default="", max_length=DESCRIPTION_MAX)
    definition: Definition | None = Field(default=None, description="As a whole; null leaves it.")

    def changes(self) -> dict[str, Any]:
        """Only what was given."""
        return {n: getattr(self, n) for n in self.model_fields_set if n != "definition" or self.definition}


class Metric(BaseModel):
    """A metric as it is now."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    key: str = Field(examples=["orders"])
    name: str = Field(examples=["Orders per visitor"])
    description: str
    definition: Definition
    used_by: int = Field(description="Experiments that name it, archived ones left out.", examples=[1])
    version: int = Field(description="Counts changes; send it as `If-Match`.", examples=[1])
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None

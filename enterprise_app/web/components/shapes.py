"""Shapes that components read from state. Frozen; every text is already translated and every number formatted."""

from pydantic import BaseModel, ConfigDict


class Shape(BaseModel):
    """Base of what a component reads."""

    model_config = ConfigDict(frozen=True)


class Option(Shape):
    """One entry of a select."""

    value: str
    label: str


class FieldError(Shape):
    """One wrong field of a form."""

    name: str
    text: str


class BarRow(Shape):
    """One line of a bar list; share is 0–100 of the largest line."""

    label: str
    value: str
    share: float
    href: str = ""


class Entry(Shape):
    """One line of a timeline; tone colours its dot: neutral, accent, success, warning, danger."""

    id: str
    title: str
    text: str = ""
    at: str
    iso: str = ""
    tone: str = "neutral"


class Mark(Shape):
    """Something on a calendar day."""

    id: str
    title: str
    href: str
    tone: str = "accent"


class Day(Shape):
    """A day of a calendar month; label is the full date for screen readers."""

    iso: str
    number: str
    label: str
    outside: bool = False
    today: bool = False
    marks: list[Mark] = []


class Card(Shape):
    """A card on a board."""

    id: str
    title: str
    text: str = ""
    href: str = ""
    tags: list[str] = []


class Lane(Shape):
    """A column of a board."""

    id: str
    title: str
    count: str
    tone: str = "neutral"
    cards: list[Card] = []


class FileLine(Shape):
    """A file in a list: kind chooses the picture, kind_text names it; view_href only where it may be shown in place."""

    id: str
    name: str
    kind: str
    kind_text: str
    notes: list[str]
    href: str
    view_href: str = ""


class MediaTile(Shape):
    """A tile with a small picture (thumb, else a sign for its kind), how it stands and what it is."""

    id: str
    name: str
    kind: str
    notes: str
    thumb: str
    state_text: str
    tone: str

"""The builder of conditions: who is meant by an experiment's targeting or by a flag's rule."""

# Reflex makes Vars of a state's attributes; that a list then has length() and contains(), no type says.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import reflex as rx

from enterprise_app.core.errors import Invalid
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.experiments.schemas import CONDITIONS_MAX, Condition, Scalar
from enterprise_app.domains.experiments.vocabulary import Operator
from enterprise_app.web import components as ui
from enterprise_app.web.pages.experiments.parts import cell, drop_button, line, row_problem
from enterprise_app.web.pages.experiments.rows import MANY, Row, fresh, merged, put, without
from enterprise_app.web.shell.action import action
from enterprise_app.web.texts import t

MISSING = "missing"
"""`exists` with the value false, as a choice of its own."""
OPERATORS = (*[operator.value for operator in Operator], MISSING)
SIGNS = {"eq": "=", "ne": "≠", "gt": ">", "ge": "≥", "gte": "≥", "lt": "<", "le": "≤", "lte": "≤"}
"""Operators that everybody reads."""
_ORDERS = (Operator.GT, Operator.GE, Operator.LT, Operator.LE)
_EQUALS = (Operator.EQ, Operator.NE, Operator.IN, Operator.NOT_IN)


def operator_text(name: str) -> ui.Text:
    """A sign, or words where there is none."""
    return SIGNS[name] if name in SIGNS else t(f"experiments.operator.{name}")


_CHOICES = [(name, operator_text(name)) for name in OPERATORS]
KNOWN = ("country", "language", "device", "browser", "os", "plan", "appVersion")
"""Attributes that are offered while typing; programs may send any."""


class ConditionRow(Row):
    """One condition; `owner` is the rule that it belongs to, or nothing."""

    owner: str = ""
    attribute: str = ""
    operator: str = Operator.IN.value
    values: list[str] = []


def rows_of(conditions: Iterable[Condition], owner: str = "") -> list[ConditionRow]:
    """Conditions as rows; a value that stands there as text and as number is one word."""
    found = []
    for one in conditions:
        missing = one.operator is Operator.EXISTS and one.values == [False]
        words = list(dict.fromkeys(_word(value) for value in one.values))
        found.append(
            ConditionRow(
                id=fresh(),
                owner=owner,
                attribute=one.attribute,
                operator=MISSING if missing else one.operator.value,
                values=[] if one.operator is Operator.EXISTS else words,
            )
        )
    return found


def conditions_of(rows: Sequence[ConditionRow], owner: str = "") -> list[dict[str, Any]]:
    """The rows of one owner as the shapes want them."""
    return [_condition(row) for row in rows if row.owner == owner]


def same(one: Sequence[ConditionRow], other: Sequence[ConditionRow]) -> bool:
    """Whether both say the same."""

    def said(rows: Sequence[ConditionRow]) -> list[tuple[str, str, tuple[str, ...]]]:
        return [(row.attribute, row.operator, tuple(row.values)) for row in rows]

    return said(one) == said(other)


def _condition(row: ConditionRow) -> dict[str, Any]:
    if row.operator in (MISSING, Operator.EXISTS.value):
        return {"attribute": row.attribute, "operator": "exists", "values": [row.operator != MISSING]}
    operator = Operator(row.operator) if row.operator in list(Operator) else Operator.IN
    values = [value for word in row.values for value in _values(operator, word)]
    return {"attribute": row.attribute, "operator": operator.value, "values": values}


def _values(operator: Operator, word: str) -> list[Scalar]:
    """What a word may mean: programs send `42` as text or as number, and both are meant."""
    number = _number(word)
    if operator in _ORDERS:
        return [word if number is None else number]
    if operator in _EQUALS:
        other = {"true": True, "false": False}.get(word, number)
        return [word] if other is None else [word, other]
    return [word]


def _number(word: str) -> float | int | None:
    try:
        return int(word) if word.lstrip("-").isdecimal() and word.isascii() else float(word)
    except ValueError:
        return None


def _word(value: Scalar) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


class ConditionsState(rx.State, mixin=True):
    """The rows; handlers come with a permission."""

    conditions: list[ConditionRow] = []

    if TYPE_CHECKING:
        add_condition: Any
        drop_condition: Any
        put_condition: Any
        put_values: Any


def conditioned(need: Permission) -> type[ConditionsState]:
    """A form's state with conditions."""

    class Conditioned(ConditionsState, mixin=True):
        @action(need)
        async def add_condition(self, owner: str) -> None:
            """One more."""
            if sum(row.owner == owner for row in self.conditions) >= CONDITIONS_MAX:
                raise Invalid.of("conditions", "condition_many", max=CONDITIONS_MAX)
            self.conditions = [*self.conditions, ConditionRow(id=fresh(), owner=owner[:MANY])]

        @action(need)
        async def drop_condition(self, row_id: str) -> None:
            """One less."""
            self.conditions = without(self.conditions, row_id)

        @action(need)
        async def put_condition(self, row_id: str, word: str, value: str) -> None:
            """What was typed or chosen."""
            if word == "operator" and value in OPERATORS:
                self.conditions = put(self.conditions, row_id, operator=value)
            elif word == "attribute":
                self.conditions = put(self.conditions, row_id, attribute=value.strip()[:200])

        @action(need)
        async def put_values(self, row_id: str, values: list[str]) -> None:
            """The words as they stand now."""
            words = [str(word).strip()[:1000] for word in values][:1000]
            self.conditions = put(self.conditions, row_id, values=[word for word in words if word])

    return Conditioned


def take_conditions(rows: Sequence[ConditionRow], form: dict[str, Any]) -> list[ConditionRow]:
    """The rows as the form posted them."""
    return merged(rows, form, "attribute", "operator")


def condition_builder(state: Any, owner: Any = "") -> rx.Component:
    """The rows of one owner, and a button for one more."""
    add = ui.button(t("experiments.condition.add"), size="sm", icon="add", on_click=state.add_condition(owner))
    # Named otherwise than the rows around: in the browser the inner name would hide the outer one.
    lines = rx.foreach(
        state.conditions,
        lambda condition: rx.cond(condition.owner == owner, _line(state, condition), rx.fragment()),
    )
    return ui.stack(lines, rx.el.div(add), gap=3)


def _line(state: Any, row: Any) -> rx.Component:
    attribute = ui.text_input(
        name=row.id + "-attribute",
        size="sm",
        default_value=row.attribute,
        on_blur=lambda value: state.put_condition(row.id, "attribute", value),
        max_length=200,
        list="known-attributes",
        dir="ltr",
        auto_complete="off",
    )
    operator = ui.select(
        _CHOICES,
        name=row.id + "-operator",
        size="sm",
        value=row.operator,
        on_change=lambda value: state.put_condition(row.id, "operator", value),
    )
    words = t("experiments.condition.values")
    values = ui.tag_input(value=row["values"], on_tags=lambda words: state.put_values(row.id, words), label=words)
    bare = (row.operator == Operator.EXISTS.value) | (row.operator == MISSING)
    return rx.el.div(
        line(
            cell(t("experiments.condition.attribute"), attribute),
            cell(t("experiments.condition.operator"), operator),
            rx.cond(bare, rx.fragment(), cell(words, values, grow=2, least=180, is_one=False)),
            drop_button(t("experiments.condition.drop"), state.drop_condition(row.id)),
            label=t("experiments.condition.one"),
        ),
        row_problem(state.errors, row.id),
        key=row.id,
        class_name="stack gap-1",
    )


def known_attributes() -> rx.Component:
    """What is offered while typing an attribute."""
    return rx.el.datalist(*[rx.el.option(value=name) for name in KNOWN], id="known-attributes")

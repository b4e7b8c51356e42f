"""A flag as rows of its editor: variations, rules, splits and prerequisites, and back to the shapes."""

from collections.abc import Sequence
from typing import Any

import orjson

from enterprise_app.core.context import Context
from enterprise_app.core.errors import Invalid
from enterprise_app.core.texts import translate
from enterprise_app.domains.experiments.flag_schemas import Flag, Serve
from enterprise_app.domains.experiments.vocabulary import FlagKind
from enterprise_app.web.pages.experiments.conditions import ConditionRow, conditions_of, rows_of
from enterprise_app.web.pages.experiments.rows import Row, fresh, percent_text, share_of

SPLIT, EXPERIMENT, DEFAULT = "split", "experiment", "default"


class VariationRow(Row):
    """One value that the flag can have, as text."""

    key: str = ""
    name: str = ""
    value: str = ""


class RuleRow(Row):
    """Who matches is served so: a variation by its row's id, a split, or an experiment."""

    name: str = ""
    serve: str = ""
    coverage: str = ""
    experiment: str = ""


class PortionRow(Row):
    """A variation's part of a split; `owner` is the rule, or the default."""

    owner: str = DEFAULT
    variation: str = ""
    weight: str = ""


class PrerequisiteRow(Row):
    """Another flag, and what it must answer."""

    flag: str = ""
    variations: str = ""


class FlagRows(Row):
    """Everything of a flag that comes in rows; the first rule is the default, which has no conditions."""

    variations: list[VariationRow] = []
    rules: list[RuleRow] = []
    portions: list[PortionRow] = []
    conditions: list[ConditionRow] = []
    prerequisites: list[PrerequisiteRow] = []
    off: str = ""


def starting(ctx: Context, kind: str) -> list[VariationRow]:
    """The variations that a new flag of the kind begins with."""
    if kind == FlagKind.BOOLEAN:
        names = [("on", "true"), ("off", "false")]
        say = [translate(ctx.locale, f"experiments.flag.{key}") for key, _ in names]
        return [
            VariationRow(id=fresh(), key=key, name=name, value=value)
            for (key, value), name in zip(names, say, strict=True)
        ]
    first = {FlagKind.NUMBER.value: ("1", "0"), FlagKind.OBJECT.value: ("{}", "{}")}.get(kind, ("a", "b"))
    return [VariationRow(id=fresh(), key=key, name=key.upper(), value=v) for key, v in zip("ab", first, strict=True)]


def unfolded(ctx: Context, flag: Flag) -> FlagRows:
    """A flag's rows."""
    variations = [
        VariationRow(id=fresh(), key=one.key, name=one.name, value=_text(flag.kind, one.value))
        for one in flag.variations
    ]
    ids = {row.key: row.id for row in variations}
    rules, portions, conditions = [], [], []
    for number, (name, serve, given) in enumerate(
        [("", flag.serve, []), *[(rule.name, rule.serve, rule.conditions) for rule in flag.rules]]
    ):
        key = fresh() if number else DEFAULT
        rules.append(_rule(ctx, key, name, serve, ids))
        portions += _portions(ctx, key, serve, ids)
        conditions += rows_of(given, key)
    wanted = [PrerequisiteRow(id=fresh(), flag=p.flag, variations=", ".join(p.variations)) for p in flag.prerequisites]
    return FlagRows(
        id=flag.key, variations=variations, rules=rules, portions=portions, conditions=conditions,
        prerequisites=wanted, off=ids.get(flag.off_variation, ""),
    )  # fmt: skip


def _rule(ctx: Context, key: str, name: str, serve: Serve, ids: dict[str, str]) -> RuleRow:
    way = ids.get(serve.variation or "", "")
    if serve.split is not None:
        way = SPLIT
    elif serve.experiment_id is not None:
        way = EXPERIMENT
    return RuleRow(
        id=key,
        name=name,
        serve=way,
        coverage=percent_text(ctx, serve.coverage),
        experiment=str(serve.experiment_id or ""),
    )


def _portions(ctx: Context, key: str, serve: Serve, ids: dict[str, str]) -> list[PortionRow]:
    known = {portion.variation: portion.weight for portion in serve.split or []}
    return [
        PortionRow(id=fresh(), owner=key, variation=row_id, weight=percent_text(ctx, known.get(name, 0)))
        for name, row_id in ids.items()
        if serve.split is not None
    ]


def portions_for(ctx: Context, owner: str, variations: Sequence[VariationRow]) -> list[PortionRow]:
    """An even split."""
    weight = percent_text(ctx, round(1 / len(variations), 4))
    return [PortionRow(id=fresh(), owner=owner, variation=one.id, weight=weight) for one in variations]


def folded(ctx: Context, kind: str, rows: FlagRows) -> dict[str, Any]:
    """The rows as the shapes want them. Raises Invalid."""
    keys = {row.id: row.key for row in rows.variations}
    rules = [
        {
            "name": rule.name,
            "conditions": conditions_of(rows.conditions, rule.id),
            "serve": _serve(ctx, rule, rows, keys),
        }
        for rule in rows.rules
    ]
    return {
        "variations": [{"key": row.key, "name": row.name, "value": _value(kind, row)} for row in rows.variations],
        "off_variation": keys.get(rows.off, ""),
        "serve": rules[0]["serve"],
        "rules": rules[1:],
        "prerequisites": [
            {"flag": row.flag, "variations": [word.strip() for word in row.variations.split(",") if word.strip()]}
            for row in rows.prerequisites
        ],
    }


def _serve(ctx: Context, rule: RuleRow, rows: FlagRows, keys: dict[str, str]) -> dict[str, Any]:
    if rule.serve == EXPERIMENT:
        return {"experiment_id": rule.experiment or None}
    if rule.serve != SPLIT:
        return {"variation": keys.get(rule.serve)}
    parts = [row for row in rows.portions if row.owner == rule.id and row.variation in keys]
    weights = [share_of(ctx, row.weight, rule.id) for row in parts]
    total = sum(weights)
    if 0 < abs(total - 1) <= 0.0011:
        weights = [weight / total for weight in weights]
    split = [{"variation": keys[row.variation], "weight": w} for row, w in zip(parts, weights, strict=True)]
    return {"split": split, "coverage": share_of(ctx, rule.coverage or "100", rule.id)}


def _value(kind: str, row: VariationRow) -> Any:
    """What was typed, as a value of the kind. Raises Invalid at the row."""
    if kind == FlagKind.STRING:
        return row.value
    try:
        value = orjson.loads(row.value)
    except orjson.JSONDecodeError:
        raise Invalid.of(row.id, "variation_kind", variation=row.key, kind=kind) from None
    return value


def _text(kind: FlagKind, value: Any) -> str:
    return value if kind is FlagKind.STRING and isinstance(value, str) else orjson.dumps(value).decode()

"""Results in plain sentences of a language, with figures written as it writes them."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from enterprise_app.core.texts import translate
from enterprise_app.domains.localization import service as localization

from ..result_schemas import Results
from ..rules.summary import Figure, Form, sentences

DIGITS = 3
"""Significant ones: what is small is not rounded to nothing."""
SMALLEST_P = 0.0001


def summarise(
    results: Results,
    locale: str,
    *,
    names: Mapping[str, str] | None = None,
    decision: Mapping[str, Any] | None = None,
) -> list[tuple[str, dict[str, str]]]:
    """(key of the text, its params as they are written), the most important first. Pure; nobody's right is checked."""
    return [
        (f"results.summary.{told.code}", {name: written(value, locale) for name, value in told.params.items()})
        for told in sentences(results, names=names, decision=decision)
    ]


def written(value: str | Figure, locale: str) -> str:
    """A name as it is, a figure in the language: `2.91 percentage points`, `= 0.0355`, `< 0.0001`."""
    if isinstance(value, str):
        return value
    match value.form:
        case Form.COUNT:
            return localization.format_number(int(value.value), locale)
        case Form.P:
            return _p(value.value, locale)
        case Form.SHARE:
            return localization.format_percent(_rounded(value.value), locale, 12)
        case Form.POINTS:
            points = localization.format_number(_rounded(value.value * 100), locale)
            return translate(locale, "results.figure.points", number=points)
        case Form.MONEY:
            amount = localization.format_number(_rounded(value.value), locale)
            return f"{amount}\xa0{value.currency}"
        case _:
            return localization.format_number(_rounded(value.value), locale)


def _p(p: float, locale: str) -> str:
    if p < SMALLEST_P:
        return f"< {localization.format_number(Decimal(str(SMALLEST_P)), locale)}"
    return f"= {localization.format_number(_rounded(p), locale)}"


def _rounded(value: float) -> Decimal:
    """To significant digits; of large numbers no digit before the point is taken."""
    exact = Decimal(repr(value))
    if not exact:
        return Decimal(0)
    step = min(exact.adjusted() - DIGITS + 1, 0)
    text = f"{round(exact, -step):f}"
    return Decimal(text.rstrip("0").rstrip(".") if "." in text else text)

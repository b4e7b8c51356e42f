"""Numbers of results as a reader sees them: by the metric's kind, in the reader's locale."""

import re
from datetime import date, datetime, time
from decimal import Decimal

from enterprise_app.core.context import Context
from enterprise_app.core.money import Money, decimals
from enterprise_app.core.texts import text_direction, translate
from enterprise_app.domains.experiments.result_schemas import MetricOutcome
from enterprise_app.domains.experiments.vocabulary import MetricKind
from enterprise_app.domains.localization import service as localization

NONE = "–"
SHARES = (MetricKind.PROPORTION, MetricKind.RETENTION)
_LEAST_P = 0.0001
_SIGNED = re.compile(r"(?<![\w.,])-\d[\d.,]*(?<![.,])%?|p\s*[=<]\s*\d[\d.,]*(?<![.,])")
"""A negative figure, and a p value with its relation."""


def count(ctx: Context, number: float) -> str:
    """A whole number."""
    return localization.format_number(round(number), ctx.locale)


def value(ctx: Context, metric: MetricOutcome, number: float | None) -> str:
    """A rate as a percentage, money with its currency, else a number with four digits that count."""
    if number is None:
        return NONE
    if metric.kind in SHARES:
        return percent(ctx, number)
    if metric.kind is MetricKind.REVENUE and metric.currency:
        return money(ctx, Decimal(repr(float(number))), metric.currency)
    return plain(ctx, number)


def plain(ctx: Context, number: float) -> str:
    """With about four digits that count."""
    size = abs(number)
    digits = 0 if size >= 10_000 else 1 if size >= 1_000 else 2 if size >= 10 else 3 if size >= 1 else 4
    return localization.format_number(round(Decimal(repr(float(number))), digits).normalize() + 0, ctx.locale)


def money(ctx: Context, amount: Decimal, currency: str) -> str:
    """Rounded to the currency's digits."""
    digits = decimals(currency)
    return localization.format_currency(Money(round(amount.scaleb(digits)), currency), ctx.locale)


def percent(ctx: Context, share: float) -> str:
    """A share; small ones keep a digit more."""
    return localization.format_percent(share, ctx.locale, 2 if abs(share) < 0.1 else 1)


def change(ctx: Context, share: float) -> str:
    """A relative change with its sign."""
    shown = localization.format_percent(share, ctx.locale, 2 if abs(share) < 0.01 else 1)
    rises = share > 0 and any(c.isdigit() and c != "0" for c in shown)
    return _kept(ctx, f"+{shown}" if rises else shown)


def difference(ctx: Context, metric: MetricOutcome, number: float) -> str:
    """An absolute change with its sign; of rates in percentage points."""
    sign = "+" if number > 0 else ""
    if metric.kind in SHARES:
        points = round(Decimal(repr(float(number * 100))), 2).normalize() + 0
        return translate(ctx.locale, "results.figure.points", number=_kept(ctx, sign + _number(ctx, points)))
    return _kept(ctx, sign + value(ctx, metric, number))


def _kept(ctx: Context, text: str) -> str:
    """A number whose sign stays before it in a language from right to left."""
    return f"\u2066{text}\u2069" if text_direction(ctx.locale) == "rtl" else text


def name(ctx: Context, text: str) -> str:
    """A name inside a sentence, in a direction of its own where the sentence runs from right to left: else a number
    that follows a Latin name would change places with it."""
    return f"\u2068{text}\u2069" if text_direction(ctx.locale) == "rtl" else text


def sentence(ctx: Context, text: str) -> str:
    """With the sign of each negative figure before it."""
    return _SIGNED.sub("\u2066\\g<0>\u2069", text) if text_direction(ctx.locale) == "rtl" else text


def _number(ctx: Context, number: Decimal) -> str:
    return localization.format_number(number, ctx.locale)


def p_value(ctx: Context, p: float | None) -> str:
    """To four digits; less than that as such."""
    if p is None:
        return NONE
    if p < _LEAST_P:
        return f"< {localization.format_number(Decimal(str(_LEAST_P)), ctx.locale, 4)}"
    return localization.format_number(p, ctx.locale, 4 if p < 0.1 else 3)


def day(ctx: Context, on: date) -> str:
    """A day on an axis."""
    return localization.format_axis(datetime.combine(on, time()), "day", ctx.locale)


def moment(ctx: Context, at: datetime | None) -> str:
    """A moment; a dash when there was none."""
    return localization.format_datetime(at, ctx.locale, ctx.zone) if at else NONE

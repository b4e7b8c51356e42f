"""Values as text in a locale, by CLDR (Babel). Numbers keep every digit they have unless `digits` says otherwise."""

import copy
import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date as babel_date
from babel.dates import format_datetime as babel_datetime
from babel.dates import format_time, format_timedelta
from babel.lists import format_list as babel_list
from babel.numbers import (
    NumberPattern,
    format_compact_decimal,
    format_decimal,
    format_percent,
    get_currency_symbol,
)
from babel.units import format_unit

from enterprise_app.core.money import Money, decimals

Number = int | float | Decimal
_BYTE_UNITS = ("byte", "kilobyte", "megabyte", "gigabyte", "terabyte", "petabyte")


def number(value: Number, locale: str, digits: int | None = None) -> str:
    """`1234567.89` → hi `12,34,567.89`, de `1.234.567,89`. `digits` rounds (half to even) and fills up."""
    if digits is None:
        return format_decimal(_exact(value), locale=locale, decimal_quantization=False)
    return format_decimal(_exact(value), format="#,##0" + ("." + "0" * digits if digits else ""), locale=locale)


def percent(ratio: Number, locale: str, digits: int = 1) -> str:
    """`0.256` → `25.6%`, de `25,6 %`; zeros at the end are dropped."""
    pattern = Locale.parse(locale).percent_formats[None].pattern
    last = pattern.rindex("0") + 1
    fraction = "." + "#" * digits if digits else ""
    return format_percent(_exact(ratio), format=pattern[:last] + fraction + pattern[last:], locale=locale)


def compact(value: Number, locale: str) -> str:
    """`12345` → `12.3K`; for charts, never where a number is decided upon."""
    return format_compact_decimal(_exact(value), locale=locale, fraction_digits=1)


def currency(money: Money, locale: str) -> str:
    """With the digits of the currency, not of the locale: es `1.234,56 €`."""
    pattern = _currency_pattern(locale, decimals(money.currency))
    text = pattern.apply(money.amount, Locale.parse(locale), currency=money.currency, currency_digits=False)
    symbol = get_currency_symbol(money.currency, locale)
    if symbol[-1].isalpha():  # CLDR's currency spacing, which Babel leaves out: KWD 1.000, not KWD1.000
        text = re.sub(rf"{re.escape(symbol)}(?=\d)", f"{symbol}\xa0", text)
    return text


@cache
def _currency_pattern(locale: str, digits: int) -> NumberPattern:
    pattern = copy.copy(Locale.parse(locale).currency_formats["standard"])
    pattern.frac_prec = (digits, digits)
    return pattern


def data_size(count: int, locale: str) -> str:
    """Bytes in the largest decimal unit (1 kB = 1000 bytes), as plans count storage: `1.5 GB`."""
    value, step = Decimal(count), 0
    while abs(value) >= 1000 and step < len(_BYTE_UNITS) - 1:
        value, step = value / 1000, step + 1
    shown = round(value, 1).normalize() if step else value
    return format_unit(shown, f"digital-{_BYTE_UNITS[step]}", "short", locale=locale)


@cache
def numeric_date_pattern(locale: str) -> str:
    """The locale's short date with two-digit day and month and the whole year: `MM/dd/yyyy`, `dd.MM.yyyy`."""
    short = Locale.parse(locale).date_formats["short"].pattern
    fields = {"d": "dd", "M": "MM", "y": "yyyy"}
    out, previous = "", ""
    for character in short:
        if character in fields:
            out += fields[character] if character != previous else ""
        elif character.isascii() or character.isalnum() or character in "年月日":
            out += character
        previous = character
    return out.replace("'", "")


def day(value: date, locale: str) -> str:
    """`2024-01-15` → en `01/15/2024`, de `15.01.2024`."""
    return babel_date(value, format=numeric_date_pattern(locale), locale=locale)


def long_day(value: date, locale: str) -> str:
    """`January 15, 2024`."""
    return babel_date(value, format="long", locale=locale)


def moment(at: datetime, locale: str, zone: str) -> str:
    """Date and time of day in a zone, to the minute."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{day(local.date(), locale)} {format_time(local, format='short', locale=locale, tzinfo=ZoneInfo(zone))}"


def long_moment(at: datetime, locale: str, zone: str) -> str:
    """In words, with the zone."""
    return babel_datetime(at, format="long", tzinfo=ZoneInfo(zone), locale=locale)


def relative(at: datetime, now: datetime, locale: str) -> str:
    """`3 hours ago`, `in 2 days`."""
    delta = at - now
    if abs(delta) < timedelta(seconds=1):
        delta = timedelta(seconds=-1)
    return format_timedelta(delta, add_direction=True, locale=locale, threshold=1.0)


def listed(words: Sequence[str], locale: str) -> str:
    """`a, b, and c`."""
    return babel_list(list(words), locale=locale) if words else ""


def _exact(value: Number) -> Decimal:
    """A float by its shortest spelling: 0.1 is a tenth, not 0.1000000000000000055."""
    return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)

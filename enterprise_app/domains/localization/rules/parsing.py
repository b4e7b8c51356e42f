"""Text as values: the inverse of `formats`. Strict: what could be meant in two ways is refused."""

import re
from datetime import date
from decimal import Decimal

from babel.numbers import NumberFormatError, get_decimal_symbol, get_group_symbol, parse_decimal

from .formats import numeric_date_pattern

_DIGITS = {ord(c): str(i % 10) for i, c in enumerate("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹०१२३४५६७८९")}
_MARKS = dict.fromkeys(map(ord, "\u200e\u200f\u061c\u2066\u2067\u2068\u2069"))
_SPACES = {ord(c): "\xa0" for c in " \u202f\u2009"}


def number(text: str, locale: str) -> Decimal:
    """Raises ValueError unless the text is a number as the locale writes it; groups may be left out, not misplaced."""
    text = plain(text).replace("\N{MINUS SIGN}", "-").strip()
    group, point = get_group_symbol(locale), get_decimal_symbol(locale)
    text = text.replace("\N{ARABIC DECIMAL SEPARATOR}", point).replace("\N{ARABIC THOUSANDS SEPARATOR}", group)
    spaced = group.translate(_SPACES) == "\xa0"
    if spaced:
        text = text.translate(_SPACES).replace("\xa0", group)
    integer, _, fraction = text.partition(point)
    if group in fraction or not re.fullmatch(rf"-?[0-9]{{1,3}}({re.escape(group)}[0-9]{{2,3}})*|-?[0-9]+", integer):
        raise ValueError(text)
    if group in integer and not re.fullmatch(r"[0-9]{3}", integer.rsplit(group, 1)[1]):
        raise ValueError(text)
    try:
        return parse_decimal(integer.replace(group, "") + (point + fraction if fraction else ""), locale=locale)
    except NumberFormatError as error:
        raise ValueError(text) from error


def day(text: str, locale: str) -> date:
    """Raises ValueError unless the text is a date in the order of the locale; also ISO 8601."""
    text = plain(text).strip()
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return date.fromisoformat(text)
    parts = re.split(r"[^0-9]+", text.strip("年月日./- "))
    order = re.findall(r"d+|M+|y+", numeric_date_pattern(locale))
    if len(parts) != 3 or not all(parts) or len(parts[[o[0] for o in order].index("y")]) != 4:
        raise ValueError(text)
    found = {field[0]: int(part) for field, part in zip(order, parts, strict=True)}
    return date(found["y"], found["M"], found["d"])


def plain(text: str) -> str:
    """Without direction marks, any script's digits as ASCII."""
    return text.translate(_MARKS).translate(_DIGITS)

"""Calendars and time axes in a language: months, weekdays, the first day of the week, labels of a series."""

from datetime import date, datetime

from babel import Locale
from babel.dates import format_date, format_skeleton

_AXIS = {"day": "MMMd", "week": "MMMd", "month": "yMMM"}


def month_title(month: date, locale: str) -> str:
    """A month with its year: March 2026, März 2026."""
    return format_skeleton("yMMMM", month, locale=locale)


def weekday(day: date, locale: str) -> str:
    """A weekday, short: Mon, Mo., الاثنين."""
    return format_date(day, "ccc", locale=locale)


def first_weekday(locale: str) -> int:
    """The first day of the week where the language is at home; 0 is Monday (CLDR)."""
    return Locale.parse(locale).first_week_day


def axis_label(at: datetime, bucket: str, locale: str) -> str:
    """A point of a time axis, by the width of its bucket; `at` is local already."""
    if bucket == "hour":  # CLDR has no skeleton of day and time together, but says how to join them
        day, time = (format_skeleton(skeleton, at, locale=locale) for skeleton in (_AXIS["day"], "Hm"))
        return str(Locale.parse(locale).datetime_formats["short"]).format(time, day)
    return format_skeleton(_AXIS[bucket], at, locale=locale)

"""The door of localization: write and read values in a language, and choose the language."""

from datetime import date, datetime
from decimal import Decimal
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from babel import Locale

from enterprise_app.core.errors import Invalid
from enterprise_app.core.texts import DEFAULT_LOCALE, LOCALES, negotiate, text_direction
from enterprise_app.domains.tenancy.vocabulary import DEFAULT_CURRENCIES

from .rules import parsing
from .rules.calendars import axis_label as format_axis
from .rules.calendars import first_weekday
from .rules.calendars import month_title as format_month
from .rules.calendars import weekday as format_weekday
from .rules.formats import compact as format_compact
from .rules.formats import currency as format_currency
from .rules.formats import data_size as format_bytes
from .rules.formats import day as format_date
from .rules.formats import listed as format_list
from .rules.formats import long_day as format_long_date
from .rules.formats import long_moment as format_long_datetime
from .rules.formats import moment as format_datetime
from .rules.formats import number as format_number
from .rules.formats import percent as format_percent
from .rules.formats import relative as format_relative
from .schemas import LanguageChoice, ZoneChoice

__all__ = [
    "choose_locale",
    "default_currency",
    "first_weekday",
    "format_axis",
    "format_bytes",
    "format_compact",
    "format_currency",
    "format_date",
    "format_datetime",
    "format_list",
    "format_long_date",
    "format_long_datetime",
    "format_month",
    "format_number",
    "format_percent",
    "format_relative",
    "format_weekday",
    "list_languages",
    "list_zones",
    "parse_date",
    "parse_number",
    "zone_options",
]
_AREAS = ("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")


def choose_locale(user: str | None, tenant: str | None, accept_language: str = "") -> str:
    """The user's language, else the tenant's, else the browser's best, else English; only languages that we have."""
    for wanted in (user, tenant):
        if wanted and (found := negotiate(wanted, "", default="")):
            return found
    return negotiate("", accept_language, default=DEFAULT_LOCALE)


def default_currency(locale: str) -> str:
    """The currency of new prices; what is stored keeps its own."""
    return DEFAULT_CURRENCIES.get(locale.replace("_", "-").split("-")[0], "USD")


def parse_number(text: str, locale: str, *, field: str = "value") -> Decimal:
    """The inverse of `format_number`. Raises Invalid that shows how the locale writes a number."""
    try:
        return parsing.number(text, locale)
    except ValueError:
        raise Invalid.of(field, "number_malformed", example=format_number(Decimal("1234.5"), locale)) from None


def parse_date(text: str, locale: str, *, field: str = "date") -> date:
    """The inverse of `format_date`; ISO 8601 too. Raises Invalid that shows how the locale writes a date."""
    try:
        return parsing.day(text, locale)
    except ValueError:
        raise Invalid.of(field, "date_malformed", example=format_date(date(2024, 1, 15), locale)) from None


def list_languages() -> list[LanguageChoice]:
    """The languages of the interface, each named in itself."""
    return [
        LanguageChoice(id=name, name=Locale(name).get_display_name(name) or name, direction=text_direction(name))
        for name in LOCALES
    ]


def list_zones(at: datetime) -> list[ZoneChoice]:
    """The time zones from west to east with their offset at `at`."""
    return sorted((_zone(name, at) for name in _zone_names()), key=lambda zone: (zone.offset_minutes, zone.id))


def zone_options() -> list[tuple[str, str]]:
    """The time zones by name, for a page that is compiled once (offsets change with the seasons)."""
    return [(name, name.replace("_", " ")) for name in sorted(_zone_names(), key=lambda name: (name != "UTC", name))]


def _zone(name: str, at: datetime) -> ZoneChoice:
    offset = at.astimezone(ZoneInfo(name)).utcoffset()
    minutes = int(offset.total_seconds() // 60) if offset else 0
    hours, rest = divmod(abs(minutes), 60)
    label = f"(UTC{'-' if minutes < 0 else '+'}{hours:02}:{rest:02}) {name.replace('_', ' ')}"
    return ZoneChoice(id=name, offset_minutes=minutes, label=label)


@cache
def _zone_names() -> list[str]:
    return ["UTC", *(name for name in available_timezones() if name.partition("/")[0] in _AREAS)]

"""Values are written as CLDR says, and read back as what they were."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enterprise_app.core.errors import Invalid
from enterprise_app.core.money import Money
from enterprise_app.domains.localization import service

LOCALES = ("en", "es", "fr", "de", "hi", "ja", "zh", "ar", "ar_EG", "de_CH", "en_IN")
NOW = datetime(2024, 1, 15, 13, 5, tzinfo=UTC)


def spaced(text: str) -> str:
    """Whatever kind of blank CLDR uses."""
    return text.replace("\xa0", " ").replace("\u202f", " ").replace("\u200f", "")


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("en", "1,234,567.89"),
        ("hi", "12,34,567.89"),
        ("de", "1.234.567,89"),
        ("es", "1.234.567,89"),
        ("fr", "1 234 567,89"),
    ],
)
def test_numbers(locale, text):
    assert spaced(service.format_number(Decimal("1234567.89"), locale)) == text
    assert service.format_number(1234567.89, locale) == service.format_number(Decimal("1234567.89"), locale)
    assert service.parse_number(text, locale) == Decimal("1234567.89")


def test_digits_round_and_fill_up():
    assert service.format_number(Decimal("2.5"), "en", 0) == "2"
    assert service.format_number(Decimal("1234.5"), "de", 2) == "1.234,50"
    assert service.format_number(0.1, "en") == "0.1"


@pytest.mark.parametrize(
    ("money", "locale", "text"),
    [
        (Money(123456, "EUR"), "es", "1.234,56 €"),
        (Money(123456, "EUR"), "de", "1.234,56 €"),
        (Money(123456, "USD"), "en", "$1,234.56"),
        (Money(12345678, "INR"), "hi", "₹1,23,456.78"),
        (Money(1234, "JPY"), "ja", "￥1,234"),
        (Money(1234567, "KWD"), "en", "KWD 1,234.567"),
        (Money(1234567, "IQD"), "en", "IQD 1,234.567"),
        (Money(-50, "EUR"), "de", "-0,50 €"),
    ],
)
def test_money_keeps_its_currency_and_digits(money, locale, text):
    assert spaced(service.format_currency(money, locale)) == text


@pytest.mark.parametrize(
    ("locale", "text"), [("en", "01/15/2024"), ("de", "15.01.2024"), ("fr", "15/01/2024"), ("ja", "2024/01/15")]
)
def test_dates(locale, text):
    assert service.format_date(NOW.date(), locale) == text
    assert service.parse_date(text, locale) == NOW.date()


def test_moments_are_in_the_zone():
    assert spaced(service.format_datetime(NOW, "de", "Asia/Tokyo")) == "15.01.2024 22:05"
    assert spaced(service.format_datetime(NOW, "en", "America/New_York")) == "01/15/2024 8:05 AM"


def test_relative_lists_percent_compact_bytes():
    assert service.format_relative(NOW - timedelta(hours=3), NOW, "en") == "3 hours ago"
    assert service.format_relative(NOW + timedelta(days=2), NOW, "de") == "in 2 Tagen"
    assert service.format_list(["a", "b", "c"], "en") == "a, b, and c"
    assert service.format_list(["a", "b", "c"], "de") == "a, b und c"
    assert service.format_list([], "de") == ""
    assert spaced(service.format_percent(Decimal("0.256"), "de")) == "25,6 %"
    assert service.format_percent(0.5, "en") == "50%"
    assert service.format_percent(0.256, "en", 0) == "26%"
    assert service.format_compact(12345, "en") == "12.3K"
    assert spaced(service.format_bytes(1_500_000_000, "de")) == "1,5 GB"
    assert spaced(service.format_bytes(10**12, "en")) == "1 TB"
    assert spaced(service.format_bytes(999, "en")) == "999 byte"


@pytest.mark.parametrize("locale", LOCALES)
@given(value=st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**12), max_value=10**12))
def test_reading_a_number_is_the_inverse_of_writing_it(locale, value):
    assert service.parse_number(service.format_number(value, locale), locale) == value


@pytest.mark.parametrize("locale", LOCALES)
@given(value=st.dates(min_value=date(1000, 1, 1)))
def test_reading_a_date_is_the_inverse_of_writing_it(locale, value):
    assert service.parse_date(service.format_date(value, locale), locale) == value


@pytest.mark.parametrize("text", ["", "abc", "1.2.3", "1,2", "1.234.5", "--5", "1e5", "NaN", "١٢٣x", "1.234,5,6"])
def test_what_a_german_number_is_not(text):
    if text == "1,2":
        assert service.parse_number(text, "de") == Decimal("1.2")
        return
    with pytest.raises(Invalid) as refused:
        service.parse_number(text, "de", field="budget")
    problem = refused.value.problems[0]
    assert (problem.field, problem.code, problem.params) == ("budget", "number_malformed", {"example": "1.234,5"})


@pytest.mark.parametrize("text", ["", "31.02.2024", "01/15/24", "15.1", "2024-13-01", "x"])
def test_what_a_german_date_is_not(text):
    with pytest.raises(Invalid) as refused:
        service.parse_date(text, "de")
    assert refused.value.problems[0].params == {"example": "15.01.2024"}


def test_digits_of_other_scripts_are_read():
    assert service.parse_number("١٬٢٣٤٫٥", "ar") == Decimal("1234.5")


@pytest.mark.parametrize(
    ("user", "tenant", "browser", "chosen"),
    [
        ("ar", "de", "en", "ar"),
        (None, "de", "en", "de"),
        (None, None, "sv;q=0.9, de-AT;q=0.8, en;q=0.1", "de"),
        (None, None, "en;q=0.1, ar;q=0.5", "ar"),
        ("tlh", "xx", "", "en"),
        (None, None, "de;q=nonsense,,;", "en"),
    ],
)
def test_user_before_tenant_before_browser(user, tenant, browser, chosen):
    assert service.choose_locale(user, tenant, browser) == chosen


def test_default_currencies_zones_and_languages():
    currencies = {"hi": "INR", "ja": "JPY", "zh": "CNY", "ar": "AED", "en": "USD", "de-AT": "EUR"}
    assert {locale: service.default_currency(locale) for locale in currencies} == currencies
    zones = service.list_zones(NOW)
    berlin = next(zone for zone in zones if zone.id == "Europe/Berlin")
    assert (berlin.offset_minutes, berlin.label) == (60, "(UTC+01:00) Europe/Berlin")
    assert [z.offset_minutes for z in zones] == sorted(z.offset_minutes for z in zones)
    languages = {c.id: c.direction for c in service.list_languages()}
    assert languages == dict.fromkeys(("en", "es", "fr", "de", "hi", "ja", "zh"), "ltr") | {"ar": "rtl"}


@pytest.mark.parametrize(
    ("locale", "hour"),
    [("en", "Jan 15, 14:00"), ("de", "15. Jan., 14:00"), ("fr", "15 janv. 14:00"), ("ar", "15 يناير، 14:00"),
     ("ja", "1月15日 14:00")],
)  # fmt: skip
def test_an_hour_on_an_axis_has_its_day(locale: str, hour: str):
    assert spaced(service.format_axis(datetime(2024, 1, 15, 14), "hour", locale)) == hour


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("bucket", ["hour", "day", "week", "month"])
def test_every_axis_can_be_labelled_in_every_language(locale: str, bucket: str):
    first, second = (service.format_axis(datetime(2024, month, 15, 14), bucket, locale) for month in (1, 2))
    assert first != second

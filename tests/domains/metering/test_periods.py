"""Periods are calendar periods in UTC."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from enterprise_app.domains.metering.rules import period_end, period_of, within
from enterprise_app.domains.metering.vocabulary import Span


@pytest.mark.parametrize(
    ("span", "name", "end"),
    [
        (Span.STANDING, "", None),
        (Span.HOUR, "2026-12-31T23", datetime(2027, 1, 1, tzinfo=UTC)),
        (Span.DAY, "2026-12-31", datetime(2027, 1, 1, tzinfo=UTC)),
        (Span.MONTH, "2026-12", datetime(2027, 1, 1, tzinfo=UTC)),
    ],
)
def test_the_last_hour_of_a_year(span, name, end):
    at = datetime(2027, 1, 1, 0, 59, 59, tzinfo=timezone(timedelta(hours=1)))
    assert (period_of(span, at), period_end(span, at)) == (name, end)


def test_within_what_is_granted():
    assert within(10, 10)
    assert not within(11, 10)
    assert within(11, -1)
    assert not within(1, 0)

"""Figures of a report as its reader writes them; each keeps its own direction in a language from right to left."""

from datetime import datetime
from decimal import Decimal

from enterprise_app.core.money import Money, decimals
from enterprise_app.core.texts import text_direction, translate
from enterprise_app.domains.localization import service as localization

from ..result_schemas import ArmOutcome, MetricOutcome, Results
from ..vocabulary import Direction, Inference, MetricKind

NONE = "–"
_SHARES = (MetricKind.PROPORTION, MetricKind.RETENTION)
_LEAST_P = 0.0001


class Figures:
    """Writes in one language and time zone."""

    def __init__(self, locale: str, zone: str) -> None:
        self.locale, self._zone = locale, zone
        self._rtl = text_direction(locale) == "rtl"

    def count(self, number: float) -> str:
        """A whole number."""
        return localization.format_number(round(number), self.locale)

    def moment(self, at: datetime | None) -> str:
        """With its zone; a dash when there was none."""
        return f"{localization.format_datetime(at, self.locale, self._zone)} ({self._zone})" if at else NONE

    def percent(self, share: float) -> str:
        """A share; small ones keep a digit more."""
        return self._kept(localization.format_percent(share, self.locale, 2 if abs(share) < 0.1 else 1))

    def value(self, metric: MetricOutcome, number: float | None) -> str:
        """A rate as a percentage, money with its currency, else a number with four digits that count."""
        if number is None:
            return NONE
        if metric.kind in _SHARES:
            return self.percent(number)
        exact = Decimal(repr(float(number)))
        if metric.kind is MetricKind.REVENUE and metric.currency:
            amount = Money(round(exact.scaleb(decimals(metric.currency))), metric.currency)
            return localization.format_currency(amount, self.locale)
        size = abs(number)
        digits = 0 if size >= 10_000 else 1 if size >= 1_000 else 2 if size >= 10 else 3 if size >= 1 else 4
        return localization.format_number(round(exact, digits).normalize() + 0, self.locale)

    def between(self, low: str, high: str) -> str:
        """Two figures, the lower one at the left."""
        return self._kept(f"{low} … {high}")

    def change(self, share: float) -> str:
        """A relative change with its sign."""
        shown = localization.format_percent(share, self.locale, 2 if abs(share) < 0.01 else 1)
        rises = share > 0 and any(c.isdigit() and c != "0" for c in shown)
        return self._kept(f"+{shown}" if rises else shown)

    def difference(self, metric: MetricOutcome, number: float) -> str:
        """An absolute change with its sign; of rates in percentage points."""
        sign = "+" if number > 0 else ""
        if metric.kind in _SHARES:
            points = round(Decimal(repr(float(number * 100))), 2).normalize() + 0
            shown = self._kept(sign + localization.format_number(points, self.locale))
            return translate(self.locale, "results.figure.points", number=shown)
        return self._kept(sign + self.value(metric, number))

    def p_value(self, p: float | None) -> str:
        """To four digits; less than that as such."""
        if p is None:
            return NONE
        if p < _LEAST_P:
            return self._kept(f"< {localization.format_number(Decimal(str(_LEAST_P)), self.locale, 4)}")
        return localization.format_number(p, self.locale, 4 if p < 0.1 else 3)

    def relation(self, p: float) -> str:
        """`= 0.04`, `< 0.0001`, in a sentence."""
        shown = self.p_value(p)
        return shown if p < _LEAST_P else self._kept(f"= {shown}")

    def _kept(self, text: str) -> str:
        return f"\u2066{text}\u2069" if self._rtl else text


def finding(results: Results, metric: MetricOutcome, arm: ArmOutcome) -> str:
    """`better` or `worse` when it is significant, and `likely_…` of a belief; else `unclear`."""
    told = arm.difference
    if not arm.significant or told is None or not told.estimate:
        return "unclear"
    word = "better" if (told.estimate > 0) is (metric.direction is Direction.UP) else "worse"
    return f"likely_{word}" if results.inference is Inference.BAYESIAN else word

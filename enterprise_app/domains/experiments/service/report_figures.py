"""Figures of a report as its reader writes them; each keeps its own direction in a language from right to left."""

from datetime import datetime
from decimal import Decimal

from enterprise_app.core.money import Money, decimals
from enterprise_app.core.texts import text_direction, translate
from enterprise_app.domains.localization import service as localization

from ..result_schemas import ArmOutcome, MetricOutcome, Results
from ..vocabulary import Direction, Inference, MetricKind, Monitoring

NONE = "–"
_SHARES = (MetricKind.PROPORTION, MetricKind.RETENTION)
_LEAST_P = 0.0001
_WIDEST = 4.0
"""An interval that reaches further than so many times the typical one is cut at the edge of the axis."""


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


def relative_interval(results: Results, control: ArmOutcome, arm: ArmOutcome) -> tuple[float, float] | None:
    """The interval of the difference that counts (monitored, believed or the test's own), as shares of the control's
    value, so that it leaves zero where the test says so."""
    if arm.difference is None or not control.value or arm.difference.relative is None:
        return None
    base = abs(control.value)
    if results.inference is Inference.BAYESIAN and arm.belief is not None:
        return arm.belief.low / base, arm.belief.high / base
    if results.monitoring is Monitoring.ALWAYS_VALID and arm.bounds is not None:
        return arm.bounds.low / base, arm.bounds.high / base
    return arm.difference.low / base, arm.difference.high / base


def axis_limit(results: Results) -> float:
    """How far the one axis of all intervals reaches to either side."""
    found = [relative_interval(results, metric.arms[0], arm) for metric in results.metrics for arm in metric.arms[1:]]
    sizes = sorted(max(abs(low), abs(high)) for low, high in filter(None, found))
    return max(0.001, min(sizes[-1], _WIDEST * sizes[len(sizes) // 2])) if sizes else 0.1


def finding(results: Results, metric: MetricOutcome, arm: ArmOutcome) -> str:
    """`better` or `worse` when it is significant, and `likely_…` of a belief; else `unclear`."""
    told = arm.difference
    if not arm.significant or told is None or not told.estimate:
        return "unclear"
    word = "better" if (told.estimate > 0) is (metric.direction is Direction.UP) else "worse"
    return f"likely_{word}" if results.inference is Inference.BAYESIAN else word

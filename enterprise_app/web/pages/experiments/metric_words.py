"""A metric in plain sentences: what it counts, of whom, until when, and which way is better."""

from enterprise_app.core.texts import translate
from enterprise_app.domains.experiments.metric_schemas import PROPERTY, Counted, Definition, EventFilter
from enterprise_app.domains.experiments.vocabulary import MetricKind, Value
from enterprise_app.domains.localization import service as localization

_SIGNS = {"eq": "=", "ne": "≠", "lt": "<", "lte": "≤", "gt": ">", "gte": "≥", "in": "∈", "contains": "≈"}


def sentences(locale: str, metric: Definition) -> str:
    """Everything about the metric, one sentence after the other."""
    said = [_measure(locale, metric), *_filters(locale, metric), _window(locale, metric)]
    if metric.winsorise is not None:
        said.append(translate(locale, "experiments.says.winsorise", percent=_percent(locale, metric.winsorise)))
    said.append(translate(locale, f"experiments.says.{metric.direction.value}"))
    return ("" if locale in ("ja", "zh") else " ").join(text for text in said if text)


def _measure(locale: str, metric: Definition) -> str:
    counted = quantity(locale, metric, metric.event)
    if metric.kind is MetricKind.RATIO and metric.denominator is not None:
        below = quantity(locale, metric, metric.denominator)
        return translate(locale, "experiments.says.ratio", numerator=counted, denominator=below)
    if metric.kind is MetricKind.PERCENTILE:
        percent = _percent(locale, metric.percentile or 0.5)
        return translate(locale, "experiments.says.percentile", percent=percent, quantity=counted)
    if metric.kind is MetricKind.RETENTION:
        first, last = (localization.format_number(day or 0, locale) for day in (metric.first_day, metric.last_day))
        event = event_name(locale, metric.event)
        return translate(locale, "experiments.says.retention", event=event, first=first, last=last)
    if metric.kind is MetricKind.PROPORTION:
        return translate(locale, "experiments.says.proportion", event=event_name(locale, metric.event))
    return translate(locale, "experiments.says.mean", quantity=counted)


def quantity(locale: str, metric: Definition, counted: Counted) -> str:
    """What is added up of a visitor's events."""
    event = event_name(locale, counted)
    if counted.value is Value.PROPERTY:
        return translate(locale, "experiments.says.property", property=_apart(counted.property or ""), event=event)
    if counted.value is Value.REVENUE:
        return translate(locale, "experiments.says.revenue", event=event, currency=metric.currency or "")
    return translate(locale, "experiments.says.count", event=event)


def event_name(locale: str, counted: Counted) -> str:
    """The event by its name, or what every page view is called."""
    if counted.name:
        return _apart(counted.name)
    return translate(locale, f"experiments.says.any_{counted.type}")


def _filters(locale: str, metric: Definition) -> list[str]:
    counted = [one for one in (metric.event, metric.denominator) if one is not None and one.filters]
    found = []
    for one in counted:
        conditions = localization.format_list([_condition(condition) for condition in one.filters], locale)
        event = event_name(locale, one)
        found.append(translate(locale, "experiments.says.filters", event=event, conditions=conditions))
    return found


def _condition(condition: EventFilter) -> str:
    value = ", ".join(condition.value) if isinstance(condition.value, list) else condition.value
    return _apart(f"{condition.field.removeprefix(PROPERTY)} {_SIGNS[condition.op.value]} {value}")


def _window(locale: str, metric: Definition) -> str:
    if metric.kind is MetricKind.RETENTION:
        return ""
    hours = metric.window_hours
    if hours is None:
        return translate(locale, "experiments.says.whole")
    unit, count = ("days", hours // 24) if hours % 24 == 0 else ("hours", hours)
    number = localization.format_number(count, locale)
    return translate(locale, f"experiments.says.{unit}", count=count, number=number)


def _percent(locale: str, share: float) -> str:
    return localization.format_percent(share, locale, 1)


def _apart(text: str) -> str:
    """Keeps its own direction among words of another script (Unicode's isolates)."""
    return f"\u2068{text}\u2069"

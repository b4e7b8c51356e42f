"""The activity of humans with the mark of the events that begin a session: what every number of traffic starts from.

Sessions are computed, not stored, so that late and imported events need no repair. A session belongs to the moment it
begins and has its first event's page, source and device; that makes the numbers of adjacent periods add up.
"""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, array

from enterprise_app.domains.analytics.models import EVENTS
from enterprise_app.domains.analytics.rules.buckets import TimeRange
from enterprise_app.domains.analytics.rules.sessions import SessionRules
from enterprise_app.domains.analytics.rules.tiles import Spans, merged
from enterprise_app.domains.analytics.vocabulary import ACTIVITY

TIMESTAMPS = ARRAY(sa.DateTime(timezone=True))
_CAMPAIGN = ("utm_source", "utm_medium", "utm_campaign")


def within(column: Any, spans: Spans) -> sa.ColumnElement[bool]:
    """Whether the time lies in one of the spans, of which there are few (`tiles.coarse`)."""
    if not spans:
        return sa.false()
    whole = sa.and_(column >= spans[0].start, column < spans[-1].end)
    if len(spans) == 1:
        return whole
    return sa.and_(whole, sa.or_(*(sa.and_(column >= s.start, column < s.end) for s in spans)))


def times(values: Any) -> sa.ColumnElement[Any]:
    """A list of instants as a parameter."""
    return sa.cast(sa.literal(list(values), TIMESTAMPS), TIMESTAMPS)


def activity(tenant_id: UUID, spans: Spans, rules: SessionRules, names: tuple[str, ...]) -> sa.CTE:
    """Activity in the spans: the columns `names` of the events, and `starts` for the first event of a session.

    To know that, as much time before each span is read as a session may pause.
    """
    e = EVENTS.c
    order = {"partition_by": e.visitor_id, "order_by": (e.occurred_at, e.id)}
    columns: list[Any] = [*(e[name] for name in names), sa.func.lag(e.occurred_at).over(**order).label("previous_at")]
    if rules.cut_at_campaign:
        columns += [_tagged(e).label("tagged"), _parameters(e).label("parameters"), _last_tagged(e, order)]
    read = merged(TimeRange(span.start - rules.gap, span.end) for span in spans)
    seen = (
        sa.select(*columns)
        .where(e.tenant_id == tenant_id, within(e.occurred_at, read), e.type.in_(ACTIVITY), ~e.is_bot)
        .cte("activity")
    )
    shown = sa.select(*(seen.c[name] for name in names), _begins(seen.c, rules).label("starts"))
    return shown.where(within(seen.c.occurred_at, spans)).cte("shown")


def _begins(a: Any, rules: SessionRules) -> sa.ColumnElement[bool]:
    cuts = [a.previous_at.is_(None), a.occurred_at - a.previous_at > rules.gap]
    if rules.cut_at_midnight:
        days = [sa.cast(sa.func.timezone(rules.zone, at), sa.Date) for at in (a.occurred_at, a.previous_at)]
        cuts.append(days[0] != days[1])
    if rules.cut_at_campaign:
        last = a.last_tagged
        forgotten = sa.or_(last.is_(None), last[1] < _sortable(a.occurred_at - rules.gap))
        cuts.append(sa.and_(a.tagged, sa.or_(forgotten, last[3] != a.parameters)))
    return sa.or_(*cuts)


def _tagged(e: Any) -> sa.ColumnElement[bool]:
    return sa.or_(*(e[name].is_not(None) for name in _CAMPAIGN))


def _parameters(e: Any) -> sa.ColumnElement[str]:
    return sa.cast(sa.func.jsonb_build_array(*(e[name] for name in _CAMPAIGN)), sa.Text)


def _last_tagged(e: Any, order: dict[str, Any]) -> sa.ColumnElement[Any]:
    """Time, id and parameters of the visitor's last event with campaign parameters: the greatest of such arrays."""
    made = array([_sortable(e.occurred_at), sa.cast(e.id, sa.Text), _parameters(e)])
    last = sa.func.max(sa.case((_tagged(e), made)), type_=ARRAY(sa.Text))
    return last.over(**order, rows=(None, -1)).label("last_tagged")


def _sortable(instant: Any) -> sa.ColumnElement[str]:
    return sa.func.to_char(sa.func.timezone("UTC", instant), "YYYYMMDDHH24MISSUS")

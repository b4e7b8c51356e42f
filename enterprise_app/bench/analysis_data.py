"""What the benchmark of analyses works on: metrics, made-up units and events, the statements of a person who writes."""

from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg

from enterprise_app.core.db_urls import DatabaseUrls
from enterprise_app.core.ids import new_id

_ORDER: dict[str, Any] = {"name": "Order Completed"}
_SPENT = _ORDER | {"value": "revenue"}
_LEVEL: dict[str, Any] = {"name": "Level"}
_ROUNDS = _LEVEL | {"value": "property", "property": "rounds"}

_TENANT = "INSERT INTO tenants (id, slug, skeleton, name, plan) VALUES (%s, 'bench', 'bench', 'Bench', 'ENTERPRISE')"
# Exposed over ten days; three games for nearly each unit in the three days after, every fifth orders.
_EXPOSURES = """
    INSERT INTO experiment_exposures (tenant_id, experiment_id, unit, variant, version, first_at, conflicted)
    SELECT %(tenant)s, %(experiment)s, md5('u' || n)::uuid, CASE WHEN n %% 2 = 0 THEN 'control' ELSE 'green' END, 1,
           %(began)s + random() * interval '10 days', false
    FROM generate_series(1, %(units)s) n
"""
_EVENTS = """
    INSERT INTO analytics_events (tenant_id, occurred_at, id, received_at, source_id, visitor_id, is_bot, type, name,
                                  revenue, currency, order_id, device, properties)
    SELECT %(tenant)s, at, gen_random_uuid(), at, %(tenant)s, unit, false, 'track', name,
           CASE WHEN name = 'Order Completed' THEN round((exp(random() * 4))::numeric, 2) END,
           CASE WHEN name = 'Order Completed' THEN 'EUR' END,
           CASE WHEN name = 'Order Completed' THEN 'o' || number END, 'mobile',
           CASE WHEN name = 'Level' THEN jsonb_build_object('rounds', floor(exp(random() * 6))) ELSE '{}'::jsonb END
    FROM (
        SELECT unit, name, row_number() OVER () AS number, first_at + random() * interval '3 days' AS at
        FROM experiment_exposures,
             (VALUES ('Level', 0.9), ('Level', 0.9), ('Level', 0.9), ('Order Completed', 0.2)) AS kinds (name, share)
        WHERE experiment_id = %(experiment)s AND random() < share + 0 * extract(epoch FROM first_at)  -- for each unit
    ) made
    ORDER BY at
"""
_REFUNDS = """
    INSERT INTO analytics_events (tenant_id, occurred_at, id, received_at, source_id, visitor_id, is_bot, type, name,
                                  revenue, currency, order_id, properties)
    SELECT tenant_id, occurred_at + interval '9 days', gen_random_uuid(), received_at, source_id, tenant_id, false,
           'track', 'Order Refunded', round(revenue / 2, 2), currency, order_id, '{}'
    FROM analytics_events WHERE tenant_id = %(tenant)s AND name = 'Order Completed' AND random() < 0.03
"""

# A hundredth more: new units with their games, games of units from before, some of them days late, and refunds.
_MORE_UNITS = """
    INSERT INTO experiment_exposures (tenant_id, experiment_id, unit, variant, version, first_at, conflicted)
    SELECT %(tenant)s, %(experiment)s, md5('n' || n)::uuid, CASE WHEN n %% 2 = 0 THEN 'control' ELSE 'green' END, 1,
           now() - interval '3 days' - random() * interval '1 hour', false
    FROM generate_series(1, %(units)s / 100) n
"""
_MORE_EVENTS = """
    INSERT INTO analytics_events (tenant_id, occurred_at, id, received_at, source_id, visitor_id, is_bot, type, name,
                                  revenue, currency, order_id, device, properties)
    SELECT %(tenant)s, at, gen_random_uuid(), now(), %(tenant)s, md5(who)::uuid, false, 'track', name, revenue,
           CASE WHEN name = 'Order Completed' THEN 'EUR' END, CASE WHEN name = 'Order Completed' THEN 'p' || n END,
           'mobile', jsonb_build_object('rounds', floor(exp(random() * 6)))
    FROM (
        SELECT n, 'Level' AS name, NULL::numeric AS revenue, now() - random() * interval '1 hour' AS at,
               CASE WHEN n %% 2 = 0 THEN 'n' || n / 2 ELSE 'u' || 1 + floor(random() * %(units)s)::int END AS who
        FROM generate_series(1, %(units)s / 50) n
        UNION ALL
        SELECT n, 'Order Completed', 12.5, %(began)s + interval '10 days' + n * interval '1 second',
               'u' || 1 + floor(random() * %(units)s)::int
        FROM generate_series(1, %(units)s / 1000) n
    ) made
"""
_MORE_REFUNDS = """
    INSERT INTO analytics_events (tenant_id, occurred_at, id, received_at, source_id, visitor_id, is_bot, type, name,
                                  revenue, currency, order_id, properties)
    SELECT tenant_id, now() - interval '1 minute', gen_random_uuid(), now(), source_id, tenant_id, false, 'track',
           'Order Refunded', round(revenue / 4, 2), currency, order_id, '{}'
    FROM (
        SELECT * FROM analytics_events WHERE tenant_id = %(tenant)s AND name = 'Order Completed'
        ORDER BY id LIMIT %(units)s / 1000
    ) orders
"""
_MARKS = """
    INSERT INTO analytics_dirty (tenant_id, slot_at)
    SELECT DISTINCT tenant_id, date_bin('15 minutes', occurred_at, '2000-01-01Z') FROM analytics_events
    WHERE tenant_id = %(tenant)s AND received_at >= now() - interval '1 minute'
"""

DEFINITIONS: list[dict[str, Any]] = [
    {"kind": "proportion", "event": _ORDER},
    {"kind": "proportion", "event": _LEVEL, "window_hours": 24},
    {"kind": "revenue", "event": _SPENT, "currency": "EUR"},
    {"kind": "revenue", "event": _SPENT, "currency": "EUR", "winsorise": 0.99},
    {"kind": "mean", "event": _LEVEL},
    {"kind": "mean", "event": _ROUNDS},
    {"kind": "mean", "event": _ROUNDS, "winsorise": 0.99},
    {"kind": "ratio", "event": _ROUNDS, "denominator": _LEVEL},
    {"kind": "retention", "event": _LEVEL, "first_day": 1, "last_day": 1},
    {"kind": "percentile", "event": _ROUNDS, "percentile": 0.9},
]

_FROM = """
    FROM experiment_exposures x LEFT JOIN {events} ON e.visitor_id = x.unit AND e.occurred_at >= x.first_at {window}
    WHERE x.tenant_id = :tenant AND x.experiment_id = :experiment AND NOT x.conflicted
    GROUP BY x.unit, x.variant
"""
_READ = """(
        SELECT visitor_id, occurred_at, {value} FROM analytics_events
        WHERE tenant_id = :tenant AND type = 'track' AND name = '{name}' AND NOT is_bot AND occurred_at >= :began
    ) e"""
_KEPT = """(
        SELECT o.visitor_id, o.occurred_at, greatest(o.revenue - coalesce(r.amount, 0), 0) AS v
        FROM analytics_events o LEFT JOIN (
            SELECT order_id, sum(abs(revenue)) AS amount FROM analytics_events
            WHERE tenant_id = :tenant AND name = 'Order Refunded' AND order_id IS NOT NULL AND occurred_at >= :began
            GROUP BY order_id
        ) r ON r.order_id = o.order_id
        WHERE o.tenant_id = :tenant AND o.type = 'track' AND o.name = 'Order Completed' AND NOT o.is_bot
              AND o.occurred_at >= :began AND o.currency = 'EUR'
    ) e"""
_NUMBER = "(properties ->> 'rounds')::float8 AS v"
_DAY_1 = "AND e.occurred_at >= x.first_at + interval '1 day' AND e.occurred_at < x.first_at + interval '2 days'"


def _per_unit(value: str, events: str, window: str = "") -> str:
    return f"SELECT x.variant, {value} AS y" + _FROM.format(events=events, window=window)


def _sums(units: str, y: str = "y") -> str:
    return f"SELECT variant, count(*), sum({y}), sum({y} * {y}) FROM ({units}) u GROUP BY variant"


def _capped(units: str) -> str:
    least = "least(y, cap)"
    return (
        f"WITH u AS ({units}), c AS (SELECT percentile_cont(0.99) WITHIN GROUP (ORDER BY y) AS cap FROM u)"
        f" SELECT variant, count(*), sum({least}), sum({least} * {least}) FROM u, c GROUP BY variant"
    )


_LEVELS, _ORDERS = _READ.format(value="1 AS v", name="Level"), _READ.format(value="1 AS v", name="Order Completed")
_PLAYED = _READ.format(value=_NUMBER, name="Level")
_CONVERTED, _TOTAL = "(count(e.v) > 0)::int", "coalesce(sum(e.v), 0)::float8"
_BOTH = "coalesce(sum(e.v), 0) AS y, count(e.v)"
BY_HAND = [
    _sums(_per_unit(_CONVERTED, _ORDERS)),
    _sums(_per_unit(_CONVERTED, _LEVELS, "AND e.occurred_at < x.first_at + interval '24 hours'")),
    _sums(_per_unit(_TOTAL, _KEPT)),
    _capped(_per_unit(_TOTAL, _KEPT)),
    _sums(_per_unit("count(e.v)", _LEVELS)),
    _sums(_per_unit(_TOTAL, _PLAYED)),
    _capped(_per_unit(_TOTAL, _PLAYED)),
    "SELECT variant, count(*), sum(y), sum(y * y), sum(b), sum(b * b), sum(y * b) FROM ("
    + _per_unit(_BOTH, _PLAYED).replace("count(e.v) AS y", "count(e.v) AS b")
    + ") u GROUP BY variant",
    _sums(_per_unit(_CONVERTED, _LEVELS, _DAY_1)),
    "SELECT variant, count(*), percentile_cont(0.9) WITHIN GROUP (ORDER BY y) FROM ("
    + _per_unit(_TOTAL, _PLAYED)
    + ") u GROUP BY variant",
]
"""For each metric what its comparison needs, as somebody would write it who knows the tables."""


def tenant(urls: DatabaseUrls) -> UUID:
    """One that may have experiments."""
    made = new_id()
    with psycopg.connect(urls.direct_owner, autocommit=True) as connection:
        connection.execute(_TENANT, [made])
    return made


def fill(urls: DatabaseUrls, tenant_id: UUID, experiment: UUID, units: int, began: datetime) -> int:
    """Units and events since `began`; how many events."""
    values = {"tenant": tenant_id, "experiment": experiment, "units": units, "began": began}
    with psycopg.connect(urls.direct_owner, autocommit=True) as connection:
        connection.execute("SET synchronous_commit = off")
        connection.execute("SET work_mem = '256MB'")
        for statement in (_EXPOSURES, _EVENTS, _REFUNDS):
            connection.execute(statement.encode(), values)
        connection.execute("UPDATE experiments SET started_at = %s WHERE id = %s", [began, experiment])
        connection.execute("VACUUM ANALYZE analytics_events")
        connection.execute("VACUUM ANALYZE experiment_exposures")
        found = connection.execute("SELECT count(*) FROM analytics_events").fetchone()
    assert found is not None
    return found[0]


def add_more(urls: DatabaseUrls, tenant_id: UUID, experiment: UUID, units: int, began: datetime) -> int:
    """A hundredth more units and events, marked as whoever stores events marks them; how many events."""
    values = {"tenant": tenant_id, "experiment": experiment, "units": units, "began": began}
    with psycopg.connect(urls.direct_owner) as connection:
        connection.execute(_MORE_UNITS.encode(), values)
        events = sum(connection.execute(more.encode(), values).rowcount for more in (_MORE_EVENTS, _MORE_REFUNDS))
        connection.execute(_MARKS.encode(), values)
    return events

"""The pages of looking at what came in: event by event, as it comes, and its health."""

from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.web.pages.analytics.events import EventsState
from enterprise_app.web.pages.analytics.events_page import events
from enterprise_app.web.pages.analytics.health import HealthState
from enterprise_app.web.pages.analytics.health_page import health
from enterprise_app.web.pages.analytics.live import LiveState
from enterprise_app.web.pages.analytics.live_page import live
from enterprise_app.web.shell.page import Page, Section

PAGES = [
    Page(
        route="/analytics/events",
        title="explorer.events.title",
        help_key="explorer.help.events",
        area="analytics",
        need=Permission.EVENTS_READ,
        body=events,
        icon="list",
        section=Section.MEASURE,
        on_load=(EventsState.load,),
        on_leave=(EventsState.leave,),
        topics=("analytics",),
        refresh=EventsState.notice,
    ),
    Page(
        route="/analytics/live",
        title="explorer.live.title",
        help_key="explorer.help.live",
        area="analytics",
        need=Permission.EVENTS_READ,
        body=live,
        icon="radio",
        section=Section.MEASURE,
        on_load=(LiveState.load,),
        on_leave=(LiveState.leave,),
        topics=("analytics",),
        refresh=LiveState.refresh,
    ),
    Page(
        route="/analytics/health",
        title="explorer.health.title",
        help_key="explorer.help.health",
        area="analytics",
        need=Permission.EVENTS_READ,
        body=health,
        icon="heart-pulse",
        section=Section.MEASURE,
        on_load=(HealthState.load,),
        on_leave=(HealthState.leave,),
        topics=("analytics", "backlog"),
        refresh=HealthState.refresh,
    ),
]

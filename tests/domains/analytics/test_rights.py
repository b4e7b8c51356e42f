"""Each use case of analytics refuses by itself without its right."""

from datetime import date
from pathlib import Path

import pytest

from enterprise_app.core.clock import now
from enterprise_app.core.ids import new_id
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.analytics import service
from enterprise_app.domains.analytics.schemas import (
    ImportPlan,
    RetentionChoice,
    SessionCuts,
    SourceDraft,
    SourcePrivacy,
)
from enterprise_app.domains.analytics.vocabulary import ExportFormat, FileFormat
from enterprise_app.domains.profiles.schemas import Trail
from tests.domains.rights import Case, case, refuses

NOWHERE = Path("/nonexistent/access.log")
LOG = FileFormat.ACCESS_LOG
DAY = date(2026, 1, 1)
TRAIL = Trail(user_ids=["u"], browsers=["b"], own_browsers=["b"], complete=True)
CASES = [
    case(Permission.SOURCES_MANAGE, service.create_source, SourceDraft(name="Site")),
    case(Permission.SOURCES_MANAGE, service.rotate_source, new_id(), 1),
    case(Permission.SOURCES_MANAGE, service.revoke_source, new_id()),
    case(Permission.SOURCES_MANAGE, service.change_privacy, new_id(), 1, SourcePrivacy()),
    case(Permission.SOURCES_READ, service.list_sources, service.SOURCES.parse()),
    case(Permission.SOURCES_READ, service.get_source, new_id()),
    case(Permission.SOURCES_READ, service.get_snippet, new_id()),
    case(Permission.TENANT_MANAGE, service.drain_backlog),
    case(Permission.EVENTS_READ, service.get_waiting),
    case(Permission.EVENTS_IMPORT, service.ensure_import_source, "Import"),
    case(Permission.EVENTS_IMPORT, service.import_file, NOWHERE, LOG),
    case(Permission.EVENTS_IMPORT, service.queue_import, NOWHERE, file_format=LOG, file_name="access.log"),
    case(Permission.EVENTS_IMPORT, service.complete_plan, NOWHERE, LOG, None),
    case(Permission.EVENTS_IMPORT, service.find_format, NOWHERE),
    case(Permission.EVENTS_IMPORT, service.guess_plan, NOWHERE, LOG, ImportPlan()),
    case(Permission.EVENTS_IMPORT, service.add_upload, NOWHERE, file_name="orders.csv"),
    case(Permission.EVENTS_IMPORT, service.check_upload_room, 1),
    case(Permission.EVENTS_IMPORT, service.get_upload, new_id()),
    case(Permission.EVENTS_IMPORT, service.preview_upload, new_id(), ImportPlan()),
    case(Permission.EVENTS_IMPORT, service.start_import, new_id(), ImportPlan()),
    case(Permission.EVENTS_IMPORT, service.import_again, new_id()),
    case(Permission.EVENTS_IMPORT, service.remove_upload, new_id()),
    case(Permission.EVENTS_IMPORT, service.tidy_imports),
    case(Permission.EVENTS_IMPORT, service.cancel_import, new_id()),
    case(Permission.EVENTS_READ, service.open_rejects, new_id()),
    case(Permission.EVENTS_IMPORT, service.forget_seen),
    case(Permission.EVENTS_READ, service.list_timeline, TRAIL, service.TIMELINE.parse()),
    case(Permission.EVENTS_READ, service.list_touched_campaigns, TRAIL),
    case(Permission.EVENTS_READ, service.get_import, new_id()),
    case(Permission.EVENTS_READ, service.list_imports, service.IMPORTS.parse()),
    case(Permission.EVENTS_READ, service.list_events, service.EVENT_LIST.parse()),
    case(Permission.EVENTS_READ, service.get_event, new_id(), now()),
    case(Permission.EVENTS_READ, service.export_events, service.EVENT_LIST.parse(), ExportFormat.CSV),
    case(Permission.EVENTS_READ, service.last_event_day),
    case(Permission.OPERATOR_TENANTS, service.preview_plan, new_id(), "FREE"),
    case(Permission.EVENTS_READ, service.list_tail),
    case(Permission.EVENTS_READ, service.get_pulse),
    case(Permission.EVENTS_READ, service.get_health, start=DAY, end=DAY),
    case(Permission.EVENTS_READ, service.last_health_day),
    case(Permission.EVENTS_READ, service.list_rejected),
    case(Permission.ANALYTICS_READ, service.get_overview, start=DAY, end=DAY),
    case(Permission.ANALYTICS_READ, service.data_range),
    case(Permission.ANALYTICS_READ, service.get_counting),
    case(Permission.TENANT_MANAGE, service.change_counting, 1, SessionCuts()),
    case(Permission.ANALYTICS_READ, service.get_retention),
    case(Permission.TENANT_MANAGE, service.change_retention, 1, RetentionChoice()),
    case(Permission.TENANT_MANAGE, service.decide_retention),
    case(Permission.TENANT_MANAGE, service.keep_rollups),
    case(Permission.TENANT_MANAGE, service.recount),
    case(Permission.TENANT_MANAGE, service.follow_zone, "UTC"),
]


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_without_the_right_the_service_refuses(case: Case) -> None:
    await refuses(case)

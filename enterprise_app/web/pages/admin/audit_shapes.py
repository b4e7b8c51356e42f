"""An audit entry as its page shows it: a line of the list, and everything that it holds."""

import json
from typing import Any

from pydantic import BaseModel, ConfigDict

from enterprise_app.core.context import Context
from enterprise_app.core.texts import translate
from enterprise_app.domains.audit.schemas import AuditEntry, SavedView
from enterprise_app.domains.audit.vocabulary import Outcome
from enterprise_app.domains.localization import service as localization

TONES = {Outcome.SUCCESS.value: "success", Outcome.REFUSED.value: "warning", Outcome.FAILURE.value: "danger"}
_LONGEST = 500


class EntryRow(BaseModel):
    """One line of the trail."""

    model_config = ConfigDict(frozen=True)

    id: str
    at: str
    actor: str
    actor_kind: str
    verb: str
    target: str
    outcome: str
    tone: str


class ViewRow(BaseModel):
    """A saved view, and where it is."""

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    href: str


class Change(BaseModel):
    """One field, before and after."""

    model_config = ConfigDict(frozen=True)

    id: str
    before: str
    after: str


class Detail(BaseModel):
    """One entry, whole; without an id nothing is open."""

    model_config = ConfigDict(frozen=True)

    id: str = ""
    at: str = ""
    actor: str = ""
    verb: str = ""
    target: str = ""
    outcome: str = ""
    tone: str = "neutral"
    reason: str = ""
    ip: str = ""
    agent: str = ""
    request_id: str = ""
    hash: str = ""
    changes: list[Change] = []


def row_of(ctx: Context, entry: AuditEntry) -> EntryRow:
    """A line."""
    return EntryRow(
        id=str(entry.seq),
        at=localization.format_datetime(entry.occurred_at, ctx.locale, ctx.zone),
        actor=entry.actor_name or translate(ctx.locale, "admin.audit.nobody"),
        actor_kind=translate(ctx.locale, f"admin.actor.{entry.actor_kind}"),
        verb=translate(ctx.locale, f"admin.verb.{entry.verb}"),
        target=_target(entry),
        outcome=translate(ctx.locale, f"admin.outcome.{entry.outcome}"),
        tone=TONES.get(entry.outcome, "neutral"),
    )


def view_of(view: SavedView) -> ViewRow:
    """An entry of the menu."""
    return ViewRow(id=str(view.id), name=view.name, href=f"/audit?{view.query}")


def detail_of(ctx: Context, entry: AuditEntry) -> Detail:
    """Everything that the entry holds."""
    row = row_of(ctx, entry)
    return Detail(
        id=row.id,
        at=localization.format_long_datetime(entry.occurred_at, ctx.locale, ctx.zone),
        actor=f"{row.actor} ({row.actor_kind})",
        verb=row.verb,
        target=f"{entry.target_kind}: {row.target}" if entry.target_kind else row.target,
        outcome=row.outcome,
        tone=row.tone,
        reason=entry.reason or "",
        ip=entry.ip or "",
        agent=entry.agent or "",
        request_id=entry.request_id,
        hash=entry.hash,
        changes=_changes(entry.before or {}, entry.after or {}),
    )


def _target(entry: AuditEntry) -> str:
    return entry.target_name or entry.target_id or ""


def _changes(before: dict[str, Any], after: dict[str, Any]) -> list[Change]:
    names = list(dict.fromkeys([*before, *after]))
    return [Change(id=name, before=_shown(before.get(name)), after=_shown(after.get(name))) for name in names]


def _shown(value: Any) -> str:
    if value is None:
        return "–"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"

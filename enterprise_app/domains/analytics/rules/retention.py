"""How long events are kept, and when they may go: announced first, a week before (ANA-11)."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from enterprise_app.domains.analytics.vocabulary import ImportedKeep

FOREVER = -1
NOTICE = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Windows:
    """For how many days after they happened live and imported events are kept; -1 for good."""

    events: int
    imports: int


@dataclass(frozen=True, slots=True)
class Announced:
    """What the owners were told, and from when on it may be done."""

    windows: Windows
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Oldest:
    """When the oldest live and the oldest imported event happened; None without any."""

    events: datetime | None
    imports: datetime | None


@dataclass(frozen=True, slots=True)
class Decision:
    """What is announced from now on, whether that is news, and what may go: events before these moments."""

    announced: Announced | None
    is_news: bool = False
    events_before: datetime | None = None
    imports_before: datetime | None = None


def shorter(days: int, than: int) -> bool:
    """Whether the first keeps less."""
    return days != FOREVER and (than == FOREVER or days < than)


def windows_of(plan_days: int, imported: ImportedKeep, imported_days: int | None) -> Windows:
    """What plan and setting say. Imported events keep their age until the tenant decides; never longer than the plan
    unless they stay for good."""
    if imported is ImportedKeep.FOREVER:
        return Windows(plan_days, FOREVER)
    chosen = plan_days if imported_days is None else imported_days
    return Windows(plan_days, plan_days if shorter(plan_days, chosen) else chosen)


def decide(now: datetime, wanted: Windows, announced: Announced | None, oldest: Oldest) -> Decision:
    """The next step. What keeps less than was announced is announced anew, once, as soon as something is about to go;
    what keeps more holds at once."""
    stricter = announced is None or (
        shorter(wanted.events, announced.windows.events) or shorter(wanted.imports, announced.windows.imports)
    )
    if stricter:
        if not _threatens(now, wanted, oldest):
            return Decision(announced=None)
        return Decision(Announced(wanted, now + NOTICE), is_news=True)
    assert announced is not None
    told = replace(announced, windows=wanted)
    if now < told.due_at:
        return Decision(told)
    return Decision(told, False, _before(now, wanted.events), _before(now, wanted.imports))


def still_due(before: datetime | None, days: int, now: datetime) -> datetime | None:
    """What of a decision made earlier holds under the present window: plan and choice may keep more meanwhile."""
    limit = _before(now, days)
    return None if before is None or limit is None else min(before, limit)


def _threatens(now: datetime, windows: Windows, oldest: Oldest) -> bool:
    pairs = ((oldest.events, windows.events), (oldest.imports, windows.imports))
    return any(at is not None and days != FOREVER and at < now + NOTICE - timedelta(days=days) for at, days in pairs)


def _before(now: datetime, days: int) -> datetime | None:
    """Whole days in UTC: so a night's work is a day's events."""
    if days == FOREVER:
        return None
    return (now - timedelta(days=days)).replace(hour=0, minute=0, second=0, microsecond=0)

"""What cuts a visitor's activity into sessions, as a tenant has it."""

from dataclasses import dataclass
from datetime import timedelta

from enterprise_app.domains.analytics.vocabulary import DEFAULT_GAP_MINUTES


@dataclass(frozen=True, slots=True)
class SessionRules:
    """A session ends after a pause longer than `gap_minutes`; and, where wanted, at the midnight of `zone`, and when
    the visitor arrives with other campaign parameters than the last ones within the pause."""

    gap_minutes: int = DEFAULT_GAP_MINUTES
    cut_at_midnight: bool = False
    cut_at_campaign: bool = False
    zone: str = "UTC"

    @property
    def gap(self) -> timedelta:
        """The pause; also how far one event reaches: whether a later one begins a session depends on no older one."""
        return timedelta(minutes=self.gap_minutes)

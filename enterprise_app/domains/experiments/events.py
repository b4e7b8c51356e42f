"""Facts about experiments and flags."""

from typing import ClassVar
from uuid import UUID

from enterprise_app.core.events import Event

from .vocabulary import ExperimentState


class ExperimentEvent(Event):
    """Something happened to an experiment; `name` is the one it had then."""

    entity_kind: ClassVar[str] = "experiment"
    key: str
    name: str
    campaign_id: UUID | None = None


class ExperimentCreated(ExperimentEvent):
    """There is a new draft."""

    kind: ClassVar[str] = "experiment.created"
    duplicated_from: UUID | None = None


class ExperimentUpdated(ExperimentEvent):
    """Some of its fields changed; nothing that was frozen."""

    kind: ClassVar[str] = "experiment.updated"
    fields: tuple[str, ...]


class ExperimentStarted(ExperimentEvent):
    """It runs; its plan is frozen."""

    kind: ClassVar[str] = "experiment.started"
    plan_version: int


class ExperimentReplanned(ExperimentEvent):
    """Its plan was changed while it runs: a new version holds from now on."""

    kind: ClassVar[str] = "experiment.replanned"
    plan_version: int
    fields: tuple[str, ...]


class ExperimentPaused(ExperimentEvent):
    """Everybody gets the control for now."""

    kind: ClassVar[str] = "experiment.paused"


class ExperimentResumed(ExperimentEvent):
    """It goes on."""

    kind: ClassVar[str] = "experiment.resumed"


class ExperimentStopped(ExperimentEvent):
    """It has ended; `served` is the variant that everybody gets from now on."""

    kind: ClassVar[str] = "experiment.stopped"
    served: str


class ExperimentDecided(ExperimentEvent):
    """A decision was recorded with its frozen data: what to do (`outcome`), and with which variant."""

    kind: ClassVar[str] = "experiment.decided"
    outcome: str
    variant: str | None = None
    automatic: bool = False


class ExperimentAdvised(ExperimentEvent):
    """The rules now advise something else than to go on: a person should look (`step`: review, stop, declare)."""

    kind: ClassVar[str] = "experiment.advised"
    step: str
    grounds: tuple[str, ...]
    variant: str | None = None


class ExperimentArchived(ExperimentEvent):
    """It was put away."""

    kind: ClassVar[str] = "experiment.archived"
    before: ExperimentState


class ExperimentRestored(ExperimentEvent):
    """It was brought back."""

    kind: ClassVar[str] = "experiment.restored"
    after: ExperimentState


class UnitsExposed(Event):
    """So many units saw their variant for the first time; one fact for a group of them."""

    kind: ClassVar[str] = "experiment.units_exposed"
    entity_kind: ClassVar[str] = "experiment"
    units: int


class FlagEvent(Event):
    """Something happened to a flag."""

    entity_kind: ClassVar[str] = "flag"
    key: str
    name: str


class FlagCreated(FlagEvent):
    """There is a new flag."""

    kind: ClassVar[str] = "flag.created"


class FlagUpdated(FlagEvent):
    """What it serves to whom has changed, or how it is called."""

    kind: ClassVar[str] = "flag.updated"
    fields: tuple[str, ...]


class FlagSwitched(FlagEvent):
    """It was switched on, or off for everybody."""

    kind: ClassVar[str] = "flag.switched"
    enabled: bool


class FlagArchived(FlagEvent):
    """It was put away: nobody is answered any more."""

    kind: ClassVar[str] = "flag.archived"


class FlagRestored(FlagEvent):
    """It was brought back."""

    kind: ClassVar[str] = "flag.restored"

"""The tables of experiments, flags, layers, hold-outs and exposures."""

from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

from enterprise_app.core.table import MOMENT, Archivable, TenantTable, Versioned

Json = dict[str, Any]


def _list() -> Any:
    return Field(default_factory=list, sa_column=sa.Column(JSONB(none_as_null=True), nullable=False))


def _object(*, nullable: bool = False) -> Any:
    column = sa.Column(JSONB(none_as_null=True), nullable=nullable)
    return Field(default=None, sa_column=column) if nullable else Field(default_factory=dict, sa_column=column)


def _bytewise() -> Any:
    return Field(sa_column=sa.Column(sa.Text(collation="C"), nullable=False))


def _share(**options: Any) -> Any:
    return Field(sa_type=sa.Numeric, **options)  # pyright: ignore[reportArgumentType]


class LayerRow(TenantTable, Versioned, Archivable, table=True):
    """Experiments that exclude each other: `seed` sends each unit to one of 10,000 slots."""

    __tablename__: ClassVar[Any] = "experiment_layers"

    key: str = _bytewise()
    name: str = Field(sa_type=sa.Text)
    name_key: str = _bytewise()
    description: str = Field(default="", sa_type=sa.Text)
    seed: str = Field(sa_type=sa.Text)


class HoldoutRow(TenantTable, Versioned, Archivable, table=True):
    """A share of all units that sees no experiment."""

    __tablename__: ClassVar[Any] = "experiment_holdouts"

    key: str = _bytewise()
    name: str = Field(sa_type=sa.Text)
    name_key: str = _bytewise()
    description: str = Field(default="", sa_type=sa.Text)
    share: Decimal = _share()
    seed: str = Field(sa_type=sa.Text)


class ExperimentRow(TenantTable, Versioned, Archivable, table=True):
    """One experiment. `plan_version` counts what was frozen (0: never started), `version` counts every change.

    `slots`: the ranges [from, to) of the layer's slots that are its own while it runs. `seed`: what its units are
    drawn by; a copy has another. `decision` is frozen once it is there.
    """

    __tablename__: ClassVar[Any] = "experiments"

    key: str = _bytewise()
    name: str = Field(sa_type=sa.Text)
    name_key: str = _bytewise()
    hypothesis: str = Field(default="", sa_type=sa.Text)
    campaign_id: UUID | None = None
    author_id: UUID | None = None
    state: str = Field(sa_type=sa.Text)
    state_before_archive: str | None = Field(default=None, sa_type=sa.Text)
    layer_id: UUID | None = None
    layer_share: Decimal | None = _share(default=None)
    slots: list[list[int]] | None = _object(nullable=True)
    seed: str = Field(sa_type=sa.Text)
    unit: str = Field(default="visitor", sa_type=sa.Text)
    variants: list[Json] = _list()
    targeting: list[Json] = _list()
    coverage: Decimal = _share(default=Decimal(1))
    holdout: bool = True
    primary_metric_id: UUID | None = None
    metrics: list[Json] = _list()
    settings: Json = _object()
    plan_version: int = 0
    started_at: datetime | None = Field(default=None, sa_type=MOMENT)
    paused_at: datetime | None = Field(default=None, sa_type=MOMENT)
    stopped_at: datetime | None = Field(default=None, sa_type=MOMENT)
    decision: Json | None = _object(nullable=True)


class FlagRow(TenantTable, Versioned, Archivable, table=True):
    """One flag. `experiment_id`: made with that experiment and reached by it, not edited on its own."""

    __tablename__: ClassVar[Any] = "feature_flags"

    key: str = _bytewise()
    name: str = Field(sa_type=sa.Text)
    name_key: str = _bytewise()
    description: str = Field(default="", sa_type=sa.Text)
    kind: str = Field(sa_type=sa.Text)
    enabled: bool = True
    variations: list[Json] = _list()
    off_variation: str = Field(sa_type=sa.Text)
    serve: Json = _object()
    rules: list[Json] = _list()
    prerequisites: list[Json] = _list()
    seed: str = Field(sa_type=sa.Text)
    experiment_id: UUID | None = None


VERSIONS = sa.Table(
    "experiment_versions",
    SQLModel.metadata,
    sa.Column("tenant_id", sa.Uuid, primary_key=True),
    sa.Column("experiment_id", sa.Uuid, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("variants", JSONB, nullable=False),
    sa.Column("targeting", JSONB, nullable=False),
    sa.Column("coverage", sa.Numeric, nullable=False),
    sa.Column("settings", JSONB, nullable=False),
    sa.Column("metrics", JSONB, nullable=False),
    sa.Column("started_at", MOMENT, nullable=False),
    sa.Column("ended_at", MOMENT),
    sa.Column("frozen_at", MOMENT, nullable=False),
)
"""What was frozen at the start and at each edit of a running experiment. `frozen_at`: when that was told, later than
`started_at` where a test from elsewhere had begun before."""

EXPOSURES = sa.Table(
    "experiment_exposures",
    SQLModel.metadata,
    sa.Column("tenant_id", sa.Uuid, primary_key=True),
    sa.Column("experiment_id", sa.Uuid, primary_key=True),
    sa.Column("unit", sa.Uuid, primary_key=True),
    sa.Column("variant", sa.Text(collation="C"), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("first_at", MOMENT, nullable=False),
    sa.Column("conflicted", sa.Boolean, nullable=False),
)
"""Who saw which variant first; `conflicted`: seen in two, left out of the analysis and counted."""


class MetricRow(TenantTable, Versioned, Archivable, table=True):
    """One metric. `definition` is metric_schemas.Definition; all that it ever was is in METRIC_VERSIONS."""

    __tablename__: ClassVar[Any] = "experiment_metrics"

    key: str = _bytewise()
    name: str = Field(sa_type=sa.Text)
    name_key: str = _bytewise()
    description: str = Field(default="", sa_type=sa.Text)
    kind: str = Field(sa_type=sa.Text)
    direction: str = Field(sa_type=sa.Text)
    definition: Json = _object()


METRIC_VERSIONS = sa.Table(
    "experiment_metric_versions",
    SQLModel.metadata,
    sa.Column("tenant_id", sa.Uuid, primary_key=True),
    sa.Column("metric_id", sa.Uuid, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("definition", JSONB, nullable=False),
    sa.Column("valid_from", MOMENT, nullable=False),
)
"""Every definition that a metric had, and from when on."""


class ExternalResultsRow(TenantTable, table=True):
    """Sums of a test that ran elsewhere as they were submitted, and what they came to. Never changed."""

    __tablename__: ClassVar[Any] = "experiment_external_results"

    experiment_id: UUID
    source: str = Field(sa_type=sa.Text)
    submitted: Json = _object()
    results: Json = _object()


LOOKS = sa.Table(
    "experiment_looks",
    SQLModel.metadata,
    sa.Column("tenant_id", sa.Uuid, primary_key=True),
    sa.Column("experiment_id", sa.Uuid, primary_key=True),
    sa.Column("metric_id", sa.Uuid, primary_key=True),
    sa.Column("variant", sa.Text(collation="C"), primary_key=True),
    sa.Column("plan_version", sa.Integer, primary_key=True),
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("units", sa.BigInteger, nullable=False),
    sa.Column("value", sa.Double),
    sa.Column("estimate", sa.Double),
    sa.Column("low", sa.Double),
    sa.Column("high", sa.Double),
    sa.Column("p", sa.Double),
    sa.Column("fraction", sa.Double),
    sa.Column("looked_at", MOMENT, nullable=False),
)
"""What was seen on a day; `low`, `high`, `p` are those of all looks so far together."""

WATCHES = sa.Table(
    "experiment_watches",
    SQLModel.metadata,
    sa.Column("tenant_id", sa.Uuid, primary_key=True),
    sa.Column("experiment_id", sa.Uuid, primary_key=True),
    sa.Column("plan_version", sa.Integer, nullable=False),
    sa.Column("looked_at", MOMENT, nullable=False),
    sa.Column("step", sa.Text),
    sa.Column("variant", sa.Text(collation="C")),
    sa.Column("grounds", JSONB, nullable=False, server_default="[]"),
    sa.Column("since", MOMENT),
    sa.Column("split_p", sa.Double),
    sa.Column("failure", sa.Text),
)
"""Where each running experiment's watch stands: the last look, and what the rules advised since when."""

KEEPING = sa.Table(
    "experiment_keeping",
    SQLModel.metadata,
    sa.Column("tenant_id", sa.Uuid, primary_key=True),
    sa.Column("experiment_id", sa.Uuid, primary_key=True),
    sa.Column("question", sa.Text, nullable=False, server_default=""),
    sa.Column("as_of", MOMENT),
    sa.Column("first_at", MOMENT),
    sa.Column("ended_at", MOMENT),
    sa.Column("units", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("kept_at", MOMENT),
)
"""What the sums of an experiment's units were counted by: the `question` (a fingerprint of what is counted) and the
scope of that moment. Without `as_of` they hold for nothing."""

UNIT_SUMS = sa.Table(
    "experiment_unit_sums",
    SQLModel.metadata,
    sa.Column("tenant_id", sa.Uuid, primary_key=True),
    sa.Column("experiment_id", sa.Uuid, primary_key=True),
    sa.Column("unit", sa.Uuid, primary_key=True),
    sa.Column("first_at", MOMENT, nullable=False),
    sa.Column("sums", ARRAY(sa.Double), nullable=False),
    sa.Column("money", ARRAY(sa.Numeric)),
    sa.Column("slots", ARRAY(MOMENT)),
    sa.Column("grown", ARRAY(sa.Double, dimensions=2)),
)
"""What a unit's events added up to, by stream, when it was exposed at `first_at`; `money` exactly. `grown`: the sums at
the end of each of its `slots` of 15 minutes with an event, for the line of days."""

EVIDENCE = sa.Table(
    "experiment_evidence",
    SQLModel.metadata,
    sa.Column("tenant_id", sa.Uuid, primary_key=True),
    sa.Column("experiment_id", sa.Uuid, primary_key=True),
    sa.Column("kind", sa.Text(collation="C"), primary_key=True),
    sa.Column("about", sa.Text(collation="C"), primary_key=True),
    sa.Column("body", JSONB, nullable=False),
    sa.Column("frozen_at", MOMENT, nullable=False),
)
"""What a decision froze beside its results: `kind` is vocabulary.EvidenceKind, `about` a dimension or a metric's id."""

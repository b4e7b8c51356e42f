"""The shapes of analytics that enter and leave, for the API and for the pages."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from enterprise_app.domains.analytics.vocabulary import (
    MAX_GAP_MINUTES,
    MIN_GAP_MINUTES,
    Bucket,
    Channel,
    DoNotTrack,
    EventField,
    EventType,
    FileFormat,
    ImportedKeep,
    ImportState,
    SourceKind,
    Verdict,
)

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
Origin = Annotated[str, StringConstraints(pattern=r"^https?://[a-z0-9.-]+(:\d{1,5})?$", max_length=255)]


class Frozen(BaseModel):
    """Immutable, and strict about unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", from_attributes=True)


class SourcePrivacy(Frozen):
    """What becomes of visitors who ask not to be tracked, and whether the snippet waits for consent."""

    do_not_track: DoNotTrack = Field(
        default=DoNotTrack.ANONYMISE,
        description="For requests with `DNT: 1` or `Sec-GPC: 1`: `anonymise` stores the event without ids, address and "
        "traits, `drop` stores nothing, `ignore` stores it as ever.",
    )
    consent_required: bool = Field(
        default=False,
        strict=True,
        description="Whether the snippet sends and stores nothing before `atrium.consent(true)`.",
    )


class SourceDraft(SourcePrivacy):
    """What a new source needs. `allowed_origins`: sites whose pages may send; empty means all."""

    name: Name = Field(examples=["Acme website"])
    kind: SourceKind = SourceKind.WEB
    allowed_origins: list[Origin] = Field(default=[], max_length=20, examples=[["https://www.acme.example"]])


class Source(Frozen):
    """A source. The write key is public: it may only send events."""

    id: UUID
    name: str
    kind: SourceKind
    write_key: str = Field(examples=["atw_2yQK…"])
    allowed_origins: list[str]
    do_not_track: DoNotTrack
    consent_required: bool
    last_event_at: datetime | None
    revoked_at: datetime | None
    created_at: datetime
    version: int


class Snippet(Frozen):
    """What a developer pastes: `html` into a site's pages; the others for programs, mails and Segment's own clients."""

    html: str
    pixel: str
    python: str
    node: str
    browser: str
    curl: str


class EventItem(Frozen):
    """One stored event."""

    id: UUID
    occurred_at: datetime
    received_at: datetime
    type: EventType
    name: str | None
    source_id: UUID
    visitor_id: UUID
    anonymous_id: str | None
    user_id: str | None
    url: str | None
    host: str | None
    path: str | None
    title: str | None
    referrer_host: str | None
    utm_source: str | None
    utm_medium: str | None
    utm_campaign: str | None
    channel: Channel | None
    device: str | None
    browser: str | None
    os: str | None
    is_bot: bool
    status: int | None
    campaign_id: UUID | None
    revenue: Decimal | None
    currency: str | None
    order_id: str | None
    properties: dict[str, Any] | None


class TouchedCampaign(Frozen):
    """A campaign that brought a person: the links' word for it, and how many of the person's events it is on."""

    name: str = Field(examples=["spring_launch"])
    events: int
    first_at: datetime
    last_at: datetime


@dataclass(slots=True)
class MessageVerdict:
    """What became of one message of a request; `code`, `field`, `problem` and `fix` only for rejected ones.

    No model: a request has up to thousands of these.
    """

    index: int
    message_id: str | None
    status: Verdict
    code: str | None = None
    field: str | None = None
    problem: str | None = None
    fix: str | None = None


class IngestResult(Frozen):
    """The answer to tracking calls. What it counts as accepted is stored; what is queued is kept, and stored soon."""

    success: bool = True
    accepted: int
    duplicates: int
    rejected: int
    dropped: int = Field(default=0, description="Not stored because the visitor asks not to be tracked.")
    queued: int = Field(
        default=0,
        description="Good and safely kept, in an answer 202 to a source that sends more than is stored at once; "
        "whether it repeats an earlier one shows when it is stored.",
    )
    results: list[MessageVerdict]


class Metrics(Frozen):
    """The numbers of a period or of one bucket. `views_per_session` is None without sessions."""

    visitors: int = 0
    page_views: int = 0
    sessions: int = 0
    events: int = Field(default=0, description="Tracked events beside page views.")
    views_per_session: float | None = None


class Point(Frozen):
    """One bucket of the series: from `start` to `end` (exclusive), with the same bucket of the previous period."""

    start: datetime
    end: datetime
    current: Metrics
    previous: Metrics | None = None


class Period(Frozen):
    """From `start` (inclusive) to `end` (exclusive) and its numbers."""

    start: datetime
    end: datetime
    totals: Metrics


class SourceShare(Frozen):
    """Where sessions came from: one value (None: without), with the sessions that began so and their visitors."""

    value: str | None
    sessions: int
    visitors: int


class UtmShare(Frozen):
    """Sessions that began with these UTM parameters."""

    utm_source: str | None
    utm_medium: str | None
    utm_campaign: str | None
    sessions: int
    visitors: int


class PageShare(Frozen):
    """A page: its views, their visitors, and the sessions that began on it."""

    host: str | None
    path: str
    page_views: int
    visitors: int
    entries: int


class Traffic(Frozen):
    """Who made the hits of the period: humans' activity, bots, and other requests of access logs (images, errors)."""

    humans: int
    bots: int
    requests: int


class Overview(Frozen):
    """The traffic overview of one period, in one zone."""

    zone: str
    bucket: Bucket
    current: Period
    previous: Period | None
    series: list[Point]
    channels: list[SourceShare]
    referrers: list[SourceShare]
    utm: list[UtmShare]
    pages: list[PageShare]
    traffic: Traffic


class SessionCuts(Frozen):
    """What ends a session: a pause longer than so many minutes, and if wanted midnight and another campaign."""

    session_gap_minutes: int = Field(default=30, ge=MIN_GAP_MINUTES, le=MAX_GAP_MINUTES)
    cut_at_midnight: bool = Field(
        default=False, strict=True, description="At midnight of the tenant's zone a new session begins."
    )
    cut_at_campaign: bool = Field(
        default=False,
        strict=True,
        description="Arriving with other UTM parameters than the last ones begins a new session.",
    )


class CountingSettings(SessionCuts):
    """How the tenant counts. `recounting`: older numbers are being made anew; they are right meanwhile, only slower."""

    recounting: bool
    version: int


class DataRange(Frozen):
    """Where the data is: first and last activity, and a period to open with. All None while there is none."""

    first_at: datetime | None
    last_at: datetime | None
    start: datetime | None
    end: datetime | None
    bucket: Bucket | None


class RejectedLine(Frozen):
    """A line of a file that was not taken: its number (from 1), why, and how it begins."""

    line: int
    code: str
    field: str
    problem: str
    text: str


class TableShape(Frozen):
    """How the text of a table is to be read; what is left out is found out from the file."""

    encoding: str | None = Field(default=None, max_length=40, examples=["utf-8"])
    delimiter: str | None = Field(default=None, min_length=1, max_length=1, examples=[";"])
    quote: str | None = Field(default=None, min_length=1, max_length=1)
    header: bool | None = Field(default=None, strict=True, description="Whether the first row names the columns.")


class Mapping(Frozen):
    """Which column leads where: to a field of an event, `properties`, `properties.<name>`, or `-` (left out).

    Columns that are not mentioned become properties. `defaults` fill fields, `properties` those properties, that a row
    has no value for.
    """

    columns: dict[str, Annotated[str, StringConstraints(max_length=255)]] = Field(
        default={}, max_length=2_000, examples=[{"Customer": "userId", "Time": "timestamp", "Amount": "revenue"}]
    )
    defaults: dict[EventField, Annotated[str, StringConstraints(max_length=1_000)]] = Field(
        default={}, examples=[{"event": "Order Completed", "currency": "EUR"}]
    )
    properties: dict[
        Annotated[str, StringConstraints(min_length=1, max_length=255)],
        Annotated[str, StringConstraints(max_length=1_000)],
    ] = Field(default={}, max_length=100, examples=[{"experiment_id": "green-button"}])
    time_format: str | None = Field(
        default=None, max_length=60, description="By strptime; ISO 8601 and Unix times need none.",
        examples=["%d.%m.%Y %H:%M"],
    )  # fmt: skip
    zone: str | None = Field(
        default=None, max_length=60, description="Of times that name none; the workspace's when left out.",
        examples=["Europe/Berlin"],
    )  # fmt: skip
    decimal: Literal[".", ","] = Field(default=".", description="The decimal sign of amounts.")


class ImportPlan(Frozen):
    """What an import is told. `format` and what else is left out is found out from the file."""

    format: FileFormat | None = None
    source: Name = "Import"
    site: str | None = Field(default=None, max_length=253, description="Host of an access log; guessed from it.")
    table: TableShape = TableShape()
    mapping: Mapping | None = Field(
        default=None,
        description="Guessed from the columns' names when left out.",
        examples=[
            {
                "columns": {"Time": "timestamp", "Customer": "userId", "Amount": "revenue"},
                "defaults": {"event": "Order Completed", "currency": "EUR"},
                "time_format": "%d.%m.%Y %H:%M",
                "decimal": ",",
            }
        ],
    )


class Upload(Frozen):
    """A file that waits to be imported; after a week it is deleted."""

    id: UUID
    file_name: str
    size: int
    created_at: datetime


class PreviewColumn(Frozen):
    """A column, where it leads, and its first values."""

    name: str
    target: str
    samples: list[str]


class PreviewEvent(Frozen):
    """The event that a row would become."""

    occurred_at: datetime
    type: EventType
    name: str | None
    user_id: str | None
    anonymous_id: str | None
    url: str | None
    revenue: str | None
    currency: str | None
    properties: dict[str, Any] | None


class PreviewRow(Frozen):
    """A row by its line, and its event, or what is wrong with it."""

    line: int
    text: str
    event: PreviewEvent | None = None
    field: str | None = None
    problem: str | None = None


class PreviewProblem(Frozen):
    """What is wrong with the whole file or its mapping."""

    code: str
    field: str
    problem: str


class ImportPreview(Frozen):
    """The first rows as they would be imported. With `problems` an import can't start. `table` and `mapping` are those
    in use, guessed where they were left out."""

    format: FileFormat
    table: TableShape
    mapping: Mapping
    columns: list[PreviewColumn]
    rows: list[PreviewRow]
    problems: list[PreviewProblem]


class ImportStatus(Frozen):
    """An import, running or done. `rejects` holds the first 100 rejected lines."""

    id: UUID
    source_id: UUID
    source_name: str
    format: FileFormat
    file_name: str
    site: str | None
    state: ImportState
    total_bytes: int
    done_bytes: int
    lines: int
    accepted: int
    rejected: int
    duplicates: int
    page_views: int
    first_at: datetime | None
    last_at: datetime | None
    rejects: list[RejectedLine]
    rejects_bytes: int = Field(default=0, description="Size of the file of all rejected lines; 0: there is none.")
    error: str | None
    plan: ImportPlan | None = Field(default=None, description="What the import was told.")
    upload_id: UUID | None = Field(default=None, description="The uploaded file; run it again while that is there.")
    cancel_asked_at: datetime | None = None
    created_at: datetime
    finished_at: datetime | None


class ImportProgress(Frozen):
    """How far an import is: bytes of the file and lines, with `rate` in lines a second."""

    done_bytes: int
    total_bytes: int
    lines: int
    accepted: int
    rejected: int
    duplicates: int
    rate: float


class RetentionChoice(Frozen):
    """How long imported events are kept; `imported_days` only with `days`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    imported: ImportedKeep = ImportedKeep.FOREVER
    imported_days: int | None = Field(default=None, ge=1, le=36_500)

    @model_validator(mode="after")
    def _days_belong_to_days(self) -> Self:
        if (self.imported is ImportedKeep.DAYS) != (self.imported_days is not None):
            raise ValueError("retention_days")
        return self


class WouldGo(Frozen):
    """A smaller plan: for how many days it keeps events, and how many there are now that are older."""

    plan: str
    days: int
    events: int


class PlanPreview(BaseModel):
    """What would go under another plan."""

    model_config = ConfigDict(frozen=True)

    would_go: WouldGo | None


class Retention(RetentionChoice):
    """What is kept for how long (-1: for good). `due_at`: when what was announced begins; `due_events`: how many then
    (nothing announced: within a week)."""

    model_config = ConfigDict(frozen=True)

    events_kept_days: int
    imports_kept_days: int
    due_at: datetime | None
    due_events: int
    smaller_plans: list[WouldGo]
    version: int

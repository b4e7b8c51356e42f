"""The closed lists of analytics: kinds of sources and events, channels, buckets, file formats, states of an import."""

from enum import StrEnum


class SourceKind(StrEnum):
    """Where a source's events come from."""

    IMPORT = "import"
    PLATFORM = "platform"
    SERVER = "server"
    WEB = "web"


class DoNotTrack(StrEnum):
    """What a source does with the messages of browsers that ask not to be tracked (`DNT`, Global Privacy Control)."""

    ANONYMISE = "anonymise"
    DROP = "drop"
    IGNORE = "ignore"


class EventType(StrEnum):
    """Segment's six message types, the lines of an access log that are no page view,
    and what the platform itself does."""

    ALIAS = "alias"
    GROUP = "group"
    IDENTIFY = "identify"
    PAGE = "page"
    PLATFORM = "platform"
    REQUEST = "request"
    SCREEN = "screen"
    TRACK = "track"


ACTIVITY = (EventType.PAGE, EventType.SCREEN, EventType.TRACK)
"""What makes visitors and sessions; `identify` and the like are bookkeeping, a `request` is an image or a 404."""


DEFAULT_GAP_MINUTES = 30
MIN_GAP_MINUTES, MAX_GAP_MINUTES = 1, 480
"""How long a session may pause."""


class Channel(StrEnum):
    """How a visit came about; the rules are in rules/channels.py."""

    AFFILIATE = "affiliate"
    CAMPAIGN = "campaign"
    DIRECT = "direct"
    DISPLAY = "display"
    EMAIL = "email"
    ORGANIC_SEARCH = "organic_search"
    ORGANIC_SOCIAL = "organic_social"
    PAID_SEARCH = "paid_search"
    PAID_SOCIAL = "paid_social"
    REFERRAL = "referral"


class Device(StrEnum):
    """The class of a device, from its user agent."""

    DESKTOP = "desktop"
    MOBILE = "mobile"
    TABLET = "tablet"
    UNKNOWN = "unknown"


class Bucket(StrEnum):
    """The width of one point of a time series, in the tenant's zone."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class FileFormat(StrEnum):
    """What a file to import holds."""

    ACCESS_LOG = "access-log"
    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"
    TSV = "tsv"


TABLES = (FileFormat.CSV, FileFormat.PARQUET, FileFormat.TSV)
"""What has columns, which a mapping leads to the fields of an event."""


class EventField(StrEnum):
    """Where a column of a table can lead; any other becomes a property of its name."""

    ANONYMOUS_ID = "anonymousId"
    CURRENCY = "currency"
    EVENT = "event"
    GROUP_ID = "groupId"
    IP = "ip"
    MESSAGE_ID = "messageId"
    NAME = "name"
    ORDER_ID = "orderId"
    PREVIOUS_ID = "previousId"
    REFERRER = "referrer"
    REVENUE = "revenue"
    SESSION_ID = "sessionId"
    TIMESTAMP = "timestamp"
    TITLE = "title"
    TYPE = "type"
    URL = "url"
    USER_AGENT = "userAgent"
    USER_ID = "userId"
    UTM_CAMPAIGN = "utmCampaign"
    UTM_CONTENT = "utmContent"
    UTM_MEDIUM = "utmMedium"
    UTM_SOURCE = "utmSource"
    UTM_TERM = "utmTerm"


TIME_FORMATS = (
    "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%Y %I:%M:%S %p",
    "%m/%d/%Y %I:%M %p", "%m/%d/%Y", "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y", "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M", "%Y/%m/%d", "%d-%m-%Y %H:%M:%S", "%d-%m-%Y %H:%M", "%d %b %Y %H:%M:%S",
    "%a, %d %b %Y %H:%M:%S %z", "%d/%b/%Y:%H:%M:%S %z",
)  # fmt: skip
"""Ways to write a time that are looked for, beside ISO 8601 and Unix times."""


PROPERTIES = "properties"
"""The target of a column that becomes a property: `properties`, or `properties.another_name`."""
LEFT_OUT = "-"
"""The target of a column that is not taken."""


class ImportState(StrEnum):
    """Where an import stands; `interrupted` is one whose process has not been heard of for a minute."""

    CANCELLED = "cancelled"
    FAILED = "failed"
    FINISHED = "finished"
    INTERRUPTED = "interrupted"
    QUEUED = "queued"
    RUNNING = "running"


class Verdict(StrEnum):
    """What became of one message. `queued`: it is good and kept, and soon stored, unless it repeats an earlier one."""

    ACCEPTED = "accepted"
    DROPPED = "dropped"
    DUPLICATE = "duplicate"
    QUEUED = "queued"
    REJECTED = "rejected"


class ExportFormat(StrEnum):
    """File formats of exported events."""

    CSV = "csv"
    JSONL = "jsonl"


class HealthKind(StrEnum):
    """What the health of the data counts. Accepted, duplicate, dropped and rejected are all messages that came; late,
    future and bot say more about accepted ones."""

    ACCEPTED = "accepted"
    BOT = "bot"
    DROPPED = "dropped"
    DUPLICATE = "duplicate"
    FUTURE = "future"
    LATE = "late"
    REJECTED = "rejected"


class ImportedKeep(StrEnum):
    """How long imported events are kept: for a number of days (within the plan), for good, as long as the plan says."""

    DAYS = "days"
    FOREVER = "forever"
    PLAN = "plan"

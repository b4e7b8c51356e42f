"""What experiments and flags can be, and how they are asked."""

from enum import StrEnum


class ExperimentState(StrEnum):
    """Where an experiment stands; `rules.lifecycle` says how it moves."""

    DRAFT = "draft"
    RUNNING = "running"
    STOPPED = "stopped"
    ARCHIVED = "archived"


class ExperimentAction(StrEnum):
    """What can be done to an experiment as a whole."""

    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"
    ARCHIVE = "archive"
    RESTORE = "restore"


class DecisionOutcome(StrEnum):
    """What was made of an experiment: a variant for everybody, the control for everybody, or no answer (control)."""

    SHIP = "ship"
    ROLLBACK = "rollback"
    INCONCLUSIVE = "inconclusive"


class LayerAction(StrEnum):
    """What can be done to a layer or a hold-out as a whole."""

    ARCHIVE = "archive"
    RESTORE = "restore"


class PlanKind(StrEnum):
    """What is compared in a test that is being planned."""

    PROPORTION = "proportion"
    MEAN = "mean"


class MetricRole(StrEnum):
    """What a metric is for in an experiment."""

    PRIMARY = "primary"
    SECONDARY = "secondary"
    GUARDRAIL = "guardrail"


class Correction(StrEnum):
    """How many comparisons at once are allowed for."""

    HOLM = "holm"
    BENJAMINI_HOCHBERG = "bh"
    NONE = "none"


class Inference(StrEnum):
    """Which view a decision rests on; both are shown."""

    FREQUENTIST = "frequentist"
    BAYESIAN = "bayesian"


class Monitoring(StrEnum):
    """Whether results may be looked at any time, or count at the planned end only."""

    ALWAYS_VALID = "always_valid"
    FIXED = "fixed"


class GuardrailAction(StrEnum):
    """What the rules do when a variant surely harms a guardrail."""

    STOP = "stop"
    RAMP_DOWN = "ramp_down"
    """Half as many units at every look, in the end none."""
    REVIEW = "review"
    """Nothing but telling people."""


class Allocation(StrEnum):
    """How units are split: as planned, or more and more to what does better."""

    FIXED = "fixed"
    BANDIT = "bandit"


class FlagKind(StrEnum):
    """The type of a flag's values."""

    BOOLEAN = "boolean"
    STRING = "string"
    NUMBER = "number"
    OBJECT = "object"


class FlagAction(StrEnum):
    """What can be done to a flag as a whole."""

    ARCHIVE = "archive"
    RESTORE = "restore"


class Operator(StrEnum):
    """How a condition compares an attribute with its values."""

    EQ = "eq"
    NE = "ne"
    IN = "in"
    NOT_IN = "not_in"
    CONTAINS = "contains"
    STARTS = "starts"
    ENDS = "ends"
    GT = "gt"
    GE = "ge"
    LT = "lt"
    LE = "le"
    SEMVER = "semver"
    EXISTS = "exists"


class Reason(StrEnum):
    """Why a flag has its value: OpenFeature's words (specification, types, resolution reason)."""

    STATIC = "STATIC"
    DEFAULT = "DEFAULT"
    TARGETING_MATCH = "TARGETING_MATCH"
    SPLIT = "SPLIT"
    DISABLED = "DISABLED"
    ERROR = "ERROR"


class FlagError(StrEnum):
    """Why a flag has none: OFREP's words."""

    FLAG_NOT_FOUND = "FLAG_NOT_FOUND"
    PARSE_ERROR = "PARSE_ERROR"
    TARGETING_KEY_MISSING = "TARGETING_KEY_MISSING"
    INVALID_CONTEXT = "INVALID_CONTEXT"
    GENERAL = "GENERAL"


class MetricKind(StrEnum):
    """What is made of a unit's events."""

    PROPORTION = "proportion"
    MEAN = "mean"
    RATIO = "ratio"
    PERCENTILE = "percentile"
    REVENUE = "revenue"
    RETENTION = "retention"


class Value(StrEnum):
    """What is added up over a unit's events: how many, a number among their properties, their money."""

    COUNT = "count"
    PROPERTY = "property"
    REVENUE = "revenue"


class Direction(StrEnum):
    """Which way a metric gets better."""

    UP = "up"
    DOWN = "down"


class MetricAction(StrEnum):
    """What can be done to a metric as a whole."""

    ARCHIVE = "archive"
    RESTORE = "restore"


class Comparison(StrEnum):
    """How a filter of a metric compares."""

    EQ = "eq"
    NE = "ne"
    IN = "in"
    CONTAINS = "contains"
    LT = "lt"
    LTE = "lte"
    GT = "gt"
    GTE = "gte"


class Dimension(StrEnum):
    """What units can be told apart by: what their events know of them."""

    CHANNEL = "channel"
    DEVICE = "device"
    BROWSER = "browser"
    OS = "os"
    SOURCE = "utm_source"
    CAMPAIGN = "utm_campaign"


class EvidenceKind(StrEnum):
    """What is frozen at a decision beside the results."""

    DISTRIBUTION = "distribution"
    SEGMENTS = "segments"


class Origin(StrEnum):
    """Where results come from: measured from the tenant's events, or sums of a test that ran elsewhere."""

    MEASURED = "measured"
    EXTERNAL = "external"


class ReportFormat(StrEnum):
    """The kinds of files that a report comes as."""

    CSV = "csv"
    PDF = "pdf"

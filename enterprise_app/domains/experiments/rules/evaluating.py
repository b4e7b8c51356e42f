"""What a flag answers to a unit, and why: definitions and a context in, a variation and a reason out. No clock, no I/O.

Reasons are OpenFeature's: STATIC (nothing depends on who asks), TARGETING_MATCH (a rule's variation), SPLIT (drawn by
the unit's hash), DEFAULT (no rule had an answer), DISABLED (switched off, or a prerequisite isn't met).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from ..vocabulary import FlagError, Reason
from .definitions import CompiledFlag, Definitions, Serving, Trial, answer_bytes
from .hashing import HOLDOUT, choose, is_covered, slot_of

MAX_DEPTH = 20
"""Prerequisites behind prerequisites: deeper is refused, a circle anyway."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one flag says."""

    flag: CompiledFlag
    variation: str
    reason: Reason
    trial: Trial | None = None

    @property
    def value(self) -> Any:
        """The variation's value."""
        return self.flag.values[self.variation]

    def to_json(self) -> bytes:
        """As OFREP tells it."""
        return answer_bytes(self.flag, self.variation, self.reason, self.trial)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a flag says nothing."""

    key: str
    code: FlagError
    details: str


class _Stop(Exception):
    """Ends an evaluation without an answer."""

    def __init__(self, code: FlagError, details: str) -> None:
        super().__init__(details)
        self.code, self.details = code, details


@dataclass(slots=True)
class Evaluation:
    """All of one unit's questions. `unit` is None without a targeting key: then only what needs no unit is answered.

    `kept`: variants by experiment that the unit saw under an earlier plan. `exposures` collects which experiments the
    unit takes part in now.
    """

    definitions: Definitions
    unit: str | None
    attributes: Mapping[str, Any]
    kept: Mapping[UUID, str] = field(default_factory=dict)
    exposures: dict[UUID, tuple[Trial, str]] = field(default_factory=dict)
    _known: dict[str, Answer | _Stop] = field(default_factory=dict)
    _held_out: bool | None = None

    def ask(self, key: str) -> Answer | Failure:
        """The answer of one flag."""
        try:
            return self._ask(key, ())
        except _Stop as stop:
            return Failure(key, stop.code, stop.details)

    def _ask(self, key: str, path: tuple[str, ...]) -> Answer:
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._find(key, path)
        if isinstance(known, _Stop):
            raise known
        return known

    def _find(self, key: str, path: tuple[str, ...]) -> "Answer | _Stop":
        flag = self.definitions.flags.get(key)
        try:
            if flag is None:
                raise _Stop(FlagError.FLAG_NOT_FOUND, f"there is no flag {key}")
            if key in path or len(path) >= MAX_DEPTH:
                raise _Stop(FlagError.GENERAL, "prerequisites lead in a circle: " + " → ".join([*path, key]))
            return self._evaluate(flag, (*path, key))
        except _Stop as stop:
            return stop

    def _evaluate(self, flag: CompiledFlag, path: tuple[str, ...]) -> Answer:
        if not flag.enabled or not self._prerequisites_met(flag, path):
            return Answer(flag, flag.off, Reason.DISABLED)
        attributes = self.attributes
        for rule in flag.rules:
            if all(test(attributes) for test in rule.tests):
                answer = self._serve(flag, rule.serving, Reason.TARGETING_MATCH)
                if answer is not None:
                    return answer
        reason = Reason.DEFAULT if flag.rules else Reason.STATIC
        return self._serve(flag, flag.serving, reason) or Answer(flag, flag.off, Reason.DEFAULT)

    def _prerequisites_met(self, flag: CompiledFlag, path: tuple[str, ...]) -> bool:
        for needed, variations in flag.prerequisites:
            other = self.definitions.flags.get(needed)
            if other is None or not other.enabled or self._ask(needed, path).variation not in variations:
                return False
        return True

    def _serve(self, flag: CompiledFlag, serving: Serving, reason: Reason) -> Answer | None:
        if serving.variation is not None:
            return Answer(flag, serving.variation, reason)
        if serving.portions is not None:
            unit = self._needed_unit()
            if is_covered(serving.seed, serving.coverage, unit):
                chosen = choose(serving.seed, serving.portions, unit)
                return Answer(flag, chosen, Reason.SPLIT) if chosen is not None else None
            return None
        return self._try(flag, serving.trial) if serving.trial is not None else None

    def _try(self, flag: CompiledFlag, trial: Trial) -> Answer | None:
        variant = self._variant(trial)
        if variant is None or variant not in flag.values:
            return None
        self.exposures[trial.id] = (trial, variant)
        return Answer(flag, variant, Reason.SPLIT, trial)

    def _variant(self, trial: Trial) -> str | None:
        """The unit's variant, None when it takes no part: not meant, held out, in other slots, not covered yet."""
        unit = self._needed_unit()
        if trial.holdout and self._is_held_out(unit):
            return None
        if trial.slots is not None:
            slot = slot_of(trial.layer_seed, unit)
            if not any(begin <= slot < end for begin, end in trial.slots):
                return None
        if not is_covered(trial.seed, trial.coverage, unit):
            return None
        attributes = self.attributes
        if not all(test(attributes) for test in trial.tests):
            return None
        kept = self.kept.get(trial.id)
        if kept is not None and any(name == kept for name, _ in trial.portions):
            return kept
        return choose(trial.seed, trial.portions, unit)

    def _is_held_out(self, unit: str) -> bool:
        if self._held_out is None:
            shares = self.definitions.holdouts
            self._held_out = any(is_covered(seed, share, unit, HOLDOUT) for seed, share in shares)
        return self._held_out

    def _needed_unit(self) -> str:
        if self.unit is None:
            raise _Stop(FlagError.TARGETING_KEY_MISSING, "send a targetingKey: the flag depends on who asks")
        return self.unit


def find_circle(prerequisites: Mapping[str, tuple[str, ...]], start: str) -> list[str] | None:
    """The keys of a circle that `start` is part of, in order; None when its prerequisites lead to an end."""
    path: list[str] = []
    seen: set[str] = set()

    def leads_back(key: str) -> bool:
        path.append(key)
        seen.add(key)
        for needed in prerequisites.get(key, ()):
            if needed == start or (needed not in seen and leads_back(needed)):
                return True
        path.pop()
        return False

    return [*path, start] if leads_back(start) else None


def depth_of(prerequisites: Mapping[str, tuple[str, ...]], start: str) -> int:
    """How many flags stand behind each other from `start` on, itself included; there must be no circle."""
    known: dict[str, int] = {}

    def depth(key: str) -> int:
        if key not in known:
            known[key] = 1 + max((depth(needed) for needed in prerequisites.get(key, ())), default=0)
        return known[key]

    return depth(start)

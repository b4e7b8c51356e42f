"""Which decisions on an experiment can be taken: a winner needs its sample and a split that can be trusted."""

from collections.abc import Sequence

from enterprise_app.core.errors import AtriumError, FieldProblem

from ..errors import WinnerNeedsUnits, WinnerUntrusted
from ..result_schemas import Results
from ..schemas import DecisionDraft, Variant
from ..vocabulary import DecisionOutcome
from .checking import Problems, control_of
from .stats.verdict import Outcome


def decision_problems(draft: DecisionDraft, variants: Sequence[Variant]) -> Problems:
    """Shipping names a variant other than the control; nothing else names one."""
    control = control_of(variants).key
    others = ", ".join(variant.key for variant in variants if variant.key != control)
    if draft.outcome is not DecisionOutcome.SHIP:
        return [] if draft.variant is None else [FieldProblem("variant", "decision_variant_unwanted", {})]
    if draft.variant in {variant.key for variant in variants} - {control}:
        return []
    return [FieldProblem("variant", "decision_variant", {"allowed": others})]


def served_by(draft: DecisionDraft, variants: Sequence[Variant]) -> str:
    """The variant that everybody gets after it."""
    shipped = draft.variant if draft.outcome is DecisionOutcome.SHIP else None
    return shipped or control_of(variants).key


def find_refusal(results: Results, variant: str, least: int) -> AtriumError | None:
    """Why the variant can't be shipped by these results; None when it can. A weak effect is a person's to judge."""
    verdicts = results.advice.verdicts if results.advice else []
    verdict = next((v for v in verdicts if v.variant == variant), None)
    if verdict is None or verdict.outcome == Outcome.NEEDS_UNITS:
        return WinnerNeedsUnits(variant=variant, least=max(least, 1))
    if verdict.outcome == Outcome.UNTRUSTED:
        return WinnerUntrusted(variant=variant, grounds=", ".join(verdict.grounds))
    return None

"""Past tests whose truth is known: what a variant is worth is a function of its parameters."""

from collections.abc import Callable, Mapping
from uuid import UUID

import numpy as np

from enterprise_app.domains.experiments.rules.recommending.past import PastArm, PastTest

HEADLINES = ("Buy now!", "Try it today for free", "Is it for you?", "A quiet good offer for everybody in town")
NOW = {"button_color": "#1d4ed8", "cta_align": "start", "headline": "Is it for you?", "headline_size": 40}
Worth = Callable[[Mapping[str, object]], float]


def nothing(_: Mapping[str, object]) -> float:
    """No parameter does anything."""
    return 0.0


def known(variant: Mapping[str, object]) -> float:
    """Large headlines, a centred button and an exclamation mark are worth something."""
    size = variant["headline_size"]
    assert isinstance(size, int)
    return 0.1 * (size - 40) / 32 + 0.06 * (variant["cta_align"] == "center") + 0.05 * ("!" in str(variant["headline"]))


def past(
    seed: int, count: int, worth: Worth, *, noise: float = 0.02, own: float = 0.0, arms: int = 2
) -> list[PastTest]:
    """So many tests. `noise`: the arms' mean standard error, half of its square the control's; `own`: what a test
    has of its own."""
    chance = np.random.default_rng(seed)
    shared = noise**2 / 8
    made = []
    for number in range(count):
        control, of_control = _variant(chance), chance.normal(0, shared**0.5)
        found = []
        for arm in range(arms):
            variant, error = _variant(chance), noise * chance.uniform(0.5, 1.5)
            luck = chance.normal(0, own) + of_control + chance.normal(0, (error**2 - shared) ** 0.5)
            found.append(PastArm(f"v{arm}", variant, worth(variant) - worth(control) + luck, error))
        made.append(PastTest(UUID(int=number + 1), f"Test {number}", control, found, shared))
    return made


def _variant(chance: np.random.Generator) -> dict[str, str | int]:
    return {
        "button_color": "#{:02x}{:02x}{:02x}".format(*chance.integers(0, 256, 3)),
        "cta_align": str(chance.choice(["start", "center", "end"])),
        "headline": str(chance.choice(HEADLINES)),
        "headline_size": int(chance.choice(range(24, 73, 4))),
    }

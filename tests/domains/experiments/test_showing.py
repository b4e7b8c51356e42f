"""Which interval is drawn for a variant, and how far the axis of all of them reaches; numbers by hand."""

from types import SimpleNamespace as Made
from typing import Any

import pytest

from enterprise_app.domains.experiments.rules.showing import axis_limit, relative_interval
from enterprise_app.domains.experiments.vocabulary import Inference, Monitoring

CONTROL: Any = Made(value=0.2)
ARM: Any = Made(
    difference=Made(low=0.01, high=0.03, relative=0.1), bounds=Made(low=-0.02, high=0.06),
    belief=Made(low=0.004, high=0.04),
)  # fmt: skip


@pytest.mark.parametrize(
    ("inference", "monitoring", "interval"),
    [
        ("frequentist", "fixed", (0.05, 0.15)),
        ("frequentist", "always_valid", (-0.1, 0.3)),
        ("bayesian", "always_valid", (0.02, 0.2)),
    ],
)
def test_the_interval_that_decides_is_drawn(inference: str, monitoring: str, interval: tuple[float, float]) -> None:
    nothing: Any = Made(value=0.0)
    results: Any = Made(inference=Inference(inference), monitoring=Monitoring(monitoring))
    assert relative_interval(results, CONTROL, ARM) == pytest.approx(interval)
    assert relative_interval(results, nothing, ARM) is None


def test_one_wide_interval_does_not_flatten_the_others() -> None:
    assert axis_limit([(-0.1, 0.2), (0.1, 0.3), None]) == pytest.approx(0.3)
    assert axis_limit([(-0.1, 0.2), (-0.2, 0.1), (-9.0, 9.0)]) == pytest.approx(0.5), "2.5 times the typical 0.2"
    assert axis_limit([None]) == 0.1

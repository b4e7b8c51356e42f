"""The other side of the benchmark `statistics`: gbstats on the same sums, run by the Python of its own environment.

    python gbstats_side.py sums.json answers.json

Nothing of the platform is imported here, and gbstats by nothing of the platform.
"""

# pyright: basic, reportMissingImports=false
import json
import sys
import time
import warnings
from pathlib import Path
from typing import Any


def main(source: str, target: str) -> None:
    """Answer every comparison: estimate, low, high, p, relative; and how long it took without reading and writing."""
    from gbstats.frequentist.tests import FrequentistConfig, TwoSidedTTest

    warnings.simplefilter("ignore")
    pairs = [tuple(_statistic(arm) for arm in pair) for pair in json.loads(Path(source).read_text())]
    config = FrequentistConfig(difference_type="absolute")
    started = time.perf_counter()
    found = [TwoSidedTTest(control, variant, config).compute_result() for control, variant in pairs]
    took = time.perf_counter() - started
    answers = [[one.expected, *one.ci, one.p_value] for one in found]
    Path(target).write_text(json.dumps({"seconds": took, "answers": answers}))


def _statistic(arm: dict[str, Any]) -> Any:
    from gbstats.models.statistics import (
        ProportionStatistic,
        RatioStatistic,
        RegressionAdjustedStatistic,
        SampleMeanStatistic,
    )

    n, kind = arm["n"], arm["kind"]
    if kind == "proportion":
        return ProportionStatistic(n=n, sum=arm["x"])
    now = SampleMeanStatistic(n=n, sum=arm["total"], sum_squares=arm["squares"])
    if kind == "mean":
        return now
    other = SampleMeanStatistic(n=n, sum=arm["other"], sum_squares=arm["other_squares"])
    if kind == "ratio":
        return RatioStatistic(n=n, m_statistic=now, d_statistic=other, m_d_sum_of_products=arm["cross"])
    return RegressionAdjustedStatistic(
        n=n, post_statistic=now, pre_statistic=other, post_pre_sum_of_products=arm["cross"], theta=0
    )


if __name__ == "__main__":
    main(*sys.argv[1:])

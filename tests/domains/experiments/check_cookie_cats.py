"""Counts the Cookie Cats table with csv and numpy and compares its arms with statsmodels: what docs/cookie-cats.md says
and test_cookie_cats.py expects. Nothing of the platform is used. Not run by tests; statsmodels is no dependency:

    python -m venv /tmp/check && /tmp/check/bin/pip install statsmodels==0.15.0
    /tmp/check/bin/python tests/domains/experiments/check_cookie_cats.py ../shared/data/cookie_cats.csv
"""

# pyright: basic, reportMissingImports=false, reportAttributeAccessIssue=false
import csv
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

ARMS = ("gate_30", "gate_40")


def main(path: Path) -> None:
    """Print everything as JSON."""
    from scipy import stats

    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    by_arm = {arm: [row for row in rows if row["test_version"] == arm] for arm in ARMS}
    sizes = [len(by_arm[arm]) for arm in ARMS]
    rounds = {arm: np.array([int(row["sum_gamerounds"]) for row in by_arm[arm]], dtype=float) for arm in ARMS}
    cap = float(np.quantile(np.concatenate(list(rounds.values())), 0.99))
    found: dict[str, Any] = {"units": sizes, "split_p": stats.chisquare(sizes).pvalue}
    for name in ("retention_1", "retention_7"):
        found[name] = proportion([sum(row[name] == "True" for row in by_arm[arm]) for arm in ARMS], sizes)
    found["rounds"] = mean(rounds["gate_30"], rounds["gate_40"])
    capped = {arm: np.minimum(values, cap) for arm, values in rounds.items()}
    found["rounds_capped"] = {"cap": cap} | mean(capped["gate_30"], capped["gate_40"])
    found["median"] = [float(np.median(values)) for values in rounds.values()]
    found["most"] = [float(values.max()) for values in rounds.values()]
    print(json.dumps(found, indent=2))


def proportion(converted: list[int], sizes: list[int]) -> dict[str, Any]:
    """The pooled z test, and the interval of the difference without pooling (Wald)."""
    from statsmodels.stats.proportion import confint_proportions_2indep, proportions_ztest

    z, p = proportions_ztest(converted[::-1], sizes[::-1])
    low, high = confint_proportions_2indep(
        converted[1], sizes[1], converted[0], sizes[0], compare="diff", method="wald"
    )
    values = [x / n for x, n in zip(converted, sizes, strict=True)]
    return {"converted": converted, "values": values, "z": z, "p": p, "low": low, "high": high}


def mean(control: np.ndarray, variant: np.ndarray) -> dict[str, Any]:
    """Welch's test and its interval."""
    from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

    compared = CompareMeans(DescrStatsW(variant), DescrStatsW(control))
    t, p, df = compared.ttest_ind(usevar="unequal")
    low, high = compared.tconfint_diff(usevar="unequal")
    return {"values": [control.mean(), variant.mean()], "t": t, "df": df, "p": p, "low": low, "high": high}


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""The statistics of 1,000 experiments × 5 metrics × 3 variants, from sums to intervals, against gbstats.

gbstats is no dependency of the platform: it gets an environment of its own, once.
"""

import json
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path
from typing import Any

import numpy as np

from enterprise_app.bench import Row, benchmark
from enterprise_app.domains.experiments.rules.stats import aggregates, batch
from enterprise_app.domains.experiments.rules.stats.analysis import Plan, analyse

EXPERIMENTS, SEED = 1000, 20240521
KINDS = ("mean", "revenue", "ratio", "cuped", "proportion")
ARMS = 3
BAR = 10.0
SAME = 1e-6
GBSTATS = "gbstats==0.8.0"
Sums = dict[str, np.ndarray]
"""Columns of one metric: shape (experiments, arms)."""


@benchmark("statistics")
def statistics() -> list[Row]:
    """1,000 experiments × 5 metrics × 3 variants from sums to intervals, against gbstats."""
    data = {kind: _sums(kind, np.random.default_rng(SEED + n)) for n, kind in enumerate(KINDS)}
    ours, seconds = _ours(data)
    theirs, their_seconds = _theirs(data)
    ratio, comparisons = their_seconds / seconds, len(theirs)
    apart = float(np.max(np.abs(ours - theirs) / np.maximum(np.abs(theirs), 1e-9)))
    alone = _one_by_one(data)
    what = f"Statistics of {comparisons:,} comparisons, against {GBSTATS}"
    rates = f"{comparisons / seconds:,.0f}/s, gbstats {comparisons / their_seconds:,.0f}/s"
    farthest = "Estimate, interval and p, farthest from gbstats"
    return [
        Row(what, rates, f"≥ {BAR:.0f} × its rate", ratio, ratio >= BAR),
        Row(farthest, f"{apart:.1e}", f"≤ {SAME:.0e}", apart / SAME, apart <= SAME),
        Row("One by one with sequence, belief and correction", f"{alone:,.0f}/s", "no bar", None, True),
    ]


def _sums(kind: str, rng: np.random.Generator) -> Sums:
    """As SQL would deliver them; the second and third arm differ a little from the control."""
    shape = (EXPERIMENTS, ARMS)
    n = rng.integers(2000, 8000, shape).astype(float)
    lift = 1 + 0.02 * np.arange(ARMS)
    if kind == "proportion":
        return {"n": n, "x": rng.binomial(n.astype(int), 0.1 * lift).astype(float)}
    mean, deviation = rng.normal(20 * lift, 0.5, shape), rng.uniform(8, 40, shape)
    found = {"n": n, "total": n * mean, "squares": (n - 1) * deviation**2 + n * mean**2}
    if kind in ("mean", "revenue"):
        return found
    other, other_deviation = rng.normal(4, 0.1, shape), rng.uniform(0.5, 2, shape)
    together = rng.uniform(0.2, 0.8, shape) * deviation * other_deviation * (n - 1) + n * mean * other
    squares = (n - 1) * other_deviation**2 + n * other**2
    return found | {"other": n * other, "other_squares": squares, "cross": together}


def _ours(data: dict[str, Sums]) -> tuple[np.ndarray, float]:
    """Estimate, low, high, p of every comparison by metric, experiment and variant; the best of five tries."""
    tries = []
    found = np.empty(0)
    for _ in range(5):
        started = time.perf_counter()
        found = np.concatenate([_compared(kind, sums) for kind, sums in data.items()])
        tries.append(time.perf_counter() - started)
    return found, min(tries)


def _compared(kind: str, sums: Sums) -> np.ndarray:
    control = {name: np.repeat(column[:, 0], ARMS - 1) for name, column in sums.items()}
    variant = {name: column[:, 1:].ravel() for name, column in sums.items()}
    effects = batch.compare_points(*_columns(kind, control, variant))
    return np.column_stack([effects.estimate, effects.low, effects.high, effects.p])


def _columns(kind: str, control: Sums, variant: Sums) -> tuple[batch.Columns, batch.Columns]:
    if kind == "cuped":
        return batch.cuped(batch.Histories(**_renamed(control)), batch.Histories(**_renamed(variant)))
    a, b = (_points(kind, arm) for arm in (control, variant))
    return a, b


def _points(kind: str, arm: Sums) -> batch.Columns:
    if kind == "proportion":
        return batch.proportions(arm["n"], arm["x"])
    if kind == "ratio":
        return batch.ratios(arm["n"], arm["total"], arm["other"], arm["squares"], arm["other_squares"], arm["cross"])
    return batch.means(arm["n"], arm["total"], arm["squares"])


def _renamed(arm: Sums) -> dict[str, Any]:
    names = {"other": "pre_total", "other_squares": "pre_squares"}
    return {names.get(name, name): column for name, column in arm.items()}


def _one_by_one(data: dict[str, Sums]) -> float:
    """Comparisons a second by the call behind a results page, on a tenth of the experiments."""
    few, plan = EXPERIMENTS // 10, Plan(planned=4000)
    trials = [
        {str(arm): _aggregate(kind, {name: float(c[row, arm]) for name, c in sums.items()}) for arm in range(ARMS)}
        for kind, sums in data.items()
        for row in range(few)
    ]
    started = time.perf_counter()
    for arms in trials:
        analyse(arms, "0", plan)
    return len(trials) * (ARMS - 1) / (time.perf_counter() - started)


def _aggregate(kind: str, arm: dict[str, float]) -> aggregates.Aggregate:
    n = int(arm["n"])
    if kind == "proportion":
        return aggregates.Proportion(n, int(arm["x"]))
    if kind == "ratio":
        return aggregates.Ratio(n, arm["total"], arm["other"], arm["squares"], arm["other_squares"], arm["cross"])
    history = aggregates.Cuped(arm["other"], arm["other_squares"], arm["cross"]) if kind == "cuped" else None
    return aggregates.Mean(n, arm["total"], arm["squares"], history)


def _theirs(data: dict[str, Sums]) -> tuple[np.ndarray, float]:
    pairs = []
    for kind, sums in data.items():
        told = {"kind": "mean" if kind == "revenue" else kind}
        for row in range(EXPERIMENTS):
            arms = [told | {name: float(column[row, arm]) for name, column in sums.items()} for arm in range(ARMS)]
            for arm in arms:
                arm["n"] = int(arm["n"])
            pairs += [(arms[0], variant) for variant in arms[1:]]
    with tempfile.TemporaryDirectory(prefix="atrium-bench-") as folder:
        source, target = Path(folder) / "sums.json", Path(folder) / "answers.json"
        source.write_text(json.dumps(pairs))
        side = Path(__file__).with_name("gbstats_side.py")
        subprocess.run([_python(), str(side), str(source), str(target)], check=True)
        answer = json.loads(target.read_text())
    return np.asarray(answer["answers"]), answer["seconds"]


def _python() -> Path:
    """Of an environment with gbstats, made the first time and kept."""
    folder = Path.home() / ".cache" / "atrium-bench" / GBSTATS
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    ready = folder / "ready"
    if not ready.exists():
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", GBSTATS], check=True)
        ready.touch()
    return python

"""Writes vectors.json: numbers of gbstats, statsmodels and scipy that the statistics must agree with. Not run by tests.

gbstats and statsmodels are no dependencies of the platform, so they live in an environment of their own:

    python -m venv /tmp/vectors && /tmp/vectors/bin/pip install gbstats==0.8.0 statsmodels==0.15.0
    /tmp/vectors/bin/python tests/domains/experiments/stats/make_vectors.py

`--rate` measures instead how many comparisons a second gbstats makes (docs/statistics.md).
"""

# pyright: basic, reportMissingImports=false, reportAttributeAccessIssue=false
import json
import sys
import time
import warnings
from itertools import pairwise
from pathlib import Path

import numpy as np

SEED = 20240521
RATES = [
    (1000, 100, 1000, 130),
    (5000, 40, 5200, 71),
    (300, 150, 900, 500),
    (12, 3, 15, 9),
    (80, 0, 90, 6),
]
SPLITS = [
    ([5200, 4800], [1.0, 1.0]),
    ([1000, 1020, 1990], [1.0, 1.0, 2.0]),
    ([90, 10, 5], [0.8, 0.1, 0.1]),
]
BELIEFS = [(1000, 100, 1000, 130), (20, 3, 18, 6), (0, 0, 10, 9), (50000, 5000, 50000, 5050)]


def main() -> None:
    import scipy
    import statsmodels.api as sm

    warnings.simplefilter("ignore")
    rng = np.random.default_rng(SEED)
    found = {
        "sources": {"gbstats": "0.8.0", "scipy": scipy.__version__, "statsmodels": sm.__version__},
        "means": [_means(rng, *sizes) for sizes in ((400, 400), (5000, 1200), (30, 45), (20000, 20000))],
        "proportions": [_proportions(*case) for case in RATES],
        "ratios": [_ratios(rng, *sizes) for sizes in ((500, 500), (4000, 3000))],
        "cuped": [_cuped(rng, *sizes) for sizes in ((600, 600), (3000, 2000))],
        "quantiles": [_quantiles(rng, q, n) for q, n in ((0.5, 400), (0.9, 600))],
        "clusters": [_clusters(rng, 0.75, 150)],
        "corrections": [_corrections(rng, m) for m in (2, 3, 8)],
        "mismatch": [_mismatch(*case) for case in SPLITS],
        "power": _power(),
        "segments": _segments(rng),
        "beta": [_beta(*case) for case in BELIEFS],
    }
    Path(__file__).with_name("vectors.json").write_text(json.dumps(found, indent=1, default=float) + "\n")


def _sums(y: np.ndarray) -> dict:
    return {"n": y.size, "total": y.sum(), "squares": (y * y).sum()}


def _frequentist(a, b) -> dict:
    """gbstats on two statistics: fixed and sequential, relative and absolute; Bayesian with and without a prior."""
    from gbstats.bayesian.tests import EffectBayesianABTest, EffectBayesianConfig, GaussianPrior
    from gbstats.frequentist.tests import FrequentistConfig, SequentialConfig, SequentialTwoSidedTTest, TwoSidedTTest

    result = {}
    for kind in ("absolute", "relative"):
        fixed = TwoSidedTTest(a, b, FrequentistConfig(difference_type=kind)).compute_result()
        tuned = SequentialConfig(difference_type=kind, sequential_tuning_parameter=2000)
        watched = SequentialTwoSidedTTest(a, b, tuned).compute_result()
        result[kind] = {"estimate": fixed.expected, "ci": fixed.ci, "p": fixed.p_value}
        result[kind] |= {"watched_ci": watched.ci, "watched_p": watched.p_value, "tuning": 2000}
        for name, prior in (("flat", GaussianPrior(0, 1, False)), ("prior", GaussianPrior(0.02, 0.3**2, True))):
            config = EffectBayesianConfig(difference_type=kind, prior_effect=prior, prior_type=kind)
            bayes = EffectBayesianABTest(a, b, config).compute_result()
            result[kind][name] = {"chance": bayes.chance_to_win, "loss": bayes.risk[1], "ci": bayes.ci}
    return result


def _means(rng: np.random.Generator, n: int, m: int) -> dict:
    import scipy.stats as ss
    from gbstats.models.statistics import SampleMeanStatistic

    y, z = np.round(rng.gamma(0.8, 40, n), 2), np.round(rng.gamma(0.8, 43, m), 2)
    test = ss.ttest_ind(z, y, equal_var=False)
    ci = test.confidence_interval(0.95)
    stats = [SampleMeanStatistic(n=v.size, sum=v.sum(), sum_squares=(v * v).sum()) for v in (y, z)]
    scipy = {"p": test.pvalue, "df": test.df, "ci": [ci.low, ci.high]}
    return {"control": _sums(y), "variant": _sums(z), "scipy": scipy, "gbstats": _frequentist(*stats)}


def _proportions(n: int, x: int, m: int, y: int) -> dict:
    import scipy.stats as ss
    from gbstats.models.statistics import ProportionStatistic
    from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint, proportions_ztest

    table = [[x, n - x], [y, m - y]]
    plain, yates = ss.chi2_contingency(table, correction=False), ss.chi2_contingency(table, correction=True)
    z, p = proportions_ztest([y, x], [m, n])
    return {
        "control": [n, x],
        "variant": [m, y],
        "z": z,
        "p": p,
        "wald": confint_proportions_2indep(y, m, x, n, method="wald"),
        "newcombe": confint_proportions_2indep(y, m, x, n, method="newcomb"),
        "log": confint_proportions_2indep(y, m, x, n, compare="ratio", method="log") if x else None,
        "wilson": [proportion_confint(x, n, method="wilson"), proportion_confint(y, m, method="wilson")],
        "chi2": [plain.statistic, plain.pvalue],
        "yates": [yates.statistic, yates.pvalue],
        "fisher": ss.fisher_exact(table).pvalue,
        "gbstats": _frequentist(ProportionStatistic(n=n, sum=x), ProportionStatistic(n=m, sum=y)) if x else None,
    }


def _ratios(rng: np.random.Generator, n: int, m: int) -> dict:
    from gbstats.models.statistics import RatioStatistic, SampleMeanStatistic

    arms, stats = [], []
    for size, lift in ((n, 1.0), (m, 1.04)):
        den = rng.poisson(4, size) + 1.0
        num = np.round(den * rng.gamma(2, 6 * lift, size), 2)
        sums = [num.sum(), den.sum(), (num * num).sum(), (den * den).sum(), (num * den).sum()]
        arms.append([size, *sums])
        first = SampleMeanStatistic(n=size, sum=sums[0], sum_squares=sums[2])
        second = SampleMeanStatistic(n=size, sum=sums[1], sum_squares=sums[3])
        stats.append(RatioStatistic(n=size, m_statistic=first, d_statistic=second, m_d_sum_of_products=sums[4]))
    return {"control": arms[0], "variant": arms[1], "gbstats": _frequentist(*stats)}


def _cuped(rng: np.random.Generator, n: int, m: int) -> dict:
    from gbstats.models.statistics import RegressionAdjustedStatistic, SampleMeanStatistic

    arms, stats = [], []
    for size, lift in ((n, 0.0), (m, 1.5)):
        pre = np.round(rng.gamma(2, 10, size), 2)
        post = np.round(0.7 * pre + rng.gamma(2, 6, size) + lift, 2)
        history = [pre.sum(), (pre * pre).sum(), (pre * post).sum()]
        arms.append(_sums(post) | {"history": history})
        now = SampleMeanStatistic(n=size, sum=post.sum(), sum_squares=(post * post).sum())
        then = SampleMeanStatistic(n=size, sum=history[0], sum_squares=history[1])
        both = {"n": size, "post_statistic": now, "pre_statistic": then, "post_pre_sum_of_products": history[2]}
        stats.append(RegressionAdjustedStatistic(**both, theta=0))
    return {"control": arms[0], "variant": arms[1], "gbstats": _frequentist(*stats)}


def _ranks(values: np.ndarray, q: float) -> list[float]:
    """Quantile and its order-statistic bounds, by sorting; gbstats takes them from SQL."""
    ordered, n = np.sort(values), values.size
    reach = 1.959963984540054 * (q * (1 - q) / n) ** 0.5
    return [float(ordered[int(np.ceil(n * share)) - 1]) for share in (q, q - reach, q + reach)]


def _quantiles(rng: np.random.Generator, q: float, n: int) -> dict:
    from gbstats.models.statistics import QuantileStatistic

    arms, variances = [], []
    for scale in (1.0, 1.1):
        values = np.round(rng.lognormal(1, 0.8, n) * scale, 3)
        hat, low, high = _ranks(values, q)
        stat = QuantileStatistic(n=n, n_star=n, nu=q, quantile_hat=hat, quantile_lower=low, quantile_upper=high)
        arms.append(values.tolist())
        variances.append([stat.mean, stat.variance_init])
    return {"q": q, "control": arms[0], "variant": arms[1], "gbstats": variances}


def _clusters(rng: np.random.Generator, q: float, units: int) -> dict:
    from gbstats.models.statistics import QuantileClusteredStatistic

    who = np.repeat(np.arange(units), rng.integers(1, 9, units))
    values = np.round(rng.lognormal(1, 0.5, units)[who] * rng.lognormal(0, 0.3, who.size), 3)
    hat, low, high = _ranks(values, q)
    below, all_of = np.bincount(who, values <= hat), np.bincount(who).astype(float)
    stat = QuantileClusteredStatistic(
        n=who.size, n_star=who.size, nu=q, quantile_hat=hat, quantile_lower=low, quantile_upper=high,
        main_sum=below.sum(), main_sum_squares=(below**2).sum(), denominator_sum=all_of.sum(),
        denominator_sum_squares=(all_of**2).sum(), main_denominator_sum_product=(below * all_of).sum(),
        n_clusters=units,
    )  # fmt: skip
    found = {"hat": hat, "variance": stat.variance_init, "n": who.size}
    return {"q": q, "values": values.tolist(), "units": who.tolist(), **found}


def _corrections(rng: np.random.Generator, m: int) -> dict:
    from statsmodels.stats.multitest import multipletests

    ps = np.round(rng.beta(0.5, 4, m), 6)
    methods = (("holm", "holm"), ("bh", "fdr_bh"))
    adjusted = {name: multipletests(ps, method=method)[1].tolist() for name, method in methods}
    return {"ps": ps.tolist(), **adjusted}


def _mismatch(counts: list[int], weights: list[float]) -> dict:
    from gbstats.utils import check_srm

    return {"counts": counts, "weights": weights, "p": check_srm(counts, weights)}


def _power() -> dict:
    from statsmodels.stats.power import NormalIndPower
    from statsmodels.stats.proportion import power_proportions_2indep

    proportions = []
    for base, target in ((0.1, 0.12), (0.03, 0.033), (0.5, 0.45)):
        least = 100
        while power_proportions_2indep(target - base, base, least).power < 0.8:
            least += 1
        proportions.append({"base": base, "target": target, "units": least})
    solver = NormalIndPower()
    means = []
    for effect, power, ratio in ((0.1, 0.8, 1.0), (0.05, 0.9, 2.0)):
        units = solver.solve_power(effect, power=power, alpha=0.05, ratio=ratio)
        means.append({"effect": effect, "power": power, "ratio": ratio, "units": units})
    return {"proportions": proportions, "means": means}


def _segments(rng: np.random.Generator) -> dict:
    from statsmodels.stats.meta_analysis import combine_effects

    effects, errors = np.round(rng.normal(0.02, 0.02, 5), 5), np.round(rng.uniform(0.005, 0.02, 5), 5)
    test = combine_effects(effects, errors**2).test_homogeneity()
    return {"effects": effects.tolist(), "errors": errors.tolist(), "p": test.pvalue}


def _beta(n: int, x: int, m: int, y: int) -> dict:
    """By adaptive quadrature of scipy on the densities themselves, in plain pieces."""
    import scipy.stats as ss
    from scipy.integrate import quad

    a, b = ss.beta(1 + x, 1 + n - x), ss.beta(1 + y, 1 + m - y)
    cuts = sorted({0.0, 1.0, *(d.ppf(q) for d in (a, b) for q in (1e-12, 1e-4, 0.1, 0.5, 0.9, 1 - 1e-4, 1 - 1e-12))})

    def over(function) -> float:
        return sum(quad(function, low, high, epsabs=1e-14, epsrel=1e-12)[0] for low, high in pairwise(cuts))

    return {
        "control": [n, x],
        "variant": [m, y],
        "chance": over(lambda t: a.cdf(t) * b.pdf(t)),
        "loss": over(lambda t: b.cdf(t) * a.sf(t)),
    }


def rate() -> None:
    """How fast gbstats is on the bar's load: 1,000 experiments × 5 metrics × 3 variants (2 comparisons each)."""
    from gbstats.frequentist.tests import FrequentistConfig, TwoSidedTTest
    from gbstats.models.statistics import ProportionStatistic, RatioStatistic, SampleMeanStatistic

    warnings.simplefilter("ignore")
    rng, config = np.random.default_rng(SEED), FrequentistConfig(difference_type="relative")

    def mean() -> SampleMeanStatistic:
        return SampleMeanStatistic(n=5000, sum=float(rng.normal(1e5, 500)), sum_squares=4e6)

    def ratio() -> RatioStatistic:
        return RatioStatistic(n=5000, m_statistic=mean(), d_statistic=mean(), m_d_sum_of_products=3e6)

    kinds = [mean, mean, ratio, mean, lambda: ProportionStatistic(n=5000, sum=int(rng.integers(400, 600)))]
    trials = [(make(), make(), make()) for _ in range(1000) for make in kinds]
    started = time.perf_counter()
    for control, first, second in trials:
        TwoSidedTTest(control, first, config).compute_result()
        TwoSidedTTest(control, second, config).compute_result()
    took = time.perf_counter() - started
    print(f"gbstats: {len(trials) * 2} comparisons in {took:.2f} s, {len(trials) * 2 / took:,.0f} a second")


if __name__ == "__main__":
    rate() if "--rate" in sys.argv else main()

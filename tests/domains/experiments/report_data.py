"""A report of known numbers, for tests of its pages."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from enterprise_app.core import pdf
from enterprise_app.domains.experiments.result_schemas import Results
from enterprise_app.domains.experiments.schemas import Experiment, ExperimentSettings, Variant
from enterprise_app.domains.experiments.service.report_figures import Figures
from enterprise_app.domains.experiments.service.report_pages import named, names_of, pages
from enterprise_app.domains.experiments.service.reporting import told_of
from enterprise_app.domains.experiments.vocabulary import ExperimentState, MetricRole
from tests.domains.experiments.outcomes import AT, metric, rates, results


def known_results(**settings: Any) -> Results:
    """Green is better on orders, worse on nothing; refunds can't be told from chance."""
    return results(
        [
            metric("Orders", rates(control=(5000, 500), green=(5000, 610))),
            metric("Refunds", rates(control=(5000, 100), green=(5000, 103)), MetricRole.GUARDRAIL, direction="down"),
            metric("Sign-ups", rates(control=(5000, 900), green=(5000, 840)), MetricRole.SECONDARY),
        ],
        **settings,
    )


def known_experiment(name: str = "Green button", green: str = "Green", **fields: Any) -> Experiment:
    """Running since the time of the results."""
    variants = [Variant(key="control", name="Blue", weight=0.5, is_control=True),
                Variant(key="green", name=green, weight=0.5)]  # fmt: skip
    given: dict[str, Any] = {
        "id": UUID(int=9), "key": "green-button", "name": name, "campaign_id": None, "author_id": None,
        "hypothesis": "More will buy when the button is green.", "state": ExperimentState.RUNNING,
        "variants": variants, "targeting": [], "coverage": 1.0, "holdout": False, "layer_id": None,
        "layer_share": None, "unit": "visitor", "primary_metric_id": None, "metrics": [],
        "settings": ExperimentSettings(), "plan_version": 1, "started_at": AT, "paused_at": None, "stopped_at": None,
        "decision": None, "version": 1, "created_at": AT, "updated_at": AT + timedelta(days=1), "archived_at": None,
    }  # fmt: skip
    return Experiment(**given | fields)


def known_report(locale: str, experiment: Experiment | None = None, found: Results | None = None) -> pdf.Document:
    """Its pages as they would be set."""
    experiment = experiment or known_experiment()
    told = named(found or known_results())
    figures = Figures(locale, "Europe/Berlin")
    return pages(experiment, told, told_of(experiment, told, names_of(experiment), locale), figures)

"""Each use case of experiments refuses by itself without its right; an act needs that of the act."""

import pytest

from enterprise_app.core.ids import new_id
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.experiments import service
from enterprise_app.domains.experiments.flag_schemas import (
    FlagChange,
    FlagDraft,
    HoldoutChange,
    HoldoutDraft,
    LayerChange,
    LayerDraft,
)
from enterprise_app.domains.experiments.generating_schemas import GenerateDraft, GenerateRequest
from enterprise_app.domains.experiments.metric_schemas import MetricChange, MetricDraft
from enterprise_app.domains.experiments.plan_schemas import PlanQuestion
from enterprise_app.domains.experiments.recommendation_schemas import RecommendationQuestion
from enterprise_app.domains.experiments.result_schemas import ExternalDraft
from enterprise_app.domains.experiments.schemas import DecisionDraft, ExperimentChange, ExperimentDraft
from enterprise_app.domains.experiments.vocabulary import (
    DecisionOutcome,
    Dimension,
    ExperimentAction,
    FlagAction,
    LayerAction,
    MetricAction,
    ReportFormat,
)
from tests.domains.rights import Case, case, refuses

CREATE, READ = Permission.EXPERIMENTS_CREATE, Permission.EXPERIMENTS_READ
UPDATE, RUN = Permission.EXPERIMENTS_UPDATE, Permission.EXPERIMENTS_RUN
FLAGS, FLAGS_READ = Permission.FLAGS_MANAGE, Permission.FLAGS_READ
METRICS, METRICS_READ = Permission.METRICS_MANAGE, Permission.METRICS_READ
NEEDED = dict.fromkeys(ExperimentAction, RUN)

LIFE = [
    case(CREATE, service.create_experiment, ExperimentDraft(name="A")),
    case(CREATE, service.duplicate_experiment, new_id()),
    case(CREATE, service.generate_variants, GenerateRequest.model_validate({"asset_ids": [new_id()]})),
    case(CREATE, service.start_generation, GenerateRequest.model_validate({"asset_ids": [new_id()]})),
    case(Permission.ASSETS_MANAGE, service.start_generation, GenerateRequest.model_validate({"asset_ids": [new_id()]})),
    case(CREATE, service.get_generation, new_id()),
    case(CREATE, service.find_generation, new_id()),
    case(CREATE, service.cancel_generation, new_id()),
    case(CREATE, service.draft_experiment, new_id()),
    case(CREATE, service.preview_variants, GenerateDraft.model_validate({"asset_ids": [new_id()]})),
    case(READ, service.duplicate_experiment, new_id()),
    case(UPDATE, service.update_experiment, new_id(), 1, ExperimentChange()),
    *(case(needs, service.act_on_experiment, new_id(), action) for action, needs in NEEDED.items()),
    case(RUN, service.decide_experiment, new_id(), DecisionDraft(outcome=DecisionOutcome.ROLLBACK)),
    case(READ, service.get_experiment, new_id()),
    case(READ, service.get_winner, new_id()),
    case(READ, service.list_experiments, service.EXPERIMENTS.parse()),
    case(READ, service.list_plan_versions, new_id()),
    case(READ, service.check_experiment, ExperimentDraft(name="A")),
    case(READ, service.plan_test, PlanQuestion(base=0.1, effect=0.2)),
    case(READ, service.recommend, RecommendationQuestion()),
    case(CREATE, service.create_layer, LayerDraft(name="A", key="a")),
    case(READ, service.get_layer, new_id()),
    case(READ, service.list_layers, service.LAYERS.parse()),
    case(UPDATE, service.update_layer, new_id(), 1, LayerChange()),
    case(RUN, service.act_on_layer, new_id(), LayerAction.ARCHIVE),
    case(RUN, service.create_holdout, HoldoutDraft(name="A", key="a", share=0.1)),
    case(READ, service.get_holdout, new_id()),
    case(READ, service.list_holdouts, service.HOLDOUTS.parse()),
    case(RUN, service.update_holdout, new_id(), 1, HoldoutChange()),
    case(RUN, service.act_on_holdout, new_id(), LayerAction.ARCHIVE),
]
SERVING = [
    case(FLAGS, service.create_flag, FlagDraft(name="A", key="a")),
    case(FLAGS, service.update_flag, new_id(), 1, FlagChange()),
    case(FLAGS, service.switch_flag, new_id(), False),
    case(FLAGS, service.act_on_flag, new_id(), FlagAction.ARCHIVE),
    case(FLAGS_READ, service.get_flag, new_id()),
    case(FLAGS_READ, service.list_flags, service.FLAGS.parse()),
    case(Permission.FLAGS_EVALUATE, service.admit_call),
    case(Permission.FLAGS_EVALUATE, service.evaluate_flag, "a", {}),
    case(Permission.FLAGS_EVALUATE, service.evaluate_flags, {}),
    case(READ, service.get_exposures, new_id()),
    case(READ, service.list_exposures, [new_id()]),
]
MEASURING = [
    case(METRICS, service.create_metric, MetricDraft.model_construct(key="a", name="A", definition=None)),
    case(METRICS, service.update_metric, new_id(), 1, MetricChange()),
    case(METRICS, service.act_on_metric, new_id(), MetricAction.ARCHIVE),
    case(METRICS_READ, service.get_metric, new_id()),
    case(METRICS_READ, service.list_metrics, service.METRICS.parse()),
    case(READ, service.get_results, new_id()),
    case(READ, service.get_segments, new_id(), Dimension.DEVICE),
    case(READ, service.get_distribution, new_id(), new_id()),
    case(READ, service.list_external_results, new_id()),
    case(UPDATE, service.submit_results, new_id(), ExternalDraft.model_construct(source="A", metrics=[])),
]
DECIDING = [
    case(READ, service.get_looks, new_id()),
    case(READ, service.report_experiment, new_id(), ReportFormat.CSV),
]
CASES = [*LIFE, *SERVING, *MEASURING, *DECIDING]


def test_every_act_needs_a_right() -> None:
    assert service.PERMISSIONS == NEEDED


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_without_the_right_the_service_refuses(case: Case) -> None:
    await refuses(case)

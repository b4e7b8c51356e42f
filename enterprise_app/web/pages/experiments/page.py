"""The pages of experiments."""

from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.web.pages.experiments.editing import ExperimentFormState
from enterprise_app.web.pages.experiments.elsewhere import ElsewhereState
from enterprise_app.web.pages.experiments.elsewhere_page import elsewhere_form
from enterprise_app.web.pages.experiments.flag_form import FlagFormState
from enterprise_app.web.pages.experiments.flag_form_page import flag_form
from enterprise_app.web.pages.experiments.flags import FlagsState
from enterprise_app.web.pages.experiments.flags_page import flags
from enterprise_app.web.pages.experiments.form_page import experiment_form
from enterprise_app.web.pages.experiments.layers import LayersState
from enterprise_app.web.pages.experiments.layers_page import layers
from enterprise_app.web.pages.experiments.list_page import experiments
from enterprise_app.web.pages.experiments.metric_form import MetricFormState
from enterprise_app.web.pages.experiments.metric_form_page import metric_form
from enterprise_app.web.pages.experiments.metrics import MetricsState
from enterprise_app.web.pages.experiments.metrics_page import metrics
from enterprise_app.web.pages.experiments.recommending import RecommendingState
from enterprise_app.web.pages.experiments.recommending_page import recommendations
from enterprise_app.web.pages.experiments.results_page import PAGES as RESULTS
from enterprise_app.web.pages.experiments.state import ExperimentsState
from enterprise_app.web.shell.page import Page, Section

PAGES = [
    Page(
        route="/experiments",
        title="experiments.list.title",
        help_key="experiments.help.list",
        area="experiments",
        need=Permission.EXPERIMENTS_READ,
        body=experiments,
        icon="flask-conical",
        section=Section.GROW,
        on_load=(ExperimentsState.load,),
        on_leave=(ExperimentsState.leave,),
        topics=("experiments",),
        refresh=ExperimentsState.load,
    ),
    Page(
        route="/experiments/new",
        title="experiments.new",
        help_key="experiments.help.form",
        area="experiments",
        need=Permission.EXPERIMENTS_CREATE,
        body=lambda: experiment_form(is_new=True),
        icon="flask-conical",
        on_load=(ExperimentFormState.load_new,),
        on_leave=(ExperimentFormState.leave,),
        topics=("metrics", "experiments"),
        refresh=ExperimentFormState.refresh,
    ),
    *RESULTS,
    Page(
        route="/experiments/[id]/elsewhere",
        title="elsewhere.title",
        help_key="elsewhere.help",
        area="experiments",
        need=Permission.EXPERIMENTS_UPDATE,
        body=elsewhere_form,
        icon="flask-conical",
        on_load=(ElsewhereState.load,),
        on_leave=(ElsewhereState.leave,),
    ),
    Page(
        route="/experiments/[id]/edit",
        title="experiments.edit",
        help_key="experiments.help.form",
        area="experiments",
        need=Permission.EXPERIMENTS_UPDATE,
        body=lambda: experiment_form(is_new=False),
        icon="flask-conical",
        on_load=(ExperimentFormState.load,),
        on_leave=(ExperimentFormState.leave,),
        topics=("metrics", "experiments"),
        refresh=ExperimentFormState.refresh,
    ),
    Page(
        route="/experiments/metrics",
        title="experiments.metric.list",
        help_key="experiments.help.metrics",
        area="experiments",
        need=Permission.METRICS_READ,
        body=metrics,
        icon="target",
        section=Section.GROW,
        on_load=(MetricsState.load,),
        on_leave=(MetricsState.leave,),
        topics=("metrics",),
        refresh=MetricsState.load,
    ),
    Page(
        route="/experiments/metrics/new",
        title="experiments.metric.new",
        help_key="experiments.help.metric",
        area="experiments",
        need=Permission.METRICS_MANAGE,
        body=lambda: metric_form(is_new=True),
        icon="target",
        on_load=(MetricFormState.load_new,),
        on_leave=(MetricFormState.leave,),
    ),
    Page(
        route="/experiments/metrics/[id]",
        title="experiments.metric.one",
        help_key="experiments.help.metric",
        area="experiments",
        need=Permission.METRICS_READ,
        body=lambda: metric_form(is_new=False),
        icon="target",
        on_load=(MetricFormState.load,),
        on_leave=(MetricFormState.leave,),
    ),
    Page(
        route="/flags",
        title="experiments.flag.list",
        help_key="experiments.help.flags",
        area="experiments",
        need=Permission.FLAGS_READ,
        body=flags,
        icon="toggle-right",
        section=Section.GROW,
        on_load=(FlagsState.load,),
        on_leave=(FlagsState.leave,),
        topics=("flags",),
        refresh=FlagsState.load,
    ),
    Page(
        route="/flags/new",
        title="experiments.flag.new",
        help_key="experiments.help.flag",
        area="experiments",
        need=Permission.FLAGS_MANAGE,
        body=lambda: flag_form(is_new=True),
        icon="toggle-right",
        on_load=(FlagFormState.load_new,),
        on_leave=(FlagFormState.leave,),
    ),
    Page(
        route="/flags/[id]",
        title="experiments.flag.one",
        help_key="experiments.help.flag",
        area="experiments",
        need=Permission.FLAGS_READ,
        body=lambda: flag_form(is_new=False),
        icon="toggle-right",
        on_load=(FlagFormState.load,),
        on_leave=(FlagFormState.leave,),
        topics=("flags",),
        refresh=FlagFormState.refresh,
    ),
    Page(
        route="/experiments/layers",
        title="experiments.layer.list",
        help_key="experiments.help.layers",
        area="experiments",
        need=Permission.EXPERIMENTS_READ,
        body=layers,
        icon="layers",
        on_load=(LayersState.load,),
        on_leave=(LayersState.leave,),
        topics=("experiments", "flags"),
        refresh=LayersState.load,
    ),
    Page(
        route="/experiments/recommendations",
        title="recommending.title",
        help_key="recommending.help",
        area="experiments",
        need=Permission.EXPERIMENTS_READ,
        body=recommendations,
        icon="lightbulb",
        on_load=(RecommendingState.load,),
        on_leave=(RecommendingState.leave,),
        topics=("experiments",),
        refresh=RecommendingState.load,
    ),
]

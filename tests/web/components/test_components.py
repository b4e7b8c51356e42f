"""What the components promise to pages: labels reach controls, states reach ARIA, and everything stands on /design."""

import inspect
import re
from pathlib import Path

import pytest
import reflex as rx
from reflex_components_lucide.icon import LUCIDE_ICON_LIST

from enterprise_app.web import components as ui
from enterprise_app.web.components.icons import ICONS, MIRRORED
from enterprise_app.web.pages.design import page, specimens

ROOT = Path(__file__).resolve().parents[3]
CSS = (ROOT / "assets" / "components.css").read_text(encoding="utf-8")
PHYSICAL = re.compile(r"(?<![\w-])(?:margin|padding|border|inset)-(?:left|right)\b|(?<![\w-])(?:left|right|float)\s*:")


def markup(component: rx.Component) -> str:
    """Everything the component would render, as text."""
    return str(component.render())


def test_a_field_joins_label_hint_and_error_to_its_control():
    shown = markup(ui.field("E-mail", ui.text_input(name="email"), hint="Work", error="Wrong", required=True))
    assert '"htmlFor":"f-email"' in shown or 'htmlFor:"f-email"' in shown
    assert '"f-email-hint f-email-error"' in shown
    assert '"aria-invalid":"true"' in shown
    assert "required:true" in shown


def test_a_live_error_decides_in_the_browser():
    error = rx.Var(_js_expr="state.error", _var_type=str)
    shown = markup(ui.field("E-mail", ui.text_input(name="email"), error=error))
    assert '"aria-invalid":(isTrue(state.error) ? "true" : "false")' in shown


@pytest.mark.parametrize(
    "control",
    [
        lambda: ui.text_input(name="x"),
        lambda: ui.textarea(name="x"),
        lambda: ui.select([("a", "A")], name="x"),
        lambda: ui.password_input(name="x"),
        lambda: ui.money_input(name="x", currency="EUR"),
        lambda: ui.tag_input(value=["a"], name="x"),
        lambda: ui.text_input(name="x", value=rx.Var(_js_expr="v", _var_type=str), on_change=rx.console_log),
    ],
)
def test_every_control_can_be_labelled(control):
    shown = markup(ui.field("X", control(), hint="why"))
    assert '"f-x"' in shown
    assert '"aria-describedby":"f-x-hint"' in shown


def test_a_field_without_a_control_or_name_says_so():
    with pytest.raises(ValueError, match="needs a control"):
        ui.field("X", rx.el.p("no"))
    with pytest.raises(ValueError, match="needs name"):
        ui.field("X", ui.tag_input(value=["a"]))


def test_native_forms_are_left_to_the_browser():
    shown = markup(ui.native_form(action="/auth/sign-in"))
    assert "onSubmit" not in shown
    assert '"/auth/sign-in"' in shown


def test_a_wizards_steps_say_where_one_is_and_how_each_stands():
    current = rx.Var(_js_expr="state.step", _var_type=str)
    marks = rx.Var(_js_expr="state.marks", _var_type=dict[str, str]).to(dict[str, str])
    shown = markup(ui.steps([("a", "First"), ("b", "Last")], current, marks, href=lambda s: f"?step={s}", label="Way"))
    assert shown.count('"aria-current":') == 2
    assert '"?step=b"' in shown
    assert "ol" in shown
    for told in ("done", "wrong", "missing"):
        assert shown.count(f"components.step.{told}") == 2


def test_icons_exist_and_mirrored_ones_are_known():
    assert [name for name in ICONS.values() if name not in LUCIDE_ICON_LIST] == []
    assert set(ICONS) >= MIRRORED
    with pytest.raises(KeyError):
        ui.icon("no such idea")


def test_icons_are_silent_unless_labelled():
    assert '"aria-hidden":"true"' in markup(ui.icon("add"))
    assert '"aria-label":"Add"' in markup(ui.icon("add", label="Add"))


def test_a_busy_button_is_disabled_and_says_so():
    shown = markup(ui.button("Save", loading=True))
    assert '"aria-busy":"true"' in shown
    assert "disabled:true" in shown


@pytest.mark.parametrize("disabled", [False, True, rx.Var(_js_expr="off", _var_type=bool)])
@pytest.mark.parametrize("loading", [False, True, rx.Var(_js_expr="busy", _var_type=bool)])
def test_disabled_and_loading_combine(disabled, loading):
    shown = markup(ui.button("Save", disabled=disabled, loading=loading))
    for state in (disabled, loading):
        if isinstance(state, rx.Var) and True not in (disabled is True, loading is True):
            assert state._js_expr in shown.split("disabled:")[1].split("]")[0]


def test_a_header_sorts_up_first_and_then_down():
    columns = [ui.Column("Name", lambda row: row["name"], sort="name")]
    rows = rx.Var(_js_expr="rows", _var_type=list[dict[str, str]])
    sort = rx.Var(_js_expr="sort", _var_type=str)
    table = ui.data_table(columns, rows, label="T", row_id=lambda row: row["id"], sort=sort, on_sort=rx.console_log)
    shown = markup(table)
    assert '"-name"' in shown
    assert '"ascending"' in shown
    assert '"descending"' in shown


def test_a_chart_brings_its_library_only_by_name():
    chart = ui.chart(["a"], [{"name": "n", "values": [1]}], label="L")
    imports = chart._get_all_imports()
    assert "plotly.js-basic-dist-min@3.7.0" in imports
    assert not any(one.render for one in imports["plotly.js-basic-dist-min@3.7.0"]), (
        "a rendered import ends in the page"
    )


def test_styles_are_logical():
    assert [line for line in CSS.splitlines() if PHYSICAL.search(line)] == []


def test_colours_come_from_tokens():
    stray = [line for line in CSS.splitlines() if re.search(r"#[0-9a-f]{3,8}\b", line)]
    assert len(stray) <= 2, stray


def test_every_class_of_the_components_is_styled():
    folder = ROOT / "enterprise_app" / "web" / "components"
    sources = "\n".join(file.read_text(encoding="utf-8") for file in folder.glob("*.py"))
    used = {name for text in re.findall(r'class_name="([a-z -]+)"', sources) for name in text.split()}
    unstyled = sorted(name for name in used if f".{name}" not in CSS)
    assert unstyled == []


def test_every_component_is_on_the_design_page():
    source = inspect.getsource(specimens) + inspect.getsource(page)
    words = {"Flag", "Handler", "Node", "Text"}
    missing = [name for name in ui.__all__ if name not in words and f"ui.{name}" not in source]
    assert missing == []


def test_the_design_page_is_for_development_only_and_renders():
    assert page.PAGES[0].dev_only
    assert "design-panels" in markup(page.body())

"""EXP-10: styles change where they are meant to, and nowhere else."""

from typing import Any

import pytest
import tinycss2
from hypothesis import given
from hypothesis import strategies as st

from enterprise_app.core.errors import Invalid
from enterprise_app.domains.experiments.rules.generating.editing import Edit, apply, attributes
from enterprise_app.domains.experiments.rules.generating.recolouring import read_recolours
from enterprise_app.domains.experiments.rules.generating.styles import (
    change_stylesheet,
    find_edits,
    is_safe_value,
    style_changes,
)

TO_BLUE = read_recolours([("#ff0000", "#0000ff")], tolerance=1)


def recoloured(source: str) -> str:
    return change_stylesheet(source, style_changes(recolours=TO_BLUE))[0]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a{color:red}", "a{color:#0000ff}"),
        ("a { color : #F00 ; }", "a { color : #0000ff ; }"),
        ("a{color:rgb(255 0 0 / 50%)}", "a{color:#0000ff80}"),
        ("a{color:hsl( 0, 100%, 50% )!important}", "a{color:#0000ff!important}"),
        ("a{border:1px solid red;color:red", "a{border:1px solid #0000ff;color:#0000ff"),
        ("a{background:linear-gradient(red,#fff 3px)}", "a{background:linear-gradient(#0000ff,#fff 3px)}"),
        ("a{color:var(--x, red)}", "a{color:var(--x, #0000ff)}"),
        ("@media (min-width:3px){a{color:red}}", "@media (min-width:3px){a{color:#0000ff}}"),
        ("a{&:hover{color:red} color:red}", "a{&:hover{color:#0000ff} color:#0000ff}"),
        ("a{b:hover{color:red}}", "a{b:hover{color:#0000ff}}"),
        (":root{--brand:red;--gap:2px}", ":root{--brand:#0000ff;--gap:2px}"),
        ("a{\r\n  color:\r\n  red\r\n}", "a{\r\n  color:\r\n  #0000ff\r\n}"),
        ("/*é日*/a{content:'日';color:red}", "/*é日*/a{content:'日';color:#0000ff}"),
        ("@keyframes tan{from{color:red}}", "@keyframes tan{from{color:#0000ff}}"),
    ],
)
def test_colours_are_replaced_wherever_they_stand(source: str, expected: str) -> None:
    assert recoloured(source) == expected


@pytest.mark.parametrize(
    "source",
    [
        "#f00{margin:0}",
        "a #ff0000:hover{margin:0}",
        "a{b:#f00 c{margin:0}}",
        "a{animation-name:red;font-family:red}",
        ".red{grid-area:red}",
        "a{content:'red #f00'}",
        "a{background:url(#f00)}",
        "a{background:url('#f00')}",
        "/* color:red */",
        "a{color:currentColor;background:transparent}",
        "a{color:#00ff00;background:#fff}",
        "@import url(red);",
        "a{color:",
        "a{:red}",
        "}}}{{{",
        "",
        "\\",
    ],
)
def test_what_is_no_such_colour_stays(source: str) -> None:
    assert recoloured(source) == source


def test_custom_properties_are_set_where_they_are_declared() -> None:
    source = ":root{--hero-height : 70vh;--x:{a:b};--cta:#fff !important}\n@media print{:root{--hero-height:1px}}"
    changed, found = change_stylesheet(source, style_changes({"--hero-height": "50vh", "--cta": "#000", "--no": "1"}))
    assert changed == (
        ":root{--hero-height : 50vh;--x:{a:b};--cta:#000 !important}\n@media print{:root{--hero-height:50vh}}"
    )
    assert found.variables == {"--hero-height", "--cta"}


def test_a_style_attribute_is_declarations() -> None:
    found = find_edits("color:red;--x: 1", style_changes({"--x": "2"}, TO_BLUE), declarations=True)
    assert apply("color:red;--x: 1", found.edits) == "color:#0000ff;--x: 2"


@given(st.text(st.sampled_from("abc{}();:#f0red-'\"\\/*@!,\n\r é<>"), max_size=60))
def test_a_change_of_nothing_changes_nothing(source: str) -> None:
    assert change_stylesheet(source, style_changes({"--nothing": "1"}))[0] == source
    colours = find_edits(source, style_changes(recolours=TO_BLUE))
    for edit in colours.edits:
        assert source[edit.start : edit.end].strip().startswith(("red", "#f00")), source


@given(st.text(max_size=40))
def test_a_safe_value_stays_a_value(value: str) -> None:
    if is_safe_value(value):
        rules: list[Any] = tinycss2.parse_stylesheet(f"a{{--x:{value};color:red}}b{{}}", skip_whitespace=True)
        assert [rule.type for rule in rules] == ["qualified-rule", "qualified-rule"]
        declared: list[Any] = tinycss2.parse_blocks_contents(rules[0].content, skip_whitespace=True)
        assert [d.name for d in declared] == ["--x", "color"]
        assert not set(value) & set("<>;{}'\"\\@")


@pytest.mark.parametrize(
    "value",
    [
        "#1d4ed8",
        "70vh",
        "1.25rem",
        "center",
        "calc(1px + 2 * 3%)",
        "clamp(1rem, 2vw, 3rem)",
        "rgb(1 2 3 / 50%)",
        "1px -2",
    ],
)
def test_values_of_variants_are_safe(value: str) -> None:
    assert is_safe_value(value)


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("--x", "red;color:blue", "css_value_bad"),
        ("--x", "url(https://example.org)", "css_value_bad"),
        ("--x", "expression(alert(1))", "css_value_bad"),
        ("--x", "</style><script>", "css_value_bad"),
        ("--x", "'a'", "css_value_bad"),
        ("--x", "a}b{", "css_value_bad"),
        ("--x", "\\3c script", "css_value_bad"),
        ("--x", "/* */", "css_value_bad"),
        ("--x", "red !important", "css_value_bad"),
        ("--x", " ", "css_value_bad"),
        ("--x", "1" * 201, "css_value_bad"),
        ("color", "red", "css_name_bad"),
        ("--", "red", "css_name_bad"),
        ("--a:b", "red", "css_name_bad"),
    ],
)
def test_values_that_are_more_than_values_are_refused(name: str, value: str, problem: str) -> None:
    with pytest.raises(Invalid) as caught:
        style_changes({name: value})
    assert [p.code for p in caught.value.problems] == [problem]


def test_attributes_are_found_as_a_browser_finds_them() -> None:
    tag = "<a  b=1 C = 'x>y' d\n=\"q\"/e='' =f=g h style=z>text"
    found = attributes(tag, 0)
    assert {name: tag[a.start : a.end] for name, a in found.items()} == {
        "b": "1", "c": "'x>y'", "d": '"q"', "e": "''", "=f": "g", "style": "z"
    }  # fmt: skip
    assert apply(tag, [found["c"].edit('"&<')]).startswith('<a  b=1 C = "&quot;&amp;&lt;" d')


def test_edits_that_overlap_are_refused() -> None:
    assert apply("abcdef", [Edit(4, 5, "X"), Edit(0, 2, "")]) == "cdXf"
    with pytest.raises(ValueError, match="overlap"):
        apply("abcdef", [Edit(0, 3, "X"), Edit(2, 4, "Y")])

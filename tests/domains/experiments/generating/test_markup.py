"""EXP-10: pages and drawings change where they are meant to, and nowhere else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enterprise_app.domains.experiments.rules.generating.finding import (
    colour_of_picture,
    colour_of_styles,
    layout_of_styles,
)
from enterprise_app.domains.experiments.rules.generating.layouts import Layout
from enterprise_app.domains.experiments.rules.generating.markup import (
    Changes,
    change_drawing,
    change_page,
    drawing_sources,
    find_text,
    style_sources,
)
from enterprise_app.domains.experiments.rules.generating.recolouring import read_recolours
from enterprise_app.domains.experiments.rules.generating.styles import style_changes
from enterprise_app.domains.experiments.rules.generating.texts import TextKind
from tests.domains.campaigns.pictures import picture

STYLES = style_changes({"--hero-height": "80vh"}, read_recolours([("#ff0000", "#0000ff")], tolerance=1))
ALL = Changes(STYLES, {TextKind.HEADLINE: "A <b> & c", TextKind.CALL_TO_ACTION: "Buy"})


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("<style>a{color:red}</style>", "<style>a{color:#0000ff}</style>"),
        ("<STYLE>a{color:red}</STYLE >", "<STYLE>a{color:#0000ff}</STYLE >"),
        ("<p>é\r\n日<b style='color:red'>x</b>", "<p>é\r\n日<b style='color:#0000ff'>x</b>"),
        ('<svg><path fill="red"/></svg>', '<svg><path fill="#0000ff"/></svg>'),
        ('<td bgcolor="#f00">', '<td bgcolor="#f00">'),  # no cell outside of a table
        ('<table><td bgcolor="#f00">', '<table><td bgcolor="#0000ff">'),
        ("<style>:root{--hero-height:70vh}</style>", "<style>:root{--hero-height:80vh}</style>"),
        ("<h1>Old</h1>", "<h1>A &lt;b&gt; &amp; c</h1>"),
        ("<h1><span>Old</span></h1>", "<h1><span>A &lt;b&gt; &amp; c</span></h1>"),
        ("<h1>Old <em>one</em></h1><h2>Old</h2>", "<h1>Old <em>one</em></h1><h2>A &lt;b&gt; &amp; c</h2>"),
        ("<a class='x cta'>Go</a><button>No</button>", "<a class='x cta'>Buy</a><button>No</button>"),
        ("<p data-headline>İ Old</p>", "<p data-headline>A &lt;b&gt; &amp; c</p>"),
    ],
)
def test_pages_change_where_they_are_meant_to(source: str, expected: str) -> None:
    assert change_page(source, ALL) == expected


@pytest.mark.parametrize(
    "source",
    [
        "<!-- <h1>Old</h1><style>a{color:red}</style> -->",
        "<script>var a='<h1>Old</h1><style>a{color:red}</style>'</script>",
        "<textarea><h1>Old</h1></textarea>",
        "<title><h1>red</h1></title>",
        "<a title='color:red' data-style='color:red'>x</a>",
        "<b style=color:red>unquoted</b>",
        "<b style='color:&#114;ed'>references</b>",
        "<b style='content:&quot;;color:red;&quot;'>references</b>",
        "<h1>never closed",
        "<p>nothing</p>",
        "",
    ],
)
def test_everything_else_stays(source: str) -> None:
    assert change_page(source, ALL) == source


def test_what_the_parser_clones_changes_once() -> None:
    source = "<p><b style='color:red'>one<p>two</b>three"
    assert change_page(source, ALL) == source.replace("red", "#0000ff")


@given(st.text(alphabet="<>/abh1pstyle='\"&;! -=:{}red\r\n", max_size=120))
def test_no_page_breaks_it(source: str) -> None:
    changed = change_page(source, ALL)
    assert change_page(source, ALL) == changed
    assert changed == source or "#0000ff" in changed or "Buy" in changed or "&amp;" in changed or "80vh" in changed


def test_drawings_change_in_place() -> None:
    source = (
        "<?xml version='1.0'?>\r\n<svg xmlns='http://www.w3.org/2000/svg'><style><![CDATA[.a{fill:red}]]></style>"
        "<title>é日 red</title><path style='stroke:red' fill='red'/><!-- <path fill='red'/> --></svg>"
    )
    changed = change_drawing(source.encode(), STYLES).decode()
    expected = source.replace(":red", ":#0000ff").replace("fill='red'/><!--", "fill='#0000ff'/><!--")
    assert changed == expected
    for data in (b"<svg", "<svg fill='red'>é</svg>".encode("latin-1"), b"<svg fill='red' style='color:&amp;'></svg"):
        assert change_drawing(data, STYLES) == data


def test_what_is_in_use() -> None:
    page = (
        "<style>:root{--hero-height:80vh;--spacing:2rem}a{color:#d6336c;b:#d6336c;c:#00f;d:#777}</style><h1> A\n b</h1>"
    )
    sources = style_sources(page)
    assert colour_of_styles(sources) == "#d6336c"
    assert layout_of_styles(sources) == Layout(hero_height=80, density="airy")
    assert layout_of_styles(["a{color:red}"]) is None
    assert layout_of_styles(["a{--hero-height:9000vh}"]) == Layout(), "nonsense is no layout, but its page has one"
    assert find_text(page, TextKind.HEADLINE) == "A b"
    assert find_text(page, TextKind.CALL_TO_ACTION) is None
    assert (
        colour_of_styles(drawing_sources(b"<svg><a fill='#0b7285'/><b style='x' fill='#777777'/></svg>")) == "#0b7285"
    )
    assert colour_of_picture(picture()) is None, "greys"

"""EXP-10: colours are measured as the publications say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enterprise_app.core.errors import Invalid
from enterprise_app.domains.experiments.rules.generating.perceiving import (
    Vision,
    ciede2000,
    contrast,
    difference,
    luminance,
    simulate,
)
from enterprise_app.domains.experiments.rules.generating.spaces import (
    Colour,
    cielab,
    linear_of_oklab,
    nearest,
    oklab,
    oklch,
    read_colour,
)

# Sharma, Wu, Dalal (2005), table 1: L* a* b* of both colours, and their difference.
SHARMA = """
50.0000 2.6772 -79.7751 50.0000 0.0000 -82.7485 2.0425
50.0000 3.1571 -77.2803 50.0000 0.0000 -82.7485 2.8615
50.0000 2.8361 -74.0200 50.0000 0.0000 -82.7485 3.4412
50.0000 -1.3802 -84.2814 50.0000 0.0000 -82.7485 1.0000
50.0000 -1.1848 -84.8006 50.0000 0.0000 -82.7485 1.0000
50.0000 -0.9009 -85.5211 50.0000 0.0000 -82.7485 1.0000
50.0000 0.0000 0.0000 50.0000 -1.0000 2.0000 2.3669
50.0000 -1.0000 2.0000 50.0000 0.0000 0.0000 2.3669
50.0000 2.4900 -0.0010 50.0000 -2.4900 0.0009 7.1792
50.0000 2.4900 -0.0010 50.0000 -2.4900 0.0010 7.1792
50.0000 2.4900 -0.0010 50.0000 -2.4900 0.0011 7.2195
50.0000 2.4900 -0.0010 50.0000 -2.4900 0.0012 7.2195
50.0000 -0.0010 2.4900 50.0000 0.0009 -2.4900 4.8045
50.0000 -0.0010 2.4900 50.0000 0.0010 -2.4900 4.8045
50.0000 -0.0010 2.4900 50.0000 0.0011 -2.4900 4.7461
50.0000 -0.0010 2.4900 50.0000 0.0012 -2.4900 4.7461
50.0000 2.5000 0.0000 50.0000 0.0000 -2.5000 4.3065
50.0000 2.5000 0.0000 73.0000 25.0000 -18.0000 27.1492
50.0000 2.5000 0.0000 61.0000 -5.0000 29.0000 22.8977
50.0000 2.5000 0.0000 56.0000 -27.0000 -3.0000 31.9030
50.0000 2.5000 0.0000 58.0000 24.0000 15.0000 19.4535
50.0000 2.5000 0.0000 50.0000 3.1736 0.5854 1.0000
50.0000 2.5000 0.0000 50.0000 3.2972 0.0000 1.0000
50.0000 2.5000 0.0000 50.0000 1.8634 0.5757 1.0000
50.0000 2.5000 0.0000 50.0000 3.2592 0.3350 1.0000
60.2574 -34.0099 36.2677 60.4626 -34.1751 39.4387 1.2644
63.0109 -31.0961 -5.8663 62.8187 -29.7946 -4.0864 1.2630
61.2901 3.7196 -5.3901 61.4292 2.2480 -4.9620 1.8731
35.0831 -44.1164 3.7933 35.0232 -40.0716 1.5901 1.8645
22.7233 20.0904 -46.6940 23.0331 14.9730 -42.5619 2.0373
36.4612 47.8580 18.3852 36.2715 50.5065 21.2231 1.4146
90.8027 -2.0831 1.4410 91.1528 -1.6435 0.0447 1.4441
90.9257 -0.5406 -0.9208 88.6381 -0.8985 -0.7239 1.5381
6.7747 -0.2908 -2.4247 5.8714 -0.0985 -2.2286 0.6377
2.0776 0.0795 -1.1350 0.9033 -0.0636 -0.5514 0.9082
"""
ROWS = [tuple(map(float, line.split())) for line in SHARMA.split("\n") if line]

# coloraide 8.13: OKLab, CIELAB (D65), WCAG contrast to white, and Machado's simulation as linear light, cut to sRGB.
PEERS = {
    "#008000": ((0.519752, -0.140302, 0.107676), (46.2279, -51.6978, 49.9012), 5.1376),
    "#ff0000": ((0.627955, 0.224863, 0.125846), (53.2371, 80.0901, 67.2033), 3.9979),
    "#0000ff": ((0.452014, -0.032457, -0.311528), (32.3009, 79.1953, -107.8555), 8.593),
    "#1d4ed8": ((0.488198, -0.021281, -0.21612), (39.0141, 36.7708, -74.5715), 6.7019),
    "#f59e0b": ((0.76859, 0.0561, 0.154808), (72.1568, 23.4871, 75.2275), 2.1476),
    "#123456": ((0.319168, -0.023387, -0.068576), (21.0425, 1.0581, -24.1005), 12.7175),
    "#00ffff": ((0.905399, -0.149444, -0.039398), (91.1148, -48.0789, -14.129), 1.2539),
    "#ffffff": ((1.0, 0.0, 0.0), (100.0, 0.0, 0.0), 1.0),
}
SEEN = {
    "#1d4ed8": ((0, 0.12944, 0.71868), (0, 0.08723, 0.66844), (0, 0.17131, 0.26141)),
    "#f59e0b": ((0.49826, 0.37373, 0), (0.62891, 0.48584, 0.00713), (1, 0.24715, 0.24173)),
    "#fedcba": ((0.80366, 0.72494, 0.47827), (0.86808, 0.78218, 0.49476), (1, 0.66094, 0.64872)),
}
colours = st.builds(Colour, *[st.integers(0, 255)] * 3)


@pytest.mark.parametrize("row", ROWS)
def test_ciede2000_is_the_published_one(row: tuple[float, ...]) -> None:
    one, other = (row[0], row[1], row[2]), (row[3], row[4], row[5])
    # The fourteenth pair stands on the formula's own jump (hues exactly 180° apart): either side is right, by rounding.
    jump = row[:6] == (50.0, -0.001, 2.49, 50.0, 0.001, -2.49)
    assert ciede2000(one, other) == pytest.approx(row[6], abs=0.06 if jump else 5e-5)
    assert ciede2000(other, one) == pytest.approx(ciede2000(one, other), abs=1e-9)


@pytest.mark.parametrize("text", PEERS)
def test_spaces_and_contrast_agree_with_a_peer(text: str) -> None:
    colour, (ok, lab, ratio) = Colour.of_hex(text), PEERS[text]
    assert oklab(colour) == pytest.approx(ok, abs=2e-5)
    assert cielab(colour) == pytest.approx(lab, abs=2e-3)
    assert contrast(colour, Colour(255, 255, 255)) == pytest.approx(ratio, abs=2e-3)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [("#1d4ed8", "#f59e0b", 67.4552), ("#123456", "#0000ff", 20.5997), ("#fedcba", "#ffffff", 16.4806)],
)
def test_difference_of_screen_colours_agrees_with_a_peer(one: str, other: str, expected: float) -> None:
    assert difference(Colour.of_hex(one), Colour.of_hex(other)) == pytest.approx(expected, abs=2e-3)


@pytest.mark.parametrize("text", SEEN)
def test_colour_blindness_agrees_with_a_peer(text: str) -> None:
    for vision, linear in zip(Vision, SEEN[text], strict=True):
        assert simulate(Colour.of_hex(text), vision) == Colour.of_linear(linear)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("#767676", 4.54), ("#777777", 4.48), ("#949494", 3.03), ("#959595", 2.995), ("#000000", 21.0), ("#ffffff", 1.0)],
)
def test_contrast_to_white_is_the_known_one(text: str, expected: float) -> None:
    assert contrast(Colour.of_hex(text), Colour(255, 255, 255)) == pytest.approx(expected, abs=0.005)
    assert luminance(Colour(255, 255, 255)) == pytest.approx(1.0)


@given(colours)
def test_a_colour_survives_the_way_there_and_back(colour: Colour) -> None:
    assert Colour.of_linear(linear_of_oklab(oklab(colour))) == colour
    assert nearest(oklch(colour)) == colour


@given(st.floats(0.2, 1), st.floats(0, 0.5), st.floats(0, 360))  # below, one step of 255 is much lightness
def test_what_no_screen_shows_keeps_its_lightness(lightness: float, chroma: float, hue: float) -> None:
    assert oklab(nearest((lightness, chroma, hue)))[0] == pytest.approx(lightness, abs=0.03)


@given(colours)
def test_grey_is_grey_for_all_eyes(colour: Colour) -> None:
    grey = Colour(colour.red, colour.red, colour.red)
    assert all(difference(simulate(grey, vision), grey) < 1 for vision in Vision)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("#F00", "#ff0000"),
        ("rebeccapurple", "#663399"),
        ("rgb(1 2 3)", "#010203"),
        ("hsl(120, 100%, 25%)", "#008000"),
        ("oklch(0.627955 0.257683 29.2339)", "#ff0000"),
    ],
)
def test_colours_are_read_as_css_writes_them(text: str, expected: str) -> None:
    assert read_colour(text, "base").hex == expected


@pytest.mark.parametrize("text", ["", "nope", "#12345", "#ff000080", "currentColor", "transparent", "rgb(1e999 0 0)"])
def test_what_is_no_opaque_colour_is_refused_by_field(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        read_colour(text, "base")
    assert [(p.field, p.code) for p in caught.value.problems] == [("base", "colour_bad")]

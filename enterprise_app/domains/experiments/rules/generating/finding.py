"""What is in use now: the colour that stands out in a picture or a style sheet, and the layout that a page declares."""

import re
from collections import Counter
from collections.abc import Iterable
from io import BytesIO

import numpy as np
from PIL import Image
from tinycss2.color4 import parse_color

from enterprise_app.core.errors import Invalid

from .layouts import RANGES, Layout, Parameter, read_layout
from .spaces import Colour, find_css_colour, oklch

_CHROMA = 0.06
"""Below it a colour is a grey to most eyes."""
_SIDE = 96
_COLOUR = re.compile(r"#[0-9a-f]{3,8}\b|\b(?:rgba?|hsla?|hwb|oklch|oklab)\([^()]{1,80}\)", re.I)
_VARIABLE = re.compile(r"--([a-z-]{3,40})\s*:\s*([^;{}]{1,40})")
_SPACING = {"0.75rem": "compact", "1.25rem": "regular", "2rem": "airy"}


def colour_of_picture(data: bytes) -> str | None:
    """The colour, not a grey, that most of a small picture has; None of a picture in greys."""
    with Image.open(BytesIO(data)) as image:
        small = image.convert("RGBA")
    small.thumbnail((_SIDE, _SIDE))
    pixels = np.asarray(small).reshape(-1, 4)
    seen = pixels[pixels[:, 3] > 127][:, :3]
    groups = Counter(map(tuple, (seen >> 4).tolist()))
    for group, _ in sorted(groups.items(), key=lambda item: (-item[1], item[0])):
        members = seen[(seen >> 4 == np.array(group, np.uint8)).all(axis=1)]
        red, green, blue = (int(c) for c in np.median(members, axis=0))
        if oklch(Colour(red, green, blue))[1] >= _CHROMA:
            return Colour(red, green, blue).hex
    return None


def colour_of_styles(sources: Iterable[str]) -> str | None:
    """The opaque colour, not a grey, that is written most often; the first of several."""
    counted: Counter[str] = Counter()
    for source in sources:
        for written in _COLOUR.findall(source):
            found = find_css_colour(parse_color(written))
            if found is not None and found[1] == 1 and oklch(found[0])[1] >= _CHROMA:
                counted[found[0].hex] += 1
    return counted.most_common(1)[0][0] if counted else None


def layout_of_styles(sources: Iterable[str]) -> Layout | None:
    """The layout that custom properties declare (`layouts.css_variables`); None where there is none of them."""
    values: dict[str, object] = {}
    for name, value in (pair for source in sources for pair in _VARIABLE.findall(source)):
        written = value.strip()
        parameter = name.replace("-", "_")
        if name == "spacing":
            values["density"] = _SPACING.get(written, "regular")
        elif parameter in list(Parameter):
            number = re.match(r"\d+", written)
            values[parameter] = int(number[0]) if Parameter(parameter) in RANGES and number else written
    try:
        return read_layout(values) if values else None
    except Invalid:
        return Layout()

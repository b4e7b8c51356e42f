"""Pictures lose what they tell and keep what they show; drawings that run or load something are refused."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from enterprise_app.core.errors import Invalid
from enterprise_app.domains.campaigns.gateway import picture_process, pictures
from enterprise_app.domains.campaigns.rules import assets as rules
from enterprise_app.domains.campaigns.rules.drawings import Size, UnsafeDrawing, examine
from enterprise_app.domains.campaigns.rules.pictures import RASTERS, BrokenPicture, strip
from enterprise_app.domains.campaigns.vocabulary import AssetAction, AssetState
from tests.domains.campaigns.pictures import SECRET, bomb, lying_png, moving, picture, telling


@pytest.mark.parametrize("kind", sorted(RASTERS))
def test_a_picture_keeps_its_dots_and_nothing_else(kind: str) -> None:
    told = telling(kind)
    assert SECRET in told
    bare = strip(kind, told)
    assert SECRET not in bare
    assert b"<script>" not in bare
    with Image.open(io.BytesIO(told)) as before, Image.open(io.BytesIO(bare)) as after:
        assert ImageChops.difference(before.convert("RGB"), after.convert("RGB")).getbbox() is None
        assert not dict(after.getexif())
    assert strip(kind, bare) == bare


@pytest.mark.parametrize("kind", ["image/jpeg", "image/png", "image/webp"])
def test_how_it_is_turned_is_kept(kind: str) -> None:
    with Image.open(io.BytesIO(strip(kind, telling(kind, 6), 6))) as after:
        assert dict(after.getexif()) == {0x0112: 6}
        after.load()


@pytest.mark.parametrize("kind", ["image/gif", "image/png", "image/webp"])
def test_what_moves_goes_on_moving(kind: str) -> None:
    with Image.open(io.BytesIO(strip(kind, moving(kind) + b"appended"))) as after:
        assert (after.n_frames, after.info.get("loop")) == (3, 0)  # pyright: ignore[reportAttributeAccessIssue]


def test_colours_stay_as_they_were_meant() -> None:
    profile = b"\x00" * 128 + b"a profile"
    for kind in ("image/jpeg", "image/png", "image/webp"):
        with Image.open(io.BytesIO(strip(kind, picture(kind, icc_profile=profile)))) as after:
            assert after.info["icc_profile"] == profile


@pytest.mark.parametrize("kind", sorted(RASTERS))
def test_what_breaks_off_is_no_picture(kind: str) -> None:
    whole = picture(kind, (200, 200))
    for size in (0, 1, 7, 12, 20, len(whole) // 2):
        with pytest.raises(BrokenPicture):
            strip(kind, whole[:size])


@given(st.sampled_from(sorted(RASTERS)), st.binary(max_size=200), st.integers(0, 400))
@settings(max_examples=300, deadline=None)
def test_nonsense_is_refused_and_nothing_worse(kind: str, noise: bytes, at: int) -> None:
    whole = picture(kind)
    for data in (noise, whole[:at] + noise + whole[at:]):
        try:
            strip(kind, data)
        except BrokenPicture:
            continue


def refused(code: str, kind: str, data: bytes) -> None:
    """Said by the process that decodes."""
    with pytest.raises(picture_process.Refused) as problem:
        picture_process.look(kind, data)
    assert problem.value.args[0] == code


def test_bombs_are_refused_before_they_are_decoded() -> None:
    small = bomb(10_000, 10_000)
    assert len(small) < 20_000
    refused("asset_image_large", "image/png", small)
    refused("asset_image_large", "image/png", lying_png(60_000, 60_000))
    refused("asset_image_large", "image/png", bomb(17_000, 10))
    refused("asset_image_frames", "image/gif", moving("image/gif", 1_001))
    refused("asset_image_broken", "image/png", lying_png(6_000, 6_000))
    refused("asset_image_broken", "image/gif", b"GIF89a/*" + b"*/=1;alert(1)//")


async def test_a_process_looks_at_pictures() -> None:
    seen = await pictures.examine("image/jpeg", telling("image/jpeg", 6))
    assert (seen.width, seen.height, seen.frames) == (40, 60, 1), "as shown: turned"
    with Image.open(io.BytesIO(seen.thumbnail)) as small:
        assert (small.format, small.size, dict(small.getexif())) == ("WEBP", (40, 60), {})
    with Image.open(io.BytesIO((await pictures.examine("image/png", picture(size=(2000, 1000)))).thumbnail)) as small:
        assert small.size == (480, 240)
    with pytest.raises(Invalid):
        await pictures.examine("image/png", bomb(10_000, 10_000))


async def test_a_process_that_dies_or_dreams_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    for code in ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "while True: pass"):
        monkeypatch.setattr(pictures, "_COMMAND", ("-c", code))
        monkeypatch.setattr(pictures, "_SECONDS", 1.0)
        with pytest.raises(Invalid) as problem:
            await pictures.examine("image/png", picture())
        assert problem.value.problems[0].code == "asset_image_broken"


def svg(inside: str, **attributes: str) -> bytes:
    """A drawing."""
    words = " ".join(f'{name}="{value}"' for name, value in attributes.items())
    links = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return f"<svg {links} {words}>{inside}</svg>".encode()


GOOD = [
    "<rect width='10' height='10' fill='url(#g)'/>",
    "<style>.a{fill:url('#g')}</style>",
    "<a href='https://example.com/'><text>Hello</text></a>",
    "<use xlink:href='#a'/>",
    "<image href='data:image/png;base64,iVBORw0KGgo='/>",
    "<animate attributeName='opacity' values='0;1' dur='1s'/>",
    "<metadata>once upon a time</metadata>",
]
BAD = {
    "<script>alert(1)</script>": "asset_svg_active",
    "<rect onload='alert(1)'/>": "asset_svg_active",
    "<g ONCLICK='alert(1)'/>": "asset_svg_active",
    "<foreignObject><div/></foreignObject>": "asset_svg_active",
    "<x:script xmlns:x='http://www.w3.org/1999/xhtml'>1</x:script>": "asset_svg_active",
    "<x:body xmlns:x='http://www.w3.org/1999/xhtml'/>": "asset_svg_active",
    "<set attributeName='onclick' to='alert(1)'/>": "asset_svg_active",
    "<animate attributeName='xlink:href' values='javascript:alert(1)'/>": "asset_svg_active",
    "<a href='javascript:alert(1)'/>": "asset_svg_loads",
    "<a xlink:href=' java&#10;script:alert(1)'/>": "asset_svg_loads",
    "<a href='data:text/html,hi'/>": "asset_svg_loads",
    "<image href='https://tracker.example/x.png'/>": "asset_svg_loads",
    "<image href='data:image/svg+xml;base64,PHN2Zz4='/>": "asset_svg_loads",
    "<use href='//evil.example/a.svg#b'/>": "asset_svg_loads",
    "<rect fill='url(https://evil.example/#a)'/>": "asset_svg_loads",
    "<rect style='fill:url( &quot;//evil.example&quot;)'/>": "asset_svg_loads",
    "<style>@import '//evil.example/a.css';</style>": "asset_svg_loads",
    "<style>a{background:\\75rl(//evil.example)}</style>": "asset_svg_loads",
    "<style><![CDATA[a{b:url(//evil.example)}]]></style>": "asset_svg_loads",
    "<?xml-stylesheet href='//evil.example/a.css'?>": "asset_svg_active",
    "<rect>": "asset_svg_broken",
}


@pytest.mark.parametrize("inside", GOOD)
def test_drawings_that_only_draw(inside: str) -> None:
    assert examine(svg(inside, width="30px", height="20")) == Size(30, 20)


@pytest.mark.parametrize("inside", BAD)
def test_drawings_that_do_more(inside: str) -> None:
    with pytest.raises(UnsafeDrawing) as problem:
        examine(svg(inside))
    assert problem.value.args[0] == BAD[inside]


def test_entities_and_depth() -> None:
    laughs = b'<!DOCTYPE svg [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>' + svg("<text>&b;</text>")
    outside = b'<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + svg("<text>&x;</text>")
    for data in (laughs, outside):
        with pytest.raises(UnsafeDrawing, match="asset_svg_entity"):
            examine(data)
    with pytest.raises(UnsafeDrawing, match="asset_svg_large"):
        examine(svg("<g>" * 300 + "</g>" * 300))
    with pytest.raises(UnsafeDrawing, match="asset_svg_broken"):
        examine(b"<html xmlns='http://www.w3.org/1999/xhtml'><svg/></html>")
    plain = b'<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/svg11.dtd">'
    assert examine(plain + svg("", viewBox="0 0 300.4 150")) == Size(300, 150)


def test_what_an_asset_is() -> None:
    page = b"<!DOCTYPE html><body><svg xmlns='http://www.w3.org/2000/svg'></svg>"
    assert rules.type_of("image/svg+xml", page, "a.svg") == "text/html"
    assert rules.type_of("image/svg+xml", svg(""), "a.html") == "image/svg+xml"
    assert rules.type_of("text/plain", b"<b>Hi</b>", "banner.HTML") == "text/html"
    assert rules.type_of("text/plain", b"Hi", "a.png") == "text/plain"


def test_how_a_review_moves() -> None:
    ways = {(a, s): rules.next_state(a, s) for s in AssetState for a in rules.allowed_asset_actions(s)}
    assert {(a.value, s.value, after.value) for (a, s), after in ways.items()} == {
        ("submit", "draft", "in_review"), ("submit", "changes_requested", "in_review"),
        ("approve", "in_review", "approved"), ("request_changes", "in_review", "changes_requested"),
        ("reopen", "in_review", "draft"), ("reopen", "approved", "draft"), ("reopen", "changes_requested", "draft"),
    }  # fmt: skip
    with pytest.raises(Exception, match="asset_wrong_state"):
        rules.next_state(AssetAction.APPROVE, AssetState.DRAFT)

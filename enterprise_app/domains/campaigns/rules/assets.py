"""What an asset is by its content, how large it may be, how its review moves. Pure."""

import re
from collections.abc import Mapping

from ..errors import wrong_asset_state
from ..vocabulary import AssetAction, AssetKind, AssetState
from .pictures import RASTERS

SVG = "image/svg+xml"
HTML = "text/html"
MAX_BYTES: Mapping[AssetKind, int] = {
    AssetKind.IMAGE: 25_000_000,
    AssetKind.HTML: 2_000_000,
    AssetKind.TEXT: 1_000_000,
    AssetKind.VIDEO: 100_000_000,
}
MAX_SVG_BYTES = 2_000_000
KINDS: Mapping[str, AssetKind] = {
    **dict.fromkeys(RASTERS, AssetKind.IMAGE),
    SVG: AssetKind.IMAGE,
    HTML: AssetKind.HTML,
    "text/css": AssetKind.TEXT,
    "text/plain": AssetKind.TEXT,
    "text/markdown": AssetKind.TEXT,
    "video/mp4": AssetKind.VIDEO,
    "video/quicktime": AssetKind.VIDEO,
    "video/webm": AssetKind.VIDEO,
}
"""The types that can be assets; everything else is a file."""
_PAGE = re.compile(r"<(!doctype\s+html|html|head|body|div|section|main|header|table|style|p|a)[\s>]", re.I)
_DRAWING = re.compile(r"<svg[\s>]", re.I)
_PAGE_SUFFIXES = (".html", ".htm")

TRANSITIONS: Mapping[AssetAction, tuple[tuple[AssetState, ...], AssetState]] = {
    AssetAction.SUBMIT: ((AssetState.DRAFT, AssetState.CHANGES_REQUESTED), AssetState.IN_REVIEW),
    AssetAction.APPROVE: ((AssetState.IN_REVIEW,), AssetState.APPROVED),
    AssetAction.REQUEST_CHANGES: ((AssetState.IN_REVIEW,), AssetState.CHANGES_REQUESTED),
    AssetAction.REOPEN: ((AssetState.IN_REVIEW, AssetState.APPROVED, AssetState.CHANGES_REQUESTED), AssetState.DRAFT),
}
"""Action → the states it starts from, and the one it leads to."""


def type_of(sniffed: str, head: bytes, name: str) -> str:
    """The type of an asset: as sniffed, but a page with a drawing in it is a page, and so is markup named `.html`."""
    if sniffed == SVG:
        text = head.decode("utf-8", "replace")
        drawing, page = _DRAWING.search(text), _PAGE.search(text)
        return HTML if page and drawing and page.start() < drawing.start() else SVG
    if sniffed == "text/plain" and name.lower().endswith(_PAGE_SUFFIXES):
        return HTML
    return sniffed


def max_bytes(content_type: str) -> int:
    """The most that a content of this type may have."""
    return MAX_SVG_BYTES if content_type == SVG else MAX_BYTES[KINDS[content_type]]


def next_state(action: AssetAction, state: AssetState) -> AssetState:
    """Where the action leads. Raises Conflict when it does not start from `state`."""
    starts, target = TRANSITIONS[action]
    if state not in starts:
        raise wrong_asset_state(action, state, list(starts))
    return target


def allowed_asset_actions(state: AssetState) -> list[AssetAction]:
    """What can be done from here, for buttons."""
    return [action for action, (starts, _) in TRANSITIONS.items() if state in starts]

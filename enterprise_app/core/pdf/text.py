"""Text on its way to a page: made harmless, and broken into lines by the rules of its script."""

import re
import unicodedata
from collections.abc import Callable, Iterator

Measure = Callable[[str], float]
DIRECTION = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Characters that say in which direction to read and are not seen themselves."""
_FIRST, _LAST = "\u2068", "\u2069"
_HAN = "\u2e80-\u303f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uffef"
_PIECES = re.compile(f"[{_HAN}]|[^\\s{_HAN}]+|\\s+")
_CLOSING = set("\u2069、。，．・：；？！）」』】〕》〉ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ％")
_OPENING = set("\u2066\u2067\u2068（「『【〔《〈")
_NOT_SEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
JOINERS = {"\u200c", "\u200d"}


def isolated(name: str) -> str:
    """A name inside a sentence: in its own direction, and not able to turn what stands around it."""
    return f"{_FIRST}{DIRECTION.sub('', name)}{_LAST}"


def harmless(text: str) -> str:
    """Without control characters; joiners and directions stay. In the composed form, which fonts have."""
    return "".join(_seen(character) for character in unicodedata.normalize("NFC", text))


def _seen(character: str) -> str:
    if character in JOINERS or DIRECTION.match(character):
        return character
    if "\ufe00" <= character <= "\ufe0f":  # chooses between looks of one character
        return ""
    kind = unicodedata.category(character)
    return (" " if kind in ("Cc", "Zl", "Zp") else "") if kind in _NOT_SEEN else character


def lines(text: str, width: float, measure: Measure, most: int) -> list[str]:
    """The text in lines of at most `width`, at most so many; what is left out shows as `…`."""
    found = list(_broken(text, width, measure, most + 1))
    if len(found) <= most:
        return [_closed(line, opened) for line, opened in _with_open(found)]
    kept = found[:most]
    kept[-1] = _cut(kept[-1], width, measure)
    return [_closed(line, opened) for line, opened in _with_open(kept)]


def _broken(text: str, width: float, measure: Measure, most: int) -> Iterator[str]:
    line, count = "", 0
    for piece in _unbroken(text):
        if not line:
            piece = piece.lstrip(" ")
        while piece and measure(line + piece.rstrip(" ")) > width:
            if not line:
                line, piece = _fitting(piece, width, measure)
            yield line.rstrip(" ")
            count, line, piece = count + 1, "", piece.lstrip(" ")
            if count >= most:
                return
        line += piece
    if line.strip() or not count:
        yield line.rstrip(" ")


def _unbroken(text: str) -> Iterator[str]:
    """Pieces between which a line may end: words with the space before them, and single Han or kana characters."""
    held = ""
    for piece in _PIECES.findall(text):
        if held and not _sticks(held, piece):
            yield held
            held = ""
        held += " " if piece.isspace() and "\xa0" not in piece else piece
    if held:
        yield held


def _sticks(held: str, piece: str) -> bool:
    if held[-1] in _OPENING or piece[0] in _CLOSING:
        return True
    if held.isspace():
        return True
    if piece == "\xa0" or held[-1] == "\xa0":
        return True
    both_words = not re.match(f"[{_HAN}]", piece) and not re.match(f"[{_HAN}]", held[-1])
    return both_words and not piece.isspace() and not held[-1].isspace()


def _fitting(piece: str, width: float, measure: Measure) -> tuple[str, str]:
    """As much of a too long word as fits, at least a character; marks stay with theirs."""
    end = max(1, min(len(piece) - 1, int(len(piece) * width / max(measure(piece), 0.001))))
    while end > 1 and measure(piece[:end]) > width:
        end -= 1
    while end < len(piece) and (unicodedata.combining(piece[end]) or unicodedata.category(piece[end]) == "Mc"):
        end += 1
    return piece[:end], piece[end:]


def _cut(line: str, width: float, measure: Measure) -> str:
    while line and measure(f"{line}…") > width:
        line = line[:-1]
    return f"{line.rstrip()}…"


def _with_open(found: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Each line with the isolates that were open when it began."""
    opened: list[str] = []
    for line in found:
        yield line, list(opened)
        for character in line:
            if character in "\u2066\u2067\u2068":
                opened.append(character)
            elif character == _LAST and opened:
                opened.pop()


def _closed(line: str, opened: list[str]) -> str:
    whole = "".join(opened) + line
    depth = 0
    for character in whole:
        depth += character in "\u2066\u2067\u2068"
        depth -= character == _LAST and depth > 0
    return whole + _LAST * depth

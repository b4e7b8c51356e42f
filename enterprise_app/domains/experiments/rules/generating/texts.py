"""Headlines and calls to action to test: sentences of the trade, per objective and language, around what was put in.

The templates (`templates/<language>.json`) frame product, offer and audience and say nothing of their own about them:
no price, no number, no scarcity, no praise. What is put in goes in as it is, once: a brace in a name stays a brace.
"""

import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from string import Formatter

from enterprise_app.core.errors import FieldProblem, Invalid
from enterprise_app.core.texts import LOCALES
from enterprise_app.domains.campaigns.vocabulary import CampaignObjective

from .seeding import rank, shuffled

COUNT = 3
COUNT_MAX = 12
INPUT_MAX = {"product": 80, "offer": 120, "audience": 80}
LENGTH_MIN, LENGTH_MAX = 5, 300

_TEMPLATES = Path(__file__).parent / "templates"
_CASED = ("en", "es", "fr", "de")
_JOINERS = "\u200c\u200d"
"""Without them some Indic and Persian names are misspelled; every other invisible character is refused."""


class TextKind(StrEnum):
    """What the text is on the page."""

    HEADLINE = "headline"
    CALL_TO_ACTION = "call_to_action"

    @property
    def max_length(self) -> int:
        """Where it is cut off or breaks a button, unless the caller knows better."""
        return 60 if self is TextKind.HEADLINE else 25


@dataclass(frozen=True, slots=True)
class TextVariant:
    """A text to test; `template` names the sentence it was made from, the same in every language."""

    text: str
    template: str
    length: int
    uses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TextIdeas:
    """What was found. Fewer than asked for: `refused` says how many were `too_long` or a `duplicate`."""

    kind: TextKind
    objective: CampaignObjective
    language: str
    max_length: int
    variants: tuple[TextVariant, ...]
    refused: dict[str, int]


def text_ideas(
    kind: TextKind,
    objective: CampaignObjective,
    language: str,
    *,
    product: str,
    offer: str = "",
    audience: str = "",
    current: str = "",
    count: int = COUNT,
    seed: int = 0,
    max_length: int | None = None,
) -> TextIdeas:
    """Up to `count` texts other than `current`, of at most `max_length` columns (a wide character takes two).

    Raises Invalid for an unknown language and for input that is missing, too long or holds control characters.
    """
    limit = kind.max_length if max_length is None else max_length
    values = _values(product=product, offer=offer, audience=audience)
    _check(language, count, limit)
    chosen: list[TextVariant] = []
    seen = {_folded(current)}
    refused = {"too_long": 0, "duplicate": 0}
    for name, template in _in_turn(kind, objective, language, values, seed):
        if len(chosen) == count:
            break
        text = fill(template, values, language)
        if columns(text) > limit:
            refused["too_long"] += 1
        elif _folded(text) in seen:
            refused["duplicate"] += 1
        else:
            seen.add(_folded(text))
            chosen.append(TextVariant(text, name, columns(text), placeholders(template)))
    return TextIdeas(kind, objective, language, limit, tuple(chosen), refused)


@cache
def templates(language: str) -> dict[str, dict[str, list[str]]]:
    """Objective → kind → sentences."""
    return json.loads((_TEMPLATES / f"{language}.json").read_text(encoding="utf-8"))


def placeholders(template: str) -> tuple[str, ...]:
    """What the sentence needs, in order."""
    return tuple(name for _, name, _, _ in Formatter().parse(template) if name)


def fill(template: str, values: dict[str, str], language: str) -> str:
    """The sentence with its input, which is never read as a template itself."""
    text = "".join(before + values.get(name or "", "") for before, name, _, _ in Formatter().parse(template))
    if language in _CASED and template.startswith(("{offer}", "{audience}")):
        return text[:1].upper() + text[1:]
    return text


def columns(text: str) -> int:
    """How long a text looks: wide characters of East Asia count as two, as ad platforms count them; marks as none."""
    return sum(_width(character) for character in text)


def _width(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _in_turn(
    kind: TextKind, objective: CampaignObjective, language: str, values: dict[str, str], seed: int
) -> Iterator[tuple[str, str]]:
    """Sentences that the input suffices for: one with the offer, one with the audience, one with neither, and again."""
    usable = {
        f"{objective.value}.{kind.value}.{i}": template
        for i, template in enumerate(templates(language)[objective.value][kind.value], start=1)
        if all(values[name] for name in placeholders(template))
    }
    order = shuffled(seed, "template", usable)
    groups = [
        [name for name in order if "offer" in placeholders(usable[name])],
        [name for name in order if "audience" in placeholders(usable[name])],
        [name for name in order if not {"offer", "audience"} & set(placeholders(usable[name]))],
    ]
    groups.sort(key=lambda group: rank(seed, "group", *group[:1]))
    for turn in range(max(map(len, groups), default=0)):
        for group in groups:
            if turn < len(group):
                yield group[turn], usable[group[turn]]


def _values(**given: str) -> dict[str, str]:
    values = {name: re.sub(r" +", " ", unicodedata.normalize("NFC", text)).strip(" ") for name, text in given.items()}
    problems = [problem for name, text in values.items() for problem in _problems(name, text)]
    if problems:
        raise Invalid(problems)
    return values


def _problems(field: str, text: str) -> Iterator[FieldProblem]:
    if field == "product" and not text:
        yield FieldProblem(field, "required")
    if len(text) > INPUT_MAX[field]:
        yield FieldProblem(field, "too_long", {"max": INPUT_MAX[field]})
    if any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") and c not in _JOINERS for c in text):
        yield FieldProblem(field, "control_characters")


def _check(language: str, count: int, limit: int) -> None:
    if language not in LOCALES:
        raise Invalid.of("language", "not_one_of", allowed=", ".join(LOCALES))
    if not 1 <= count <= COUNT_MAX:
        raise Invalid.of("count", "out_of_range", low=1, high=COUNT_MAX)
    if not LENGTH_MIN <= limit <= LENGTH_MAX:
        raise Invalid.of("max_length", "out_of_range", low=LENGTH_MIN, high=LENGTH_MAX)


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())

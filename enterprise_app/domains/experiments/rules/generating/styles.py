"""Stylesheets with other values: custom properties set anew, colours replaced, every other character as it was.

tinycss2 (CSS Syntax 3) says where the tokens stand; what goes in is a colour, or a value of harmless tokens: no string,
no URL, no bracket, nothing that could end a declaration, a block or the element around it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import tinycss2
from tinycss2.color4 import parse_color

from enterprise_app.core.errors import FieldProblem, Invalid

from .editing import Edit, apply
from .recolouring import Recolour, recolour_one
from .spaces import find_css_colour

VARIABLES_MAX = 50
_VALUE_MAX = 200
_NAME = re.compile(r"--[A-Za-z0-9_-]{1,64}")
_NEWLINE = re.compile(r"\r\n|[\r\n\f]")
_COLOUR_FUNCTIONS = {"rgb", "rgba", "hsl", "hsla", "hwb", "oklch", "oklab"}
_SAFE_FUNCTIONS = _COLOUR_FUNCTIONS | {"lab", "lch", "calc", "min", "max", "clamp"}
_SAFE_TOKENS = {"ident", "number", "percentage", "dimension", "hash", "whitespace"}
_SAFE_SIGNS = {",", "/", "+", "-", "*"}
_NAMED_IN = ("background", "border", "color", "column-rule", "fill", "outline", "shadow", "stroke", "text-decoration")
"""Only there a word such as `tan` is surely a colour, and not the name of an animation or a font."""


@dataclass(frozen=True, slots=True)
class StyleChanges:
    """What to change in styles; made by `style_changes`, which looks at every value."""

    variables: Mapping[str, str] = field(default_factory=dict)
    recolours: Sequence[Recolour] = ()


@dataclass(slots=True)
class StyleEdits:
    """Where styles change, the variables that were found, and how many colours were replaced."""

    edits: list[Edit] = field(default_factory=list)
    variables: set[str] = field(default_factory=set)
    colours: int = 0


def style_changes(variables: Mapping[str, str] | None = None, recolours: Sequence[Recolour] = ()) -> StyleChanges:
    """Checked changes. Raises Invalid naming every variable whose name or value can't be taken."""
    given = dict(variables or {})
    if len(given) > VARIABLES_MAX:
        raise Invalid.of("variables", "too_many", max=VARIABLES_MAX)
    problems = [FieldProblem("variables", "css_name_bad", {"name": n[:70]}) for n in given if not _NAME.fullmatch(n)]
    problems += [FieldProblem(f"variables.{n}", "css_value_bad") for n, v in given.items() if not is_safe_value(v)]
    if problems:
        raise Invalid(problems)
    return StyleChanges(given, tuple(recolours))


def is_safe_value(value: str) -> bool:
    """Whether a value is made of numbers, words, colours and arithmetic, and of nothing else."""
    nodes = tinycss2.parse_component_value_list(value)
    return bool(value.strip()) and len(value) <= _VALUE_MAX and all(map(_is_safe, nodes)) and "\\" not in value


def change_stylesheet(source: str, changes: StyleChanges) -> tuple[str, StyleEdits]:
    """A stylesheet with the changes made."""
    found = find_edits(source, changes)
    return apply(source, found.edits), found


def find_edits(source: str, changes: StyleChanges, *, declarations: bool = False) -> StyleEdits:
    """Where the changes are in a stylesheet, or in the declarations of a `style` attribute."""
    nodes = tinycss2.parse_component_value_list(source, skip_comments=False)
    found = StyleEdits()
    _Walk(source, changes, found).block(nodes, len(source), declarations)
    return found


class _Walk:
    """One way through a source. Ends of tokens aren't told by the parser: each ends where the next begins."""

    def __init__(self, source: str, changes: StyleChanges, found: StyleEdits) -> None:
        self.source, self.changes, self.found = source, changes, found
        self.lines = [0, *(m.end() for m in _NEWLINE.finditer(source))]

    def block(self, nodes: list[Any], end: int, declarations: bool) -> None:
        """Rules and declarations of a stylesheet (`declarations` false) or inside braces."""
        for statement, statement_end in self._statements(nodes, end, declarations):
            colon = _colon(statement) if declarations else None
            if colon is not None:
                self._declaration(statement, colon, statement_end)
            elif statement[-1].type == "{} block":
                inner_end = self._inner_end(statement[-1], statement_end)
                self.block(statement[-1].content, inner_end, True)

    def _statements(self, nodes: list[Any], end: int, declarations: bool) -> Iterator[tuple[list[Any], int]]:
        """Up to each semicolon, or each block that ends a rule; without the space and comments before."""
        statement: list[Any] = []
        for i, node in enumerate(nodes):
            following = self._start(nodes[i + 1]) if i + 1 < len(nodes) else end
            if node.type == "literal" and node.value == ";":
                if statement:
                    yield statement, self._start(node)
                statement = []
            elif statement or node.type not in ("whitespace", "comment"):
                statement.append(node)
                if node.type == "{} block" and not (declarations and _is_custom(statement)):
                    yield statement, following
                    statement = []
        if statement:
            yield statement, end

    def _declaration(self, statement: list[Any], colon: int, end: int) -> None:
        name, value = statement[0].value, _trimmed(statement[colon + 1 :])
        if not value:
            return
        after = statement.index(value[-1]) + 1
        value_end = self._start(statement[after]) if after < len(statement) else end
        if name in self.changes.variables:
            self.found.edits.append(Edit(self._start(value[0]), value_end, self.changes.variables[name]))
            self.found.variables.add(name)
        elif self.changes.recolours:
            alone = name.startswith("--") and len(value) == 1
            self._colours(value, value_end, alone or any(part in name.lower() for part in _NAMED_IN))

    def _colours(self, nodes: list[Any], end: int, named: bool) -> None:
        for i, node in enumerate(nodes):
            node_end = self._start(nodes[i + 1]) if i + 1 < len(nodes) else end
            if node.type == "hash" or (node.type == "ident" and named) or _is_colour(node):
                self._colour(node, node_end)
            elif node.type == "function":
                self._colours(node.arguments, self._inner_end(node, node_end), named)
            elif node.type == "() block":
                self._colours(node.content, self._inner_end(node, node_end), named)

    def _colour(self, node: Any, end: int) -> None:
        read = find_css_colour(parse_color(node))
        if read is None or read[1] == 0:
            return
        colour, alpha = read
        new = recolour_one(colour, self.changes.recolours)
        if new != colour:
            opacity = "" if alpha >= 1 else f"{round(alpha * 255):02x}"
            self.found.edits.append(Edit(self._start(node), end, new.hex + opacity))
            self.found.colours += 1

    def _start(self, node: Any) -> int:
        return self.lines[node.source_line - 1] + node.source_column - 1

    def _inner_end(self, node: Any, end: int) -> int:
        """Before the closing bracket, which only the last block of a source may lack."""
        return end - 1 if self.source[end - 1] == ("}" if node.type == "{} block" else ")") else end


def _is_custom(statement: list[Any]) -> bool:
    return statement[0].type == "ident" and statement[0].value.startswith("--") and _colon(statement) is not None


def _colon(statement: list[Any]) -> int | None:
    """Where the colon of a declaration stands; None for a rule, nested or not."""
    if statement[0].type != "ident":
        return None
    place = next((i for i, n in enumerate(statement[1:], 1) if n.type not in ("whitespace", "comment")), None)
    if place is None or statement[place].type != "literal" or statement[place].value != ":":
        return None
    is_rule = any(n.type == "{} block" for n in statement) and not statement[0].value.startswith("--")
    return None if is_rule else place


def _trimmed(value: list[Any]) -> list[Any]:
    """Without space around, and without `!important`."""
    nodes = list(value)
    for i, node in enumerate(nodes):
        if node.type == "literal" and node.value == "!":
            nodes = nodes[:i]
            break
    while nodes and nodes[0].type in ("whitespace", "comment"):
        nodes.pop(0)
    while nodes and nodes[-1].type in ("whitespace", "comment"):
        nodes.pop()
    return nodes


def _is_colour(node: Any) -> bool:
    return node.type == "function" and node.lower_name in _COLOUR_FUNCTIONS and parse_color(node) is not None


def _is_safe(node: Any) -> bool:
    if node.type == "literal":
        return node.value in _SAFE_SIGNS
    if node.type == "function":
        return node.lower_name in _SAFE_FUNCTIONS and all(map(_is_safe, node.arguments))
    return node.type in _SAFE_TOKENS

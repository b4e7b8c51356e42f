"""Catalogues are complete and used, placeholders agree, plurals have all forms, and no text stands in the code."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel import Locale

from enterprise_app.core.texts import (
    LOCALES,
    area_files,
    catalogue,
    i18next_catalogue,
    negotiate,
    placeholders,
    plural_forms,
    read_area,
    translate,
)

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "enterprise_app"
_KEY = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)+\Z")
_TEXT_PROPS = {"aria_label", "alt", "content", "label", "placeholder", "text", "title"}
_WORDS = re.compile(r"[^\W\d_]{2,}")


def _trees(*folders: str) -> Iterator[tuple[Path, ast.Module]]:
    for folder in folders:
        for file in sorted((PACKAGE / folder).rglob("*.py")):
            yield file, ast.parse(file.read_text(encoding="utf-8"))


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _name(call: ast.Call) -> str:
    return ast.unparse(call.func)


def _used() -> tuple[set[str], list[re.Pattern[str]]]:
    """Keys that stand in the code as they are, and patterns of those built with an f-string."""
    literal, built = set(), []
    for _file, tree in _trees(""):
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and _KEY.match(node.value):
                literal.add(node.value)
            elif isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
                parts = [
                    re.escape(str(v.value)) if isinstance(v, ast.Constant) else r"[a-z0-9_.]+" for v in node.values
                ]
                if re.match(r"[a-z0-9_]+\\\.", parts[0]):
                    built.append(re.compile("".join(parts) + r"\Z"))
    return literal, built


@pytest.mark.parametrize("locale", LOCALES)
def test_languages_have_the_same_keys(locale: str):
    assert set(catalogue(locale)) == set(catalogue("en"))


@pytest.mark.parametrize("locale", LOCALES)
def test_no_key_is_in_two_files_and_none_is_empty(locale: str):
    counted = Counter(key for file in area_files(locale) for key in read_area(file, locale))
    assert [key for key, count in counted.items() if count > 1] == []
    assert [key for key, forms in catalogue(locale).items() if not all(forms.values())] == []


@pytest.mark.parametrize("locale", LOCALES)
def test_files_hold_their_own_area(locale: str):
    for file in area_files(locale):
        area = file.stem.removesuffix("_pages")
        foreign = [k for k in read_area(file, locale) if k.split(".")[0] not in (area, "errors")]
        assert foreign == [], f"{file.name} holds keys of other areas"


@pytest.mark.parametrize("locale", LOCALES)
def test_plurals_have_all_forms_of_the_language(locale: str):
    for key, forms in catalogue(locale).items():
        if "" not in forms:
            assert tuple(forms) == plural_forms(locale), key


@pytest.mark.parametrize("locale", LOCALES)
def test_placeholders_agree_with_english(locale: str):
    for key, english in catalogue("en").items():
        wanted = set().union(*map(placeholders, english.values()))
        for form, text in catalogue(locale)[key].items():
            # "one", "two" and "zero" may say the number as a word
            optional = {"count"} if form in ("zero", "one", "two") else set()
            assert placeholders(text) | optional == wanted | optional, f"{key} {form}"


def test_keys_in_the_code_exist():
    for file, tree in _trees("web", "core", "http"):
        for call in _calls(tree):
            if _name(call) in ("t", "translate") and call.args:
                argument = call.args[1 if _name(call) == "translate" and len(call.args) > 1 else 0]
                if isinstance(argument, ast.Constant):
                    assert argument.value in catalogue("en"), f"{file.relative_to(ROOT)}:{call.lineno}"


def test_every_key_is_used():
    literal, built = _used()
    errors = {key for key in catalogue("en") if key.startswith("errors.")}
    unused = [k for k in catalogue("en") if k not in literal | errors and not any(p.match(k) for p in built)]
    assert unused == []


def test_calls_pass_the_placeholders_of_their_text():
    for file, tree in _trees("web"):
        for call in _calls(tree):
            if _name(call) == "t" and isinstance(call.args[0], ast.Constant):
                forms = catalogue("en")[str(call.args[0].value)]
                wanted = set().union(*map(placeholders, forms.values())) | (set() if "" in forms else {"count"})
                given = {keyword.arg for keyword in call.keywords}
                assert given == wanted, f"{file.relative_to(ROOT)}:{call.lineno} {call.args[0].value}"


def _spoken(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(_WORDS.search(node.value))


def _hard_coded(tree: ast.AST) -> Iterator[int]:
    """Lines where a component gets words as a child or in a property that people see or hear."""
    for call in _calls(tree):
        if _name(call).startswith("rx.el.") and _name(call) not in ("rx.el.script", "rx.el.style", "rx.el.link"):
            yield from (child.lineno for child in call.args if _spoken(child))
        if _name(call).startswith("rx."):
            yield from (k.value.lineno for k in call.keywords if k.arg in _TEXT_PROPS and _spoken(k.value))


def test_no_text_is_written_into_pages():
    found = []
    for file, tree in _trees("web"):
        if "pages/design" not in file.as_posix():
            found += [f"{file.relative_to(ROOT)}:{line}" for line in _hard_coded(tree)]
    assert found == [], "put it into locales/*/<area>.po and use t(key)"


def test_the_scan_finds_hard_coded_text():
    assert list(_hard_coded(ast.parse('rx.el.p("Save changes")')))
    assert list(_hard_coded(ast.parse('rx.icon("x", aria_label="Close")')))
    assert not list(_hard_coded(ast.parse('rx.el.p(t("shell.undo"), class_name="toast text")')))


def test_translate_chooses_language_plural_and_fallback():
    assert translate("de", "shell.undo") == "Rückgängig"
    assert translate("xx", "shell.undo") == "Undo"
    assert translate("ar", "errors.unexpected", request_id="r1").endswith("r1")
    assert translate("en", "no.such.key") == "no.such.key"


def test_plural_forms_follow_cldr(monkeypatch: pytest.MonkeyPatch):
    forms = dict(zip(plural_forms("ar"), ("0", "1", "2", "3-10", "11-99", "100"), strict=True))
    monkeypatch.setattr("enterprise_app.core.texts.catalogue", lambda _locale: {"x.y": forms})
    chosen = [translate("ar", "x.y", count=n) for n in (0, 1, 2, 5, 11, 99, 100, 103)]
    assert chosen == ["0", "1", "2", "3-10", "11-99", "11-99", "100", "3-10"]


@pytest.mark.parametrize("locale", LOCALES)
def test_the_forms_of_a_language_are_those_of_cldr(locale: str):
    assert set(plural_forms(locale)) == {*Locale.parse(locale).plural_form.rules, "other"}


def test_browser_catalogues_hold_every_form():
    flat = i18next_catalogue("ar")
    assert flat["shell.undo"] == "تراجع"
    assert set(i18next_catalogue("en")) == set(i18next_catalogue("de"))


@pytest.mark.parametrize(
    ("chosen", "header", "spoken"),
    [
        ("de", "ar", "de"), ("", "sv,ar;q=0.9,de;q=0.8", "ar"), ("", "de-AT", "de"), ("xx", "", "en"),
        ("", "de;q=nonsense,ar;q=0.1", "ar"), ("", "," * 1000, "en"), ("../en", "", "en"),
    ],
)  # fmt: skip
def test_language_is_negotiated(chosen: str, header: str, spoken: str):
    assert negotiate(chosen, header) == spoken

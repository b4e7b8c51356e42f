"""Every sentence a person reads: catalogues by language, plural rules by CLDR, and the choice of a language."""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

LOCALES = ("en", "es", "fr", "de", "hi", "ja", "zh", "ar")
DEFAULT_LOCALE = "en"
LOCALE_COOKIE = "atrium_locale"
LOCALES_DIR = Path(__file__).resolve().parents[1] / "locales"
_PLACEHOLDER = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_TWO = ("one", "other")
_MILLIONS = ("one", "many", "other")  # "un million de pages": whole millions have a form of their own
_GETTEXT_FORMS = {
    "en": _TWO,
    "es": _MILLIONS,
    "fr": _MILLIONS,
    "de": _TWO,
    "hi": _TWO,
    "ja": ("other",),
    "zh": ("other",),
    "ar": ("zero", "one", "two", "few", "many", "other"),
}

Forms = dict[str, str]
"""A message by CLDR category; "" holds the text of one that knows no plurals."""


def placeholders(text: str) -> set[str]:
    """The names in `{{name}}`."""
    return set(_PLACEHOLDER.findall(text))


def plural_forms(locale: str) -> tuple[str, ...]:
    """The CLDR categories in the order in which a catalogue lists `msgstr[0]` and so on."""
    return _GETTEXT_FORMS[locale]


def text_direction(locale: str) -> str:
    """`rtl` or `ltr`."""
    return Locale.parse(locale).text_direction


def read_area(file: Path, locale: str) -> dict[str, Forms]:
    """One catalogue file as key → forms."""
    with file.open("rb") as source:
        catalogue: Catalog = read_po(source, locale=locale)
    return dict(_entry(message, locale) for message in catalogue if message.id)


def _entry(message: Any, locale: str) -> tuple[str, Forms]:
    if isinstance(message.id, str):
        return message.id, {"": str(message.string)}
    return message.id[0], dict(zip(plural_forms(locale), message.string, strict=False))


@cache
def catalogue(locale: str) -> Mapping[str, Forms]:
    """All areas of a language. That no key stands in two files is a matter of the tests."""
    texts: dict[str, Forms] = {}
    for file in area_files(locale):
        texts |= read_area(file, locale)
    return texts


def area_files(locale: str) -> list[Path]:
    """The catalogue files of a language."""
    return sorted((LOCALES_DIR / locale).glob("*.po"))


def translate(locale: str, key: str, /, **params: Any) -> str:
    """The text in the language, else in English, else the key itself; `count` chooses the plural form."""
    for language in dict.fromkeys((locale if locale in LOCALES else DEFAULT_LOCALE, DEFAULT_LOCALE)):
        forms = catalogue(language).get(key)
        if forms and (text := _choose(language, forms, params.get("count"))):
            return _PLACEHOLDER.sub(lambda found: str(params.get(found[1], found[0])), text)
    return key


def has_text(key: str) -> bool:
    """Whether the key is known (in English, which is complete)."""
    return key in catalogue(DEFAULT_LOCALE)


def _choose(locale: str, forms: Forms, count: Any) -> str:
    if "" in forms:
        return forms[""]
    category = Locale.parse(locale).plural_form(count if isinstance(count, int | float) else 0)
    return forms.get(category) or forms.get("other", "")


def negotiate(chosen: str, accept_language: str, default: str = DEFAULT_LOCALE) -> str:
    """The language to speak: the one chosen when we have it, else the browser's best, else the default."""
    for wanted in (chosen, *_preferred(accept_language)):
        language = wanted.replace("_", "-").split("-")[0].lower()
        if language in LOCALES:
            return language
    return default


def chosen_language(remembered: str, accept_language: str) -> str:
    """The language that pages remember, when it was chosen: when it is not the browser's own anyway; else ""."""
    chosen = remembered in LOCALES and remembered != negotiate("", accept_language)
    return remembered if chosen else ""


def _preferred(accept_language: str) -> Iterable[str]:
    """Languages of the header by falling quality."""
    ranked = []
    for position, part in enumerate(accept_language.split(",")[:20]):
        language, _, rest = part.strip().partition(";")
        quality = rest.strip().removeprefix("q=") if rest else "1"
        try:
            ranked.append((-float(quality), position, language))
        except ValueError:
            continue
    return [language for _, _, language in sorted(ranked)]


def i18next_catalogue(locale: str) -> dict[str, str]:
    """The language as i18next v4 JSON: flat keys, plural forms as `key_one`, `key_other`."""
    flat: dict[str, str] = {}
    for key, forms in catalogue(locale).items():
        for form, text in forms.items():
            flat[f"{key}_{form}" if form else key] = text
    return dict(sorted(flat.items()))

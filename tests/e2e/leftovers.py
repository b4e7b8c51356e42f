"""Finds English on a page that should speak Arabic: texts of the catalogue, and any other words in Latin letters."""

import re
from functools import cache

from playwright.sync_api import Page

from enterprise_app.core.texts import i18next_catalogue

WORD = re.compile(r"[A-Za-z]{3,}")
PLACEHOLDER = re.compile(r"{{\w+}}")
SAME = "atrium deutsch english utm usd eur csv jsonl api smtp url json html utc enter lines chrome linux redis "
SAME += "parquet tsv free starter professional enterprise operator create common combined"
"""The same in every language: formats of files and logs, plans, the browser among one's devices, a command to type."""
VISIBLE = """() => {
    const found = [];
    const data = "code, pre, output, bdi, [dir=ltr], [lang]:not(html), option, svg, script, style";
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node; (node = walker.nextNode()); ) {
        const text = node.textContent.trim(), at = node.parentElement;
        if (text && !at.closest(data)) found.push(text);
    }
    for (const at of document.querySelectorAll("[aria-label], [placeholder], [title]"))
        for (const name of ["aria-label", "placeholder", "title"])
            if (at.getAttribute(name) && !at.closest(data)) found.push(at.getAttribute(name));
    const zone = (option) => option.value.includes("/") || option.value === "UTC";
    const language = (option) => /^[a-z]{2}$/.test(option.value);  // each in its own name
    for (const option of document.querySelectorAll("option")) if (!zone(option) && !language(option))
        found.push(option.textContent.trim());
    return [...new Set(found)];
}"""


@cache
def english_texts() -> frozenset[str]:
    """Every English text that reads otherwise in Arabic."""
    english, arabic = i18next_catalogue("en"), i18next_catalogue("ar")
    return frozenset(text for key, text in english.items() if arabic.get(key) != text and WORD.search(text))


def find_english(page: Page, data: list[str]) -> list[str]:
    """What stands on the page in English. `data` are names that people gave; addresses and paths are no words."""
    texts = [text for text in page.evaluate(VISIBLE) if text not in data]
    return [text for text in texts if text in english_texts() or _has_words(text, data)]


def _has_words(text: str, data: list[str]) -> bool:
    for name in data:
        text = text.replace(name, " ")
    text = re.sub(r"\b[a-z]+-[0-9a-f]{6}\b", " ", text)  # slugs of the tenants that the journeys made
    text = re.sub(r"\S*[@/_.:]\S*", " ", text)  # addresses, paths, zones, file names, permissions
    return any(word.lower() not in SAME.split() for word in WORD.findall(text))

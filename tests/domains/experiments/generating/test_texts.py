"""EXP-10: texts to test, in eight languages: whole, of the right length, and silent about what nobody said."""

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enterprise_app.core.errors import Invalid
from enterprise_app.core.texts import LOCALES
from enterprise_app.domains.campaigns.vocabulary import CampaignObjective
from enterprise_app.domains.experiments.rules.generating.texts import (
    TextKind,
    columns,
    fill,
    placeholders,
    templates,
    text_ideas,
)

SCRIPTS = {"hi": "DEVANAGARI", "ar": "ARABIC", "zh": "CJK"}
CLAIMS = {
    "en": "free best new only save cheap now! guarantee exclusive limited fast easy proven official discount today",
    "de": "gratis kostenlos beste neu nur sparen günstig garantiert exklusiv begrenzt schnell einfach rabatt heute",
    "fr": "gratuit meilleur nouveau nouvelle seulement économisez garanti exclusif limité rapide facile remise",
    "es": "gratis mejor nuevo nueva solo ahorra barato garantía exclusivo limitado rápido fácil descuento hoy",
    "hi": "मुफ़्त मुफ्त सबसे नया नई सिर्फ़ बचत सस्ता गारंटी सीमित तेज़ आसान छूट",
    "ja": "無料 最高 新発売 限定 お得 保証 最安 簡単 割引 今日",
    "zh": "免费 最好 最佳 全新 限时 仅限 优惠 保证 独家 便宜 折扣 今天",
    "ar": "مجان أفضل جديد فقط وفّر ضمان حصري محدود سريع سهل خصم",
}
CASES = [(kind, objective, language) for kind in TextKind for objective in CampaignObjective for language in LOCALES]


def test_every_language_has_the_same_templates() -> None:
    shapes = {
        language: {
            (objective, kind, i): sorted(placeholders(text))
            for objective, kinds in templates(language).items()
            for kind, texts in kinds.items()
            for i, text in enumerate(texts)
            if kind == "headline"
        }
        for language in LOCALES
    }
    assert len(shapes["en"]) == len(CampaignObjective) * 9
    assert all(shape == shapes["en"] for shape in shapes.values())
    for language in LOCALES:
        assert set(templates(language)) == {o.value for o in CampaignObjective}
        for kinds in templates(language).values():
            assert set(kinds) == {k.value for k in TextKind}
            assert len(kinds["call_to_action"]) == 6


@pytest.mark.parametrize("language", LOCALES)
def test_templates_are_whole(language: str) -> None:
    english = {text for kinds in templates("en").values() for texts in kinds.values() for text in texts}
    for kinds in templates(language).values():
        for kind, texts in kinds.items():
            assert len({t.casefold() for t in texts}) == len(texts)
            for text in texts:
                assert set(placeholders(text)) <= {"product", "offer", "audience"}
                bare = fill(text, {"product": "Acme", "offer": "", "audience": ""}, language)
                assert columns(bare) <= TextKind(kind).max_length, text
                assert text == text.strip() == unicodedata.normalize("NFC", text)
                letters = re.sub(r"\{\w+\}|[\W\d_]", "", text)
                if language != "en" and letters:
                    assert text not in english, text
                if language in SCRIPTS:
                    assert all(SCRIPTS[language] in unicodedata.name(c) for c in letters), text


@pytest.mark.parametrize("language", LOCALES)
def test_templates_claim_nothing(language: str) -> None:
    for kinds in templates(language).values():
        for text in (text for texts in kinds.values() for text in texts):
            assert not re.search(r"[\d%€$£¥!！]", text), text
            words = re.findall(r"\w+", text.casefold().replace("de nuevo", ""))  # Spanish: again
            for claim in CLAIMS[language].split():
                stands = claim in words if language in ("en", "de", "fr", "es") else claim in text
                assert not stands, f"{text}: {claim}"


@pytest.mark.parametrize(("kind", "objective", "language"), CASES)
def test_three_by_default_with_the_product_alone(kind: TextKind, objective: CampaignObjective, language: str) -> None:
    ideas = text_ideas(kind, objective, language, product="Acme")
    assert len({v.text for v in ideas.variants}) == 3
    assert all(v.length <= kind.max_length for v in ideas.variants)
    assert text_ideas(kind, objective, language, product="Acme") == ideas


@pytest.mark.parametrize(("objective", "language"), [(o, lang) for o in CampaignObjective for lang in LOCALES])
def test_offer_and_audience_are_used_when_they_are_given(objective: CampaignObjective, language: str) -> None:
    ideas = text_ideas(
        TextKind.HEADLINE, objective, language, product="Acme", offer="20 % off", audience="shops", max_length=80
    )
    used = {name for v in ideas.variants for name in v.uses}
    assert used == {"product", "offer", "audience"}
    assert all("offer" not in v.uses or "20 % off" in v.text for v in ideas.variants)


def test_the_texts_of_a_seed_are_known() -> None:
    found = text_ideas(TextKind.HEADLINE, CampaignObjective.SALES, "en", product="Acme", offer="free returns")
    assert [v.text for v in found.variants] == KNOWN
    seeds = [text_ideas(TextKind.HEADLINE, CampaignObjective.SALES, "en", product="Acme", seed=s) for s in range(8)]
    assert len({tuple(v.text for v in ideas.variants) for ideas in seeds}) >= 5


KNOWN = ["Make Acme yours", "Get Acme – free returns", "Choose Acme"]


def test_the_text_in_use_is_no_idea() -> None:
    for seed in range(10):
        given = {"product": "Acme", "current": " buy  NOW", "count": 6, "seed": seed}
        ideas = text_ideas(TextKind.CALL_TO_ACTION, CampaignObjective.SALES, "en", **given)
        assert "Buy now" not in {v.text for v in ideas.variants}
        assert (len(ideas.variants), ideas.refused["duplicate"]) == (5, 1)


def test_what_is_too_long_is_left_out_and_counted() -> None:
    ideas = text_ideas(TextKind.HEADLINE, CampaignObjective.LEADS, "de", product="x" * 50)
    assert all(v.length <= 60 for v in ideas.variants)
    assert ideas.refused["too_long"] > 0


@settings(max_examples=60)
@given(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=20), st.sampled_from(LOCALES))
def test_input_goes_in_as_it_is(product: str, language: str) -> None:
    ideas = text_ideas(TextKind.HEADLINE, CampaignObjective.SALES, language, product=product, max_length=200)
    assert all(unicodedata.normalize("NFC", product) in v.text for v in ideas.variants if v.uses)


@pytest.mark.parametrize("product", ["{offer}", "{product.__class__}", "{", "}}", "{0}", "<script>", "%s"])
def test_input_is_never_a_template(product: str) -> None:
    ideas = text_ideas(TextKind.HEADLINE, CampaignObjective.SALES, "en", product=product, offer="secret")
    assert any(product in v.text for v in ideas.variants)


def test_wide_characters_take_two_columns_and_marks_none() -> None:
    assert (columns("abc"), columns("日本"), columns("é"), columns("e\u0301"), columns("कि")) == (3, 4, 1, 1, 2)


@pytest.mark.parametrize(
    ("bad", "field", "code"),
    [
        ({"product": "  "}, "product", "required"),
        ({"product": "x" * 81}, "product", "too_long"),
        ({"offer": "a\nb"}, "offer", "control_characters"),
        ({"audience": "a\u202eb"}, "audience", "control_characters"),
        ({"product": "\x00"}, "product", "control_characters"),
        ({"language": "xx"}, "language", "not_one_of"),
        ({"count": 0}, "count", "out_of_range"),
        ({"max_length": 4}, "max_length", "out_of_range"),
    ],
)
def test_bad_input_is_refused_by_field(bad: dict, field: str, code: str) -> None:
    arguments = {"language": "en", "product": "Acme", **bad}
    with pytest.raises(Invalid) as caught:
        text_ideas(TextKind.HEADLINE, CampaignObjective.SALES, **arguments)
    assert [(p.field, p.code) for p in caught.value.problems] == [(field, code)]

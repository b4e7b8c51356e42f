"""EXP-12: the report as PDF tells the same numbers and sentences as the results, in every language, on few pages."""

import io

import pypdf
import pytest

from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import Invalid
from enterprise_app.core.pdf.setting import set_document
from enterprise_app.core.pdf.text import DIRECTION
from enterprise_app.core.texts import LOCALES, translate
from enterprise_app.domains.experiments import service
from enterprise_app.domains.experiments.result_schemas import Results
from enterprise_app.domains.experiments.service import summarise
from enterprise_app.domains.experiments.vocabulary import MetricRole, ReportFormat
from tests.domains.experiments import lives
from tests.domains.experiments.outcomes import metric, rates, results
from tests.domains.experiments.report_data import known_experiment, known_report, known_results
from tests.factories import make_context

NAMES = {"control": "Blue", "green": "Green"}


def read(data: bytes) -> str:
    """All pages as another reader finds them: words with one space between, nothing unseen."""
    text = " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages)
    return " ".join(DIRECTION.sub("", text).replace("\u200d", "").split())


def sentences(found: Results, locale: str) -> list[str]:
    return [translate(locale, key, **params) for key, params in summarise(found, locale, names=NAMES)]


def test_numbers_and_sentences_are_those_of_the_results():
    found = known_results(monitoring="fixed")
    text = read(set_document(known_report("en", found=found)))
    told = sentences(found, "en")
    assert len(told) > 2
    for sentence in told:
        assert sentence in text
    assert "Green 5,000 12.2% 11.3% … 13.1% +22% +9.7% … +34.3% 0.0005 Significantly better" in text
    for said in (
        "Green button", "Running", "As planned (p = 1.000)", "Significantly better", "Page 1 of", "More will buy",
        "Events up to 03/21/2026 1:00 AM (Europe/Berlin)", "Fleiss, Levin, Paik",
    ):  # fmt: skip
        assert said in text


def test_in_arabic_every_word_and_figure_is_there():
    found = known_results(monitoring="fixed")
    text = read(set_document(known_report("ar", found=found)))
    words = set(text.translate(_signs()).split())
    wanted = {w for sentence in sentences(found, "ar") for w in sentence.translate(_signs()).split()}
    # A Latin word or a figure that a prefix is written to stands apart in the order in which it is seen.
    assert {w for w in wanted if not any(c.isascii() for c in w)} <= words
    assert "Green5,00012.2%11.3%…13.1%+22%+9.7%…+34.3%0.0005" in text.replace(" ", "")


def _signs() -> dict[int, str]:
    return dict.fromkeys(map(ord, ".:;،؛()"), " ") | {ord("."): "."}


@pytest.mark.parametrize("locale", LOCALES)
def test_no_text_is_missing_and_it_is_short(locale: str):
    made = set_document(known_report(locale))
    text = read(made)
    assert "results." not in text
    assert "experiments." not in text
    assert "{{" not in text
    assert "□" not in text
    assert len(pypdf.PdfReader(io.BytesIO(made)).pages) <= 3


def test_many_metrics_and_long_names_stay_on_few_pages_and_it_says_so():
    arms = rates(control=(5000, 500), **{f"v{n}": (5000, 500 + n) for n in range(5)})
    roles = [MetricRole.PRIMARY] + [MetricRole.SECONDARY] * 29
    found = results([metric(f"Metric {n}", arms, role) for n, role in enumerate(roles)])
    experiment = known_experiment("x" * 200, hypothesis="word " * 400)
    made = set_document(known_report("en", experiment, found))
    text = read(made)
    assert "There is more than fits on these pages" in text
    assert "Metric 0" in text
    assert len(pypdf.PdfReader(io.BytesIO(made)).pages) <= 3


def test_a_suspicious_split_lets_no_number_shine():
    found = known_results(units={"control": 5000, "green": 4000})
    text = read(set_document(known_report("en", found=found)))
    assert "Not as planned (p < 0.0001)" in text
    assert "Can’t be trusted" in text
    assert "Significantly" not in text


def test_a_belief_is_told_by_its_chance():
    text = read(set_document(known_report("en", found=known_results(inference="bayesian"))))
    assert "Chance to win" in text
    assert "Likely better" in text


def test_names_are_only_text():
    name = '=HYPERLINK("http://x.example") **b** {nb}'
    text = read(set_document(known_report("en", known_experiment(name, "<i>{{total}}</i>"))))
    assert name in text
    assert "<i>{{total}}</i>" in text


@pytest.mark.usefixtures("db")
async def test_it_is_a_file_in_the_language_that_is_asked_for():
    ctx = make_context()
    made = await lives.running(ctx)
    async with tenant_session(ctx) as session:
        report = await service.report_experiment(session, ctx, made.id, ReportFormat.PDF, "fr")
        with pytest.raises(Invalid):
            await service.report_experiment(session, ctx, made.id, ReportFormat.PDF, "tlh")
    assert (report.file_name, report.media_type) == (f"{made.key}.pdf", "application/pdf")
    assert "Personne n’a encore participé" in read(await report.file())

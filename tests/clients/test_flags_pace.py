"""EXP-03: OpenFeature's stock clients that ask faster than they may: they stop, keep what they have, and come back."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from openfeature import api
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.exception import ErrorCode

from enterprise_app.core.db_urls import DatabaseUrls
from tests.clients.conftest import Served, Source, serving
from tests.clients.test_browser import Site, browser, visit  # noqa: F401
from tests.clients.test_flags import GERMAN, asking, flag, flag_site  # noqa: F401

PATH = "/ofrep/v1/evaluate/flags"
AT_ONCE, LOOKED_UP = 20, 10  # of one address: half of what a credential may, for ten seconds


@pytest.fixture(scope="module")
def slow(postgres: DatabaseUrls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Four calls a second, of which two may be lookups."""
    pace = {"ATRIUM_FLAG_CALLS": "4", "ATRIUM_FLAG_LOOKUPS": "2"}
    with serving(postgres, tmp_path_factory.mktemp("data"), **pace) as made:
        yield made


@pytest.fixture
def source(slow: Served) -> Source:
    slow.refuse(503, 0)  # a new list of calls
    return slow.new_source()


def told(served: Served) -> list[int]:
    return [call["status"] for call in served.calls() if call["path"].startswith(PATH)]


def test_python_pauses_for_as_long_as_it_is_told(source: Source) -> None:
    flag(source, "german", rules=GERMAN)
    provider = OFREPProvider(source.served.url, headers_factory=lambda: {"Authorization": f"Bearer {source.key}"})
    api.set_provider(provider)
    client = api.get_client()
    values = [client.get_boolean_details("german", False, asking(country="DE")) for _ in range(100)]
    first = [v.error_code for v in values].index(ErrorCode.GENERAL)
    assert first >= AT_ONCE
    assert [v.value for v in values] == [True] * first + [False] * (100 - first), "then the program's own default"
    assert told(source.served) == [200] * first + [429], "it asks no more until it may"
    begun = time.monotonic()
    while client.get_boolean_details("german", False, asking(country="DE")).error_code:
        assert time.monotonic() - begun < 5
        time.sleep(0.05)
    assert told(source.served)[first:] == [429, 200], "and then it is served at once"
    api.shutdown()


def test_python_gets_its_default_while_too_many_strangers_are_looked_up(source: Source) -> None:
    """Never an answer without the traits that the flag asks for."""
    flag(source, "german", rules=GERMAN)
    api.set_provider(OFREPProvider(source.served.url, headers_factory=lambda: {"X-API-Key": source.key}))
    client = api.get_client()
    values = [client.get_boolean_details("german", True, asking(f"new-{n}")) for n in range(AT_ONCE)]
    first = [v.error_code for v in values].index(ErrorCode.GENERAL)
    assert first >= LOOKED_UP
    assert [v.value for v in values] == [False] * first + [True] * (AT_ONCE - first)
    assert told(source.served) == [200] * first + [429]
    api.shutdown()


@pytest.mark.e2e
def test_the_web_client_keeps_its_answers_and_comes_back(
    browser: Any,  # noqa: F811
    flag_site: Site,  # noqa: F811
    source: Source,
) -> None:
    flag(source, "german", rules=GERMAN)
    with visit(browser) as (_, page):
        page.goto(f"{flag_site.url}/")
        page.evaluate(
            """async ([url, key]) => {
                const headers = [["Authorization", `Bearer ${key}`]];
                const settings = { pollInterval: 50, cacheMode: "disabled" };
                await OpenFeature.setContext({ targetingKey: "u-5", country: "DE" });
                window.flags = OpenFeature.getClient();
                window.stale = 0;
                flags.addHandler("PROVIDER_STALE", () => stale++);
                await OpenFeature.setProviderAndWait(new OFREPWebProvider({ baseUrl: url, headers, ...settings }));
            }""",
            [source.served.url, source.key],
        )
        page.wait_for_function("stale >= 3", timeout=15_000)
        assert page.evaluate("flags.getBooleanValue('german', false)") is True, "what it knows still holds"
        page.evaluate("OpenFeature.close()")
    statuses = told(source.served)
    first = statuses.index(429)
    assert set(statuses[:first]) == {200, 304}
    assert first >= AT_ONCE
    assert set(statuses[first:]) == {304, 429}, "it came back when it was told to, and was answered"
    assert len(statuses) < AT_ONCE + 20, "without Retry-After it would have asked 20 times a second"

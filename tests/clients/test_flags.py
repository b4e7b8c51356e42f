"""EXP-03: OpenFeature's stock clients as they are, pointed at Atrium: Python's, and the web's in a real Chromium."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from openfeature import api
from openfeature.client import OpenFeatureClient
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import ErrorCode
from openfeature.flag_evaluation import Reason

from enterprise_app.domains.analytics.rules.writekeys import new_write_key
from tests.clients.conftest import Served, Source, run
from tests.clients.test_browser import Site, browser, visit  # noqa: F401

ON_OFF = [{"key": "on", "value": True}, {"key": "off", "value": False}]
GERMAN = [
    {
        "name": "", "serve": {"variation": "on"},
        "conditions": [{"attribute": "country", "operator": "in", "values": ["DE", "AT"]}],
    }
]  # fmt: skip
_FLAG = """
    INSERT INTO feature_flags (tenant_id, id, key, name, name_key, kind, variations, off_variation, serve, rules, seed)
    SELECT tenant_id, %s, %s, 'A flag', 'a flag', %s, %s, %s, %s, %s, 'seed' FROM analytics_sources WHERE id = %s
"""
_SWITCH = "UPDATE feature_flags SET enabled = false WHERE id = %s"


def flag(source: Source, key: str, value: Any = None, rules: Any = ()) -> str:
    """A flag of the source's tenant: boolean by its rules, else of the one value."""
    kinds: dict[type, str] = {str: "string", int: "number", float: "number", dict: "object", list: "object"}
    kind = kinds.get(type(value), "boolean")
    variations = ON_OFF if value is None else [{"key": "a", "value": value}]
    last, made = variations[-1]["key"], str(uuid4())
    values = [json.dumps(variations), last, json.dumps({"variation": last}), json.dumps(list(rules))]
    with psycopg.connect(source.served.dsn) as connection:
        connection.execute(_FLAG, [made, key, kind, *values, source.id])
    return made


def switch_off(served: Served, made: str) -> None:
    with psycopg.connect(served.dsn) as connection:
        connection.execute(_SWITCH, [made])


@pytest.fixture
def python(source: Source) -> Iterator[OpenFeatureClient]:
    """Python's client with the write key of a source of its own."""
    headers = {"Authorization": f"Bearer {source.key}"}
    api.set_provider(OFREPProvider(source.served.url, headers_factory=lambda: headers))
    yield api.get_client()
    api.shutdown()


def asking(unit: str = "u-5", **attributes: Any) -> EvaluationContext:
    return EvaluationContext(unit, attributes)


def test_python_gets_every_kind_of_value(source: Source, python: OpenFeatureClient) -> None:
    values = {"text": "blue", "whole": 3, "part": 0.5, "thing": {"a": [1, {"b": None}]}, "list": [1, "b"]}
    for key, value in values.items():
        flag(source, key, value)
    flag(source, "german", rules=GERMAN)
    assert python.get_boolean_value("german", False, asking(country="DE")) is True
    assert python.get_boolean_value("german", True, asking(country="FR")) is False
    assert python.get_string_value("text", "", asking()) == "blue"
    assert python.get_integer_value("whole", 0, asking()) == 3
    assert python.get_float_value("part", 0.0, asking()) == 0.5
    assert python.get_object_value("thing", {}, asking()) == values["thing"]
    assert python.get_object_value("list", [], asking()) == [1, "b"]
    told = python.get_boolean_details("german", False, asking(country="AT"))
    assert (told.reason, told.variant, told.error_code) == (Reason.TARGETING_MATCH, "on", None)


def test_python_gets_its_default_and_the_reason_where_there_is_no_answer(
    source: Source, python: OpenFeatureClient
) -> None:
    half = {"split": [{"variation": "on", "weight": 1}]}
    flag(source, "split", rules=[{"name": "", "conditions": [], "serve": half}])
    unknown = python.get_boolean_details("unknown", True, asking())
    assert (unknown.value, unknown.error_code) == (True, ErrorCode.FLAG_NOT_FOUND)
    nobody = python.get_boolean_details("split", False, EvaluationContext())
    assert (nobody.value, nobody.error_code) == (False, ErrorCode.TARGETING_KEY_MISSING)
    assert python.get_boolean_details("split", False, asking()).reason == Reason.SPLIT
    mistyped = python.get_string_details("split", "none", asking())
    assert (mistyped.value, mistyped.error_code) == ("none", ErrorCode.TYPE_MISMATCH)


def test_python_with_an_unknown_key(served: Served) -> None:
    headers = {"X-API-Key": new_write_key(uuid4())}
    api.set_provider(OFREPProvider(served.url, headers_factory=lambda: headers))
    told = api.get_client().get_boolean_details("german", True, asking())
    assert (told.value, told.error_code, told.error_message) == (True, ErrorCode.GENERAL, "unauthorized")
    api.shutdown()


def test_the_kill_switch_holds_within_three_seconds(source: Source, python: OpenFeatureClient) -> None:
    made = flag(source, "german", rules=GERMAN)
    assert python.get_boolean_value("german", False, asking(country="DE")) is True
    switch_off(source.served, made)
    begun = time.monotonic()
    while python.get_boolean_value("german", False, asking(country="DE")):
        assert time.monotonic() - begun < 3
        time.sleep(0.05)
    assert python.get_boolean_details("german", False, asking(country="DE")).reason == Reason.DISABLED


@pytest.fixture(scope="module")
def flag_site(node_modules: Path) -> Iterator[Site]:
    """A site with OpenFeature's client bundled as sites do."""
    run(node_modules, "esbuild", "flags.js", "--bundle", "--minify", "--outfile=flags-bundle.js", "--log-level=error")
    made = Site((node_modules / "flags-bundle.js").read_bytes())
    made.code = "<script src=/bundle.js></script>"
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.mark.e2e
def test_the_web_client_asks_once_for_all_and_hears_of_changes(
    browser: Any,  # noqa: F811
    flag_site: Site,
    source: Source,
) -> None:
    served = source.served
    made = flag(source, "german", rules=GERMAN)
    flag(source, "text", "blue")
    served.refuse(503, 0)
    with visit(browser) as (_, page):
        page.goto(f"{flag_site.url}/")
        told = page.evaluate(
            """async ([url, key]) => {
                const headers = [["Authorization", `Bearer ${key}`]];
                const settings = { pollInterval: 300, cacheMode: "disabled" };
                const provider = new OFREPWebProvider({ baseUrl: url, headers, ...settings });
                await OpenFeature.setContext({ targetingKey: "u-5", country: "DE" });
                await OpenFeature.setProviderAndWait(provider);
                window.flags = OpenFeature.getClient();
                window.changes = [];
                flags.addHandler("PROVIDER_CONFIGURATION_CHANGED", (event) => changes.push(event));
                return [flags.getBooleanDetails("german", false), flags.getStringValue("text", ""),
                        flags.getBooleanDetails("unknown", true)];
            }""",
            [served.url, source.key],
        )
        german, text, unknown = told
        assert (german["value"], german["variant"], german["reason"], text) == (True, "on", "TARGETING_MATCH", "blue")
        assert (unknown["value"], unknown["errorCode"]) == (True, "FLAG_NOT_FOUND")
        page.wait_for_timeout(1_000)
        assert page.evaluate("changes.length") == 0
        switch_off(served, made)
        page.wait_for_function("!flags.getBooleanValue('german', true)", timeout=4_000)
        assert page.evaluate("changes.length") == 1
        page.evaluate("OpenFeature.setContext({ targetingKey: 'u-6', country: 'FR' })")
        page.wait_for_function("flags.getStringValue('text', '') === 'blue'")
        page.evaluate("OpenFeature.close()")
    calls = [call for call in served.calls() if call["path"] == "/ofrep/v1/evaluate/flags"]
    assert {call["status"] for call in calls} == {200, 304}
    assert [call["status"] for call in calls].count(200) == 3, "first, after the change, for the other context"
    assert {call["origin"] for call in calls} == {flag_site.url}
    assert served.calls("OPTIONS"), "another origin's page had to ask first"


def test_the_documented_lines_work(source: Source) -> None:
    flag(source, "new-checkout", rules=[GERMAN[0] | {"conditions": [
        {"attribute": "plan", "operator": "in", "values": ["pro"]}
    ]}])  # fmt: skip
    page = (Path(__file__).parents[2] / "docs" / "flags.md").read_text()
    lines = page.partition("```python\n")[2].partition("```")[0]
    for there, here in (("atw_…", source.key), ("https://acme.example", source.served.url)):
        assert there in lines
        lines = lines.replace(there, here)
    names: dict[str, Any] = {}
    exec(lines, names)
    assert names["is_new"] is True
    api.shutdown()

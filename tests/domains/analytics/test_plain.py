"""What is said to be plainly good is good: whatever passes the quick look, reading takes."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enterprise_app.domains.analytics.rules.dates import read_time
from enterprise_app.domains.analytics.rules.jsontext import read_json
from enterprise_app.domains.analytics.rules.messages import Reading, read_message
from enterprise_app.domains.analytics.rules.plain import read_plain, split_plain
from tests.domains.analytics.test_rules import READING

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
GOOD: dict[str, Any] = {"type": "track", "event": "E", "userId": "u", "messageId": "m"}


def body(*messages: Any, **more: Any) -> bytes:
    return json.dumps({"batch": list(messages)} | more).encode()


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"anonymousId": "a", "userId": "u", "properties": {"sku": "p-1", "revenue": 9.5, "tags": ["a", "b"]}},
        {"timestamp": "2026-03-01T10:00:00.000Z", "sentAt": "2026-03-01T10:00:02Z"},
        {"timestamp": 1_772_359_200, "context": {"page": {"url": "https://a.example/"}, "sessionId": "s", "ip": "::1"}},
        {"type": "page", "event": "ok", "name": "Pricing"},
        {"type": "alias", "event": "ok", "previousId": "a"},
        {"type": "identify", "event": "ok", "traits": {"email": "ada@acme.example"}},
        {"integrations": {"All": False}, "unknown": None},
    ],
)
def test_what_clients_send_is_plain(message: dict[str, Any]) -> None:
    assert read_plain(body(GOOD | message), NOW) == ["m"]


DEEP = json.loads("[" * 33 + "]" * 33)
NOT_PLAIN: list[Any] = [
    None,
    7,
    "text",
    [],
    GOOD | {"type": "TRACK"},
    GOOD | {"type": "launch"},
    GOOD | {"type": ["track"]},
    GOOD | {"type": None},
    {"type": "track", "event": "E"},
    GOOD | {"userId": None},
    GOOD | {"userId": 7},
    GOOD | {"userId": " "},
    GOOD | {"userId": "\u200b"},
    GOOD | {"userId": "x" * 256},
    GOOD | {"messageId": "\u0000"},
    GOOD | {"event": ""},
    GOOD | {"event": "x" * 501},
    GOOD | {"name": 5},
    GOOD | {"properties": []},
    GOOD | {"properties": "text"},
    GOOD | {"traits": 1},
    GOOD | {"context": "text"},
    GOOD | {"context": {"page": []}},
    GOOD | {"context": {"campaign": "spring"}},
    GOOD | {"context": {"sessionId": 5}},
    GOOD | {"timestamp": "yesterday"},
    GOOD | {"timestamp": "1970-01-01T00:00:00Z"},
    GOOD | {"timestamp": "2100-01-01T00:00:00Z"},
    GOOD | {"timestamp": True},
    GOOD | {"originalTimestamp": "2026-03-01T10:00:00Z", "timestamp": "nonsense"},
    GOOD | {"sentAt": {}},
    GOOD | {"properties": {"text": "x" * 32_768}},
    GOOD | {"properties": {"text": "\u0001" * 6_000}},
]


@pytest.mark.parametrize("message", NOT_PLAIN, ids=range(len(NOT_PLAIN)))
def test_what_is_unusual_is_not(message: Any) -> None:
    assert read_plain(body(message), NOW) is None
    assert read_plain(body(GOOD, message), NOW) is None


@pytest.mark.parametrize(
    "data",
    [
        b"", b"[]", b"{}", b'"text"', b"nonsense", b'{"batch": {}}', b'{"batch": null}', b"\xff\xfe",
        b'{"batch": [{"type": "track", "event": "E", "userId": "u", "properties": {"n": NaN}}]}',
        b'{"batch": [{"type": "track", "event": "\\ud800", "userId": "u"}]}',
        body(GOOD, context={"ip": "::1"}),
        body(GOOD, sentAt="nonsense"),
        body(GOOD, junk="x" * 5_000),
        body(GOOD) + b" " * 5_000,
        body(GOOD | {"properties": {"deep": DEEP}}),
    ],
)  # fmt: skip
def test_bodies_that_have_to_be_read(data: bytes) -> None:
    assert read_plain(data, NOW) is None


INNER = st.one_of(st.text(max_size=5), st.integers(), st.dictionaries(st.text(max_size=2), st.text(max_size=2)))
ODD = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=6), st.lists(st.integers(), max_size=2),
    st.sampled_from(["u", " ", "2026-03-01", "2026-03-01T10:00:00Z"]),
    st.dictionaries(st.sampled_from(["page", "campaign", "sessionId", "ip", "url", "revenue", "x"]), INNER, max_size=3),
)  # fmt: skip
FIELDS = (
    "type", "event", "name", "userId", "anonymousId", "messageId", "groupId", "previousId", "properties", "traits",
    "context", "timestamp", "originalTimestamp", "sentAt",
)  # fmt: skip


@given(
    st.sampled_from(["track", "page", "identify", "group", "alias", "screen"]),
    st.dictionaries(st.sampled_from(FIELDS), ODD, max_size=4),
    st.one_of(st.none(), st.just("2026-03-01T11:00:00Z"), ODD),
)
def test_whatever_is_plain_is_taken(kind: str, odd: dict[str, Any], sent_at: Any) -> None:
    data = json.dumps({"batch": [GOOD | {"type": kind} | odd], "sentAt": sent_at}).encode()
    if read_plain(data, NOW) is not None:
        read = read_json(data)
        told = Reading(READING.tenant_id, READING.salt, NOW, read_time(read["sentAt"], "sentAt"))
        read_message(read["batch"][0], told)  # raises Rejected when it isn't good


def test_a_body_laid_out_for_reading_is_plain() -> None:
    data = json.dumps({"batch": [GOOD] * 100, "sentAt": None}, indent=8).encode()
    assert read_plain(data, NOW) == ["m"] * 100


@pytest.mark.parametrize("number", ["1" * 5_000, "1e999"])
def test_a_number_beyond_all_bounds_is_left_to_its_own_message(number: str) -> None:
    data = body(GOOD, GOOD | {"properties": {"n": "N"}}).replace(b'"N"', number.encode())
    assert read_plain(data, NOW) == ["m", "m"]
    texts, sent_at = split_plain(data)
    assert (json.loads(texts[0]), sent_at) == (GOOD, None)
    assert number.encode() in texts[1]

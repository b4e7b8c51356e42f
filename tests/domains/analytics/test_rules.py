"""The pure decisions, as tables of cases and laws."""

import itertools
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enterprise_app.domains.analytics.rules import accesslog, buckets, keys
from enterprise_app.domains.analytics.rules.address import stored_address
from enterprise_app.domains.analytics.rules.agents import read_agent
from enterprise_app.domains.analytics.rules.buckets import TimeRange, boundaries, local_midnight, previous
from enterprise_app.domains.analytics.rules.channels import classify
from enterprise_app.domains.analytics.rules.jsontext import depth_exceeds, read_json, stored_json
from enterprise_app.domains.analytics.rules.lines import Occurrences
from enterprise_app.domains.analytics.rules.messages import Reading, read_message
from enterprise_app.domains.analytics.rules.pages import read_page, referrer_host
from enterprise_app.domains.analytics.rules.record import Rejected
from enterprise_app.domains.analytics.rules.snippet import render_snippet
from enterprise_app.domains.analytics.rules.writekeys import new_write_key, tenant_of
from enterprise_app.domains.analytics.schemas import SourcePrivacy
from enterprise_app.domains.analytics.vocabulary import Bucket, Channel, Device, DoNotTrack, EventType
from tests.domains.analytics.logs import BOT, BROWSER, PHONE, line

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
READING = Reading(uuid4(), b"salt" * 8, NOW)
ZONES = [
    ZoneInfo(name)
    for name in (
        "UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe",
        "America/Sao_Paulo", "Pacific/Apia", "America/Havana",
    )
]  # fmt: skip


def day(text: str, zone: ZoneInfo) -> datetime:
    return local_midnight(date.fromisoformat(text), zone)


@pytest.mark.parametrize(
    ("zone", "day_of_change", "hours"),
    [
        ("Europe/Berlin", "2024-03-31", 23),
        ("Europe/Berlin", "2024-10-27", 25),
        ("America/New_York", "2024-03-10", 23),
        ("America/Sao_Paulo", "2018-11-04", 23),
        ("Asia/Kolkata", "2024-03-31", 24),
        ("Asia/Kathmandu", "2024-03-31", 24),
        ("Australia/Lord_Howe", "2024-04-07", 24),  # 24.5 hours: one of them lasts 90 minutes
    ],
)
def test_hours_of_a_day(zone, day_of_change, hours):
    z = ZoneInfo(zone)
    following = date.fromisoformat(day_of_change) + timedelta(days=1)
    span = TimeRange(day(day_of_change, z), local_midnight(following, z))
    starts = boundaries(span, Bucket.HOUR, z, 0)
    assert len(starts) == hours
    assert all(s.astimezone(z).minute == 0 for s in starts)


def test_weeks_start_by_locale_and_months_end():
    z = ZoneInfo("UTC")
    span = TimeRange(day("2024-02-28", z), day("2024-03-12", z))
    assert [s.day for s in boundaries(span, Bucket.WEEK, z, 0)] == [28, 4, 11]
    assert [s.day for s in boundaries(span, Bucket.WEEK, z, 6)] == [28, 3, 10]
    assert [s.day for s in boundaries(span, Bucket.WEEK, z, 5)] == [28, 2, 9]
    assert [s.day for s in boundaries(span, Bucket.MONTH, z, 0)] == [28, 1]


INSTANTS = st.datetimes(datetime(2005, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))


@settings(max_examples=150, deadline=None)
@given(INSTANTS, st.integers(60, 40 * 86_400), st.sampled_from(ZONES), st.sampled_from(list(Bucket)), st.integers(0, 6))
def test_buckets_cut_the_period_without_gap_or_overlap(start, seconds, zone, bucket, week_start):
    span = TimeRange(start, start + timedelta(seconds=seconds))
    starts = boundaries(span, bucket, zone, week_start)
    assert starts[0] == span.start
    assert starts[-1] < span.end
    assert all(a < b for a, b in itertools.pairwise(starts))
    for instant in starts[1:]:
        local = instant.astimezone(zone)
        assert local.minute == 0
        assert local.second == 0
        if bucket is not Bucket.HOUR:
            before = (instant - timedelta(minutes=1)).astimezone(zone)
            assert before.date() < local.date()
        if bucket is Bucket.WEEK and zone.key != "Pacific/Apia":
            assert local.weekday() == week_start
        if bucket is Bucket.MONTH:
            assert local.day == 1


@settings(max_examples=100, deadline=None)
@given(INSTANTS, st.integers(1, 400), st.sampled_from(ZONES))
def test_the_previous_period_ends_where_this_one_begins(start, days, zone):
    first = start.astimezone(zone).date()
    span = TimeRange(local_midnight(first, zone), local_midnight(first + timedelta(days=days), zone))
    if span.start >= span.end:
        return  # Apia had no 30 December 2011
    before = previous(span, zone)
    assert before.end == span.start
    assert before.start < before.end


def test_too_many_buckets_are_refused():
    with pytest.raises(OverflowError):
        boundaries(TimeRange(NOW, NOW + timedelta(days=365)), Bucket.HOUR, ZoneInfo("UTC"), 0)


def test_previous_month_is_a_whole_month():
    z = ZoneInfo("Europe/Berlin")
    assert previous(TimeRange(day("2024-03-01", z), day("2024-04-01", z)), z).start == day("2024-02-01", z)


@pytest.mark.parametrize(
    ("medium", "source", "click", "referrer", "channel"),
    [
        (None, None, False, None, Channel.DIRECT),
        (None, None, False, "google.de", Channel.ORGANIC_SEARCH),
        (None, None, False, "mail.google.com", Channel.REFERRAL),
        (None, None, False, "t.co", Channel.ORGANIC_SOCIAL),
        (None, None, False, "blog.example", Channel.REFERRAL),
        (None, None, True, "google.com", Channel.PAID_SEARCH),
        ("cpc", "google", False, None, Channel.PAID_SEARCH),
        ("cpc", "facebook", False, None, Channel.PAID_SOCIAL),
        ("Email", "newsletter", False, "google.com", Channel.EMAIL),
        ("social", "x", False, None, Channel.ORGANIC_SOCIAL),
        ("banner", "x", False, None, Channel.DISPLAY),
        ("affiliate", "x", False, None, Channel.AFFILIATE),
        ("feed", "feedburner", False, None, Channel.CAMPAIGN),
    ],
)
def test_channels(medium, source, click, referrer, channel):
    assert classify(medium, source, None, click, referrer) is channel


@pytest.mark.parametrize(
    ("agent", "bot", "device", "browser", "system"),
    [
        (BROWSER, False, Device.DESKTOP, "Chrome", "Windows"),
        (PHONE, False, Device.MOBILE, "Safari", "iOS"),
        (BOT, True, Device.UNKNOWN, None, None),
        ("curl/8.0", True, Device.UNKNOWN, None, None),
        ("-", True, Device.UNKNOWN, None, None),
        ("Mozilla/5.0 (Linux; Android 13; Pixel) Chrome/120 Mobile", False, Device.MOBILE, "Chrome", "Android"),
        ("Mozilla/5.0 (Linux; Android 13; Tab) Chrome/120", False, Device.TABLET, "Chrome", "Android"),
    ],
)
def test_agents(agent, bot, device, browser, system):
    read = read_agent(agent)
    assert (read.is_bot, read.device, read.browser, read.os) == (bot, device, browser, system)


AUTOMATA = """Googlebot/2.1|bingbot/2.0|GPTBot/1.1|ChatGPT-User/1.0; +https://openai.com/bot|Bytespider|CCBot/2.0
facebookexternalhit/1.1|meta-externalagent/1.1 (+https://meta.example)|WhatsApp/2.23|Slackbot 1.0|AhrefsBot/7.0
PostmanRuntime/7.36|python-requests/2.31|aiohttp/3.9|GuzzleHttp/7|axios/1.6|undici|HTTPie/3.2|okhttp/4.12
HeadlessChrome/120.0|PhantomJS/2.1.1|Playwright/1.40|Selenium|StatusCake|Site24x7|Zabbix|Datadog/Synthetics
GoogleOther|Google-InspectionTool/1.0|CensysInspect/1.1|sqlmap/1.7|zgrab/0.x|cohere-ai|Scrapy/2.11|HTTrack 3.0"""
PEOPLE = (
    "Mozilla/5.0 (Linux; Android 15; CUBOT X50) AppleWebKit/537.36 Chrome/138.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Linux; Android 13; CUBOT_X18_Plus) AppleWebKit/537.36 Chrome/138.0 Mobile Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Mobile/15E148 [FBAN/FBIOS;FBAV/440.0]",
    "Mozilla/5.0 (Linux; Android 14; wv) Version/4.0 Chrome/125.0 Mobile Safari/537.36 [FB_IAB/FB4A]",
    "Dalvik/2.1.0 (Linux; U; Android 14; Pixel 8 Build/AP1A)",
    "Shop/3.1 CFNetwork/1410 Darwin/22",
)


@pytest.mark.parametrize("agent", [name for line in AUTOMATA.splitlines() for name in line.split("|")])
def test_automata_are_told(agent):
    assert read_agent(f"Mozilla/5.0 (compatible; {agent})").is_bot
    assert read_agent(agent).is_bot


@pytest.mark.parametrize("agent", PEOPLE)
def test_people_are_no_automata(agent):
    assert not read_agent(agent).is_bot


@pytest.mark.parametrize(
    ("target", "status", "method", "shown"),
    [
        ("/", 200, "GET", True),
        ("/a", 304, "GET", True),
        ("/a", 404, "GET", False),
        ("/a", 301, "GET", False),
        ("/a", 200, "POST", False),
        ("/a", 200, "HEAD", False),
        ("/a.PNG?x=1", 200, "GET", False),
        ("/feed.xml", 200, "GET", False),
        ("/a.html", 200, "GET", True),
        ("/v1.2/docs", 200, "GET", True),
    ],
)
def test_what_a_page_view_is(target, status, method, shown):
    assert accesslog.is_page(method, target, status) is shown


def test_log_lines():
    at = datetime(2024, 5, 17, 10, 5, 3, tzinfo=UTC)
    site = "acme.example"
    read = accesslog.read_line(
        line(at, target="/p?utm_source=n", referrer="https://www.acme.example/").encode(), 0, READING, site
    )
    assert (read.occurred_at, read.type, read.path, read.utm_source) == (at, EventType.PAGE, "/p", "n")
    assert (read.referrer_host, read.host, read.status) == (None, site, 200)
    common = accesslog.read_line(b'::1 - bob [17/May/2024:12:05:03 +0200] "GET / HTTP/1.0" 200 -', 0, READING, None)
    assert (common.occurred_at, common.ip, common.is_bot) == (at, "::1", False)
    cut = accesslog.read_line(line(at, agent=BOT).encode()[:-4], 0, READING, None)
    assert cut.is_bot
    quoted = accesslog.read_line(line(at, agent='a \\"b\\" Chrome/1').encode(), 0, READING, None)
    assert quoted.browser == "Chrome"
    for bad in (b"", b"x", b'1 - - [x] "GET / HTTP/1.1" 200 1', line(at).encode()[:-200]):
        with pytest.raises(Rejected):
            accesslog.read_line(bad, 0, READING, None)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_rejected(data):
    with suppress(Rejected):
        accesslog.read_line(data, 0, READING, None)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
FIELDS = (
    "type",
    "event",
    "userId",
    "anonymousId",
    "messageId",
    "timestamp",
    "sentAt",
    "context",
    "properties",
    "traits",
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(FIELDS), JSON) | JSON, st.sampled_from([None, "track", "page", "identify"]))
def test_any_message_is_read_or_rejected(message, kind):
    with suppress(Rejected):
        read_message(message, READING, kind)


def test_messages_hold_what_segment_says():
    message = {
        "type": "page", "anonymousId": "a", "userId": "u", "messageId": "m", "integrations": {"All": False},
        "timestamp": "2026-03-10T11:00:00.000Z", "sentAt": "2026-03-10T11:00:05.000Z",
        "context": {
            "ip": "203.0.113.9", "userAgent": BROWSER, "library": {"name": "analytics.js"},
            "page": {"url": "https://acme.example/p?utm_medium=email", "referrer": "https://bing.com/", "title": "P"},
        },
    }  # fmt: skip
    event = read_message(message, READING)
    assert event.occurred_at == NOW - timedelta(seconds=5)
    assert (event.host, event.path, event.title, event.channel) == ("acme.example", "/p", "P", "email")
    assert (event.referrer_host, event.browser, event.ip) == ("bing.com", "Chrome", "203.0.113.9")
    assert event.context == '{"library":{"name":"analytics.js"}}'
    assert event.id == read_message(message | {"timestamp": "2026-03-10T11:30:00Z"}, READING).id


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"event": None}, "event_name_missing", "event"),
        ({"event": 5}, "event_field_not_text", "event"),
        ({"event": "x" * 501}, "event_field_too_long", "event"),
        ({"userId": None}, "event_identity_missing", "userId"),
        ({"userId": {}}, "event_field_not_text", "userId"),
        ({"timestamp": "yesterday"}, "event_time_invalid", "timestamp"),
        ({"timestamp": True}, "event_time_invalid", "timestamp"),
        ({"timestamp": "1970-01-01"}, "event_time_out_of_range", "timestamp"),
        ({"timestamp": "2100-01-01T00:00:00Z"}, "event_time_out_of_range", "timestamp"),
        (
            {"timestamp": "2026-03-10T11:00:00Z", "sentAt": "1970-01-01T00:00:00Z"},
            "event_time_out_of_range",
            "timestamp",
        ),
        ({"properties": []}, "event_field_not_object", "properties"),
        ({"properties": {"a": float("inf")}}, "event_number_invalid", "properties"),
        ({"properties": {"a": "x" * 40_000}}, "event_too_large", "properties"),
        ({"context": 1}, "event_field_not_object", "context"),
        ({"context": {"page": "x"}}, "event_field_not_object", "context.page"),
        ({"type": "trackk"}, "event_type_unknown", "type"),
        ({"type": "request"}, "event_type_unknown", "type"),
    ],
)
def test_bad_messages_name_the_field(change, code, field):
    with pytest.raises(Rejected) as caught:
        read_message({"type": "track", "event": "E", "userId": "u"} | change, READING)
    assert (caught.value.code, caught.value.field) == (code, field)


def test_json_of_strangers():
    deep: dict[str, object] = {}
    for _ in range(64):
        deep = {"a": deep}
    assert depth_exceeds(deep, 32)
    assert not depth_exceeds({"a": [1]}, 32)
    assert stored_json({"a\x00": "\ud800\x00"}, "p", 100) == '{"a\\ufffd":"?\\ufffd"}'
    for bad in (b"\xff", b"{", b"9" * 5_000, b"[" * 200_000):
        with pytest.raises(Rejected):
            read_json(bad)


def test_addresses():
    assert stored_address("203.0.113.77", True) == "203.0.113.0"
    assert stored_address("2001:db8:1:2::5", True) == "2001:db8:1::"
    assert stored_address("::ffff:203.0.113.77", False) == "203.0.113.77"
    assert stored_address("host.example", False) is None


def test_pages_and_referrers():
    assert read_page("/a?utm_source=%E2%9C%93&x=1#h").utm[0] == "✓"
    assert read_page("https://EXAMPLE.com:8443").host == "example.com"
    assert read_page("http://[bad").path == "http://[bad"
    assert referrer_host("https://www.x.org/a?b") == "x.org"
    assert referrer_host("-") is None


def test_write_keys_name_their_tenant():
    tenant = uuid4()
    key = new_write_key(tenant)
    assert key.startswith("atw_")
    assert tenant_of(key) == tenant
    assert new_write_key(tenant) != key
    for bad in ("", "atw_", key[:-1], key + "x", "atr_" + key[4:], "atw_" + "Z" * 44, key[:-1] + "é"):
        assert tenant_of(bad) is None


def test_occurrences_count_identical_lines_with_flat_memory():
    seen = Occurrences(keep=3)
    assert seen.count([b"a", b"a", b"b", b"a"]) == {1: 1, 3: 2}
    assert seen.count([b"c", b"a"]) == {1: 3}
    for n in range(1_000):
        seen.count([b"%d" % n])
    assert len(seen._young) + len(seen._old) <= 6


def test_ids_depend_on_tenant_content_and_occurrence():
    a, b = uuid4(), uuid4()
    ids = {keys.line_event_id(t.bytes, text, n) for t in (a, b) for text in (b"x", b"y") for n in (0, 1)}
    assert len(ids) == 8
    assert all(UUID(i).version == 8 for i in ids)
    assert keys.tenant_salt("s", a) != keys.tenant_salt("s", b)


def test_the_snippet_is_small_and_quotes():
    html = render_snippet("atw_x", 'https://acme.example/?"<b>', SourcePrivacy())
    assert len(html) < 500
    assert 'src="https://acme.example/?&quot;&lt;b>/v1/atrium.js" data-key="atw_x">' in html
    asking = SourcePrivacy(consent_required=True, do_not_track=DoNotTrack.DROP)
    assert 'data-consent="required" data-dnt="drop"></script>' in render_snippet("atw_x", "https://a", asking)


def test_bucket_choice():
    assert buckets.choose_bucket(TimeRange(NOW, NOW + timedelta(days=2))) is Bucket.HOUR
    assert buckets.choose_bucket(TimeRange(NOW, NOW + timedelta(days=900))) is Bucket.MONTH


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"-Infinity", b"1e999"])
def test_a_number_that_json_lacks_is_its_own_events_problem(number):
    batch = read_json(b'[{"type":"track","userId":"u","event":"E","properties":{"a":[{"b":%s}]}}]' % number)
    with pytest.raises(Rejected) as caught:
        read_message(batch[0], READING)
    assert (caught.value.code, caught.value.field) == ("event_number_invalid", "properties")

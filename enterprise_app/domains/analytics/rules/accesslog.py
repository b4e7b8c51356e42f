"""Reads lines of web servers' access logs (common and combined, also with the virtual host in front) and decides what
a page view is.

A page view is a GET answered 2xx or 304 whose path is no asset; anything else is kept as a `request`. What bots fetch
is marked and counted apart, so only humans make visitors and sessions.
"""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from enterprise_app.domains.analytics.rules import agents, dates, keys, pages, traffic
from enterprise_app.domains.analytics.rules.address import stored_address
from enterprise_app.domains.analytics.rules.jsontext import clean_text
from enterprise_app.domains.analytics.rules.messages import Reading
from enterprise_app.domains.analytics.rules.record import EventRecord, Rejected
from enterprise_app.domains.analytics.vocabulary import EventType

_QUOTED = r'[^"\\]*(?:\\.[^"\\]*)*'
# A line may break off within the agent: what is left of it still tells a bot.
_LINE = re.compile(
    r'(?:(?P<vhost>[^\s:\[\]"]+):\d{1,5} )?'
    rf'(?P<host>\S+) \S+ (?P<user>.*?) \[(?P<time>[^\]]+)\] "(?P<request>{_QUOTED})" '
    rf'(?P<status>\d{{3}}) (?P<bytes>\d+|-)(?: "(?P<referrer>{_QUOTED})" "(?P<agent>{_QUOTED})(?:".*)?| [^"].*|)'
)
_MONTH_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES, 1)}
_ASSETS = (
    "css js mjs map json xml rss atom txt ico png jpg jpeg gif webp avif svg bmp tif tiff woff woff2 ttf otf eot "
    "mp3 mp4 webm ogg wav avi mov flv swf pdf zip gz tgz bz2 xz tar rar 7z exe msi dmg iso jar rpm deb bin"
)
ASSET_EXTENSIONS = frozenset(_ASSETS.split())


def read_line(line: bytes, occurrence: int, reading: Reading, site: str | None) -> EventRecord:
    """One line to one event; `occurrence` counts identical lines of the file. Raises Rejected with the reason."""
    text = clean_text(line.decode("utf-8", "replace"))
    found = _LINE.fullmatch(text)
    if found is None:
        raise Rejected("log_line_unreadable")
    method, target = _request(found["request"])
    agent_text = (found["agent"] or "").strip()
    # The common format has no agent at all, which says nothing about bots; an empty one in the combined format does.
    agent = agents.read_agent(agent_text) if found["agent"] is not None else agents.NO_AGENT
    status = int(found["status"])
    ip = stored_address(found["host"], reading.truncate_ip)
    record = EventRecord(
        id=keys.line_event_id(reading.tenant_key, line, occurrence),
        occurred_at=dates.check_bounds(log_time(found["time"]), reading.received_at, "time"),
        type=EventType.PAGE if is_page(method, target, status) else EventType.REQUEST,
        visitor_id=keys.visitor_of_address(reading.salt, ip or found["host"], agent_text),
        name=None if method == "GET" else method,
        ip=ip,
        status=status,
    )
    traffic.set_agent(record, agent)
    traffic.set_page(record, target, found["referrer"] or "", _vhost(found["vhost"]) or site)
    return record


def _vhost(name: str | None) -> str | None:
    """The host that served the request, as `%v:%p` of Apache's vhost_combined tells it."""
    return name.lower().rstrip(".")[:253] or None if name else None


def is_page(method: str, target: str, status: int) -> bool:
    """Whether the request is for a page that was shown: GET, 2xx or 304, and no asset's extension."""
    if method != "GET" or not (200 <= status < 300 or status == 304):
        return False
    return not is_asset(target)


def is_asset(target: str) -> bool:
    """Whether the path's last part ends in the extension of an image, script, feed, archive and the like."""
    name = target.partition("?")[0].rpartition("/")[2]
    _, dot, extension = name.rpartition(".")
    return bool(dot) and extension.lower() in ASSET_EXTENSIONS


@lru_cache(maxsize=4_096)
def log_time(text: str) -> datetime:
    """`17/May/2015:10:05:03 +0000` in UTC."""
    try:
        day, month, rest = text[0:2], _MONTHS[text[3:6]], text[7:]
        year, hour, minute, second = int(rest[:4]), int(rest[5:7]), int(rest[8:10]), int(rest[11:13])
        sign = {"+": 1, "-": -1}[rest[14]]
        offset = timedelta(hours=int(rest[15:17]), minutes=int(rest[17:19])) * sign
        return datetime(year, month, int(day), hour, minute, min(second, 59), tzinfo=UTC) - offset
    except (KeyError, ValueError, IndexError, OverflowError):
        raise Rejected("log_time_unreadable", "time", value=text[:40]) from None


def _request(request: str) -> tuple[str, str]:
    method, _, rest = request.partition(" ")
    target = rest.rpartition(" ")[0] if rest.rpartition(" ")[2].startswith("HTTP/") else rest
    if not method.isalpha() or not method.isupper() or not target:
        raise Rejected("log_request_unreadable", "request", value=request[:60])
    return method, target


def guess_site(lines: list[bytes]) -> str | None:
    """The host that the log is of: pages load their own images and styles, so it is most assets' referrer."""
    counts: dict[str, int] = {}
    for line in lines:
        found = _LINE.fullmatch(line.decode("utf-8", "replace"))
        if found and found["referrer"] and is_asset(found["request"].split(" ")[1] if " " in found["request"] else ""):
            host = pages.referrer_host(found["referrer"])
            if host:
                counts[host] = counts.get(host, 0) + 1
    if not counts:
        return None
    best = max(counts, key=lambda host: (counts[host], host))
    return best if counts[best] * 2 > sum(counts.values()) else None

"""What a user agent string says: bot or not, device, browser, operating system. First match wins; order matters."""

import re
from dataclasses import dataclass
from functools import lru_cache

from enterprise_app.domains.analytics.vocabulary import Device

# Automata that don't say so themselves, by https://github.com/monperrus/crawler-user-agents and what servers see.
_NAMES = (
    "aiohttp/", "alwaysonline", "anthropic-ai", "apachebench", "barkrowler", "browserstack", "bun/", "cardyb",
    "censys", "cohere-ai", "datadog", "dataprovider", "daum/", "deno/", "expanse", "facebookcatalog", "faraday",
    "ghost inspector", "google-inspectiontool", "google-safety", "google-site-verification", "googleother",
    "gtmetrix", "guzzlehttp", "hey/", "httpie/", "httrack", "hyper/", "iframely", "insomnia/", "jmeter", "k6/",
    "liferea", "lua-resty", "masscan", "megaindex", "newrelicpinger", "nikto", "nmap", "nuclei", "omgili", "outbrain",
    "playwright", "postmanruntime", "prerender", "puppeteer", "reqwest/", "selenium", "siege/", "simplepie",
    "site24x7", "sqlmap", "statuscake", "tumblr/", "typhoeus", "undici", "ureq", "vegeta", "vkshare", "webcopier",
    "whatsapp/", "wrk/", "yeti/", "zabbix", "zgrab",
)  # fmt: skip
_BOT = re.compile(
    r"(?<!cu)bot(?:\b|[/_;)])|[a-z](?<!cu)bot|crawl|spider|slurp|archiver|fetch|feed|rss|reader|scrap|monitor|pingdom|uptime|check|"
    r"validator|preview|lighthouse|headless|phantomjs|facebookexternalhit|mediapartners|ia_archiver|"
    r"curl/|wget|libwww|python|java/|ruby|perl|php|go-http-client|okhttp|httpclient|apache-http|node-fetch|axios|"
    r"https?://|@|" + "|".join(map(re.escape, _NAMES)),
    re.IGNORECASE,
)
"""A crawler's name, a feed reader, a library, a monitor - or an address to complain to, which browsers never carry.
A Cubot is a telephone."""
_BROWSERS = (
    ("Edge", re.compile(r"Edg(?:e|A|iOS)?/")),
    ("Opera", re.compile(r"OPR/|Opera")),
    ("Samsung Internet", re.compile(r"SamsungBrowser/")),
    ("Firefox", re.compile(r"Firefox/|FxiOS/|Iceweasel/")),
    ("Chrome", re.compile(r"Chrome/|CriOS/|Chromium/")),
    ("Safari", re.compile(r"Safari/|iPhone|iPad")),
    ("Internet Explorer", re.compile(r"MSIE |Trident/")),
)
_SYSTEMS = (
    ("Windows", re.compile(r"Windows")),
    ("iOS", re.compile(r"iPhone|iPad|iPod")),
    ("Android", re.compile(r"Android")),
    ("macOS", re.compile(r"Macintosh|Mac OS X")),
    ("ChromeOS", re.compile(r"CrOS")),
    ("Linux", re.compile(r"Linux|X11|Ubuntu")),
)
_TABLET = re.compile(r"iPad|Tablet|PlayBook|Silk/|Android(?!.*Mobile)")
_MOBILE = re.compile(r"Mobile|iPhone|iPod|Android|BlackBerry|Opera Mini|IEMobile")


@dataclass(frozen=True, slots=True)
class Agent:
    """The reading of one user agent string; None where it says nothing."""

    is_bot: bool
    device: Device
    browser: str | None
    os: str | None


NO_AGENT = Agent(is_bot=False, device=Device.UNKNOWN, browser=None, os=None)


@lru_cache(maxsize=20_000)
def read_agent(text: str) -> Agent:
    """Read a user agent string. An empty one, or `-` in a log, is no browser and so counts as a bot."""
    if text in ("", "-"):
        return Agent(True, Device.UNKNOWN, None, None)
    browser = _first(_BROWSERS, text)
    system = _first(_SYSTEMS, text)
    return Agent(bool(_BOT.search(text)), _device(text, system), browser, system)


def _device(text: str, system: str | None) -> Device:
    if _TABLET.search(text):
        return Device.TABLET
    if _MOBILE.search(text):
        return Device.MOBILE
    return Device.DESKTOP if system else Device.UNKNOWN


def _first(table: tuple[tuple[str, re.Pattern[str]], ...], text: str) -> str | None:
    return next((name for name, pattern in table if pattern.search(text)), None)

"""Fills in what follows from an event's page, referrer and user agent; the same for messages and log lines."""

from enterprise_app.domains.analytics.rules import agents, channels, pages
from enterprise_app.domains.analytics.rules.record import EventRecord

MAX_TEXT = 500


def set_page(record: EventRecord, url: str, referrer: str, site: str | None) -> None:
    """Set address, UTM, referrer and channel. `site` is the host that the page is on when its address doesn't say."""
    page = pages.read_page(url[: pages.MAX_URL])
    record.url, record.host, record.path = url[: pages.MAX_URL], page.host or site, page.path[: pages.MAX_URL]
    record.utm_source, record.utm_medium, record.utm_campaign, record.utm_term, record.utm_content = page.utm
    external = set_referrer(record, referrer)
    record.channel = channels.classify(
        record.utm_medium, record.utm_source, record.utm_campaign, page.paid_click, external
    )


def set_referrer(record: EventRecord, referrer: str) -> str | None:
    """Keep the referrer; its host only when it is another site, which is returned."""
    host = pages.referrer_host(referrer[: pages.MAX_URL])
    record.referrer = referrer[: pages.MAX_URL] if referrer not in ("", "-") else None
    record.referrer_host = None if pages.same_site(host, record.host) else host
    return record.referrer_host


def set_agent(record: EventRecord, agent: agents.Agent) -> None:
    """Set bot mark, device, browser and system."""
    record.is_bot, record.device = agent.is_bot, agent.device
    record.browser, record.os = agent.browser, agent.os

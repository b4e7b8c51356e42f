"""Which channel brought a visit: by UTM medium first, then paid click ids, then the referrer."""

import re
from functools import lru_cache

from enterprise_app.domains.analytics.vocabulary import Channel

_SEARCH = re.compile(
    r"(^|\.)(google|bing|yahoo|duckduckgo|baidu|yandex|ecosia|ask|startpage|qwant|naver|seznam|sogou|aol)\.[a-z.]{2,6}$|"
    r"(^|\.)search\."
)
_SOCIAL = re.compile(
    r"(^|\.)(facebook|instagram|twitter|x|t|linkedin|lnkd|pinterest|reddit|youtube|youtu|tiktok|tumblr|vk|weibo|"
    r"whatsapp|telegram|threads|mastodon|bsky|quora|stackoverflow|plus\.google|plus\.url\.google)"
    r"\.(com|co|be|net|in|org|me|ru|app|social|it)$|^news\.ycombinator\.com$"
)
_NOT_SEARCH = re.compile(r"^(mail|plus|plus\.url|docs|groups|news|translate)\.")
_PAID = {"cpc", "ppc", "paid", "paidsearch", "paid_search", "paid-search", "sem", "cpm", "cpv", "cpa"}
_SOCIAL_MEDIA = {"social", "social-network", "social-media", "sm", "social_network", "paid_social", "paid-social"}
_DISPLAY = {"display", "banner", "interstitial", "expandable"}
_EMAIL = {"email", "e-mail", "mail", "newsletter", "e_mail"}


@lru_cache(maxsize=20_000)
def classify(
    medium: str | None, source: str | None, campaign: str | None, paid_click: bool, referrer: str | None
) -> Channel:
    """The channel of a visit; `referrer` is the external referrer's host, None for none or the site itself."""
    medium = (medium or "").lower()
    if medium or source or campaign:
        return _by_utm(medium, (source or "").lower())
    if paid_click:
        return Channel.PAID_SOCIAL if referrer and is_social(referrer) else Channel.PAID_SEARCH
    if not referrer:
        return Channel.DIRECT
    if is_social(referrer):
        return Channel.ORGANIC_SOCIAL
    return Channel.ORGANIC_SEARCH if is_search(referrer) else Channel.REFERRAL


def is_search(host: str) -> bool:
    """Whether the host is a search engine (and not its mail or its documents)."""
    return bool(_SEARCH.search(host)) and not _NOT_SEARCH.search(host)


def is_social(host: str) -> bool:
    """Whether the host is a social network."""
    return bool(_SOCIAL.search(host))


def _by_utm(medium: str, source: str) -> Channel:
    social_source = is_social(f"{source}.com") or is_social(source)
    if medium in _EMAIL or source in _EMAIL:
        return Channel.EMAIL
    if medium in ("affiliate", "affiliates"):
        return Channel.AFFILIATE
    if medium in _DISPLAY:
        return Channel.DISPLAY
    if medium in _PAID or medium in ("paid_social", "paid-social"):
        return Channel.PAID_SOCIAL if social_source or "social" in medium else Channel.PAID_SEARCH
    if medium in _SOCIAL_MEDIA or (social_source and medium in ("", "referral", "post")):
        return Channel.ORGANIC_SOCIAL
    if medium == "organic":
        return Channel.ORGANIC_SEARCH
    return Channel.REFERRAL if medium == "referral" else Channel.CAMPAIGN

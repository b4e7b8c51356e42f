"""Makes a message of what an image's address says: plain parameters, or Segment's whole message."""

from typing import Any

from enterprise_app.domains.analytics.vocabulary import EventType

_FIELDS = frozenset({
    "anonymousId", "context", "event", "groupId", "integrations", "messageId", "name", "originalTimestamp",
    "previousId", "properties", "sentAt", "timestamp", "traits", "type", "userId", "writeKey",
})  # fmt: skip
_IDS = ("anonymousId", "userId", "previousId")


def message_of(told: dict[str, Any], kind: str | None, *, referrer: str, agent: str, passer_by: str) -> dict[str, Any]:
    """The message. `kind` is the type that the address names; `referrer` is the page that shows the image, `agent` who
    asks for it, `passer_by` the id of somebody who has none."""
    message = {name: value for name, value in told.items() if name in _FIELDS}
    message["type"] = kind or message.get("type") or (EventType.TRACK if message.get("event") else EventType.PAGE)
    own = {name: value for name, value in told.items() if name not in _FIELDS}
    bag = "traits" if message["type"] in (EventType.IDENTIFY, EventType.GROUP) else "properties"
    if own and isinstance(given := message.get(bag) or {}, dict):
        message[bag] = own | given
    _add_context(message, referrer, agent)
    if not any(message.get(name) for name in _IDS):
        message["anonymousId"] = passer_by
    return message


def _add_context(message: dict[str, Any], referrer: str, agent: str) -> None:
    """What the request says, where the message doesn't."""
    context = message.get("context") or {}
    if isinstance(context, dict):
        page = {"page": {"url": referrer}} if referrer else {}
        message["context"] = {"userAgent": agent} | page | context

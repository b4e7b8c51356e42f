"""Which batches are plainly good: `read_message` takes their messages for certain, told in a tenth of its time.

For requests that are answered before they are read. Whatever is unusual is not plain, and is read at once instead; what
is checked here is stricter than reading (tests/domains/analytics/test_plain.py holds both together). Only a number
beyond all bounds, such as 1e999 or one of five thousand digits, passes here; it costs its own message when it is read.
"""

from datetime import datetime
from operator import methodcaller
from typing import Annotated, Any, Literal

import msgspec
import orjson

from enterprise_app.domains.analytics.rules import dates, traffic
from enterprise_app.domains.analytics.rules.jsontext import MAX_DEPTH
from enterprise_app.domains.analytics.rules.messages import MAX_EVENT_BYTES, MAX_ID
from enterprise_app.domains.analytics.rules.record import Rejected

_Id = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_ID)] | None
_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=traffic.MAX_TEXT)] | None
_Time = str | int | float | None


class _Object(msgspec.Struct, gc=False):
    """Any object: what is in it is skipped."""


class _Context(msgspec.Struct, gc=False, rename="camel"):
    page: _Object | None = None
    campaign: _Object | None = None
    session_id: _Id = None


class _Message(msgspec.Struct, gc=False, rename="camel"):
    type: Literal["alias", "group", "identify", "page", "screen", "track"]
    message_id: _Id = None
    anonymous_id: _Id = None
    user_id: _Id = None
    group_id: _Id = None
    previous_id: _Id = None
    event: _Text = None
    name: _Text = None
    timestamp: _Time = None
    original_timestamp: _Time = None
    sent_at: _Time = None
    properties: _Object | None = None
    traits: _Object | None = None
    context: _Context | None = None


class _Batch(msgspec.Struct, gc=False, rename="camel"):
    """What a batch says for all its messages (`context`) would have to be looked at in each: such a batch is read."""

    batch: list[msgspec.Raw]
    sent_at: _Time = None
    context: None = None


_PRINTABLE = frozenset(map(chr, range(ord("!"), ord("~") + 1)))
_OTHER, _BETWEEN = 4_096, 64
"""Bytes beside the messages, and for each of them: nothing else is read, and more of it would be kept for nothing."""
_batches = msgspec.json.Decoder(_Batch)
_messages = msgspec.json.Decoder(_Message)
_braces = methodcaller("count", b"{")


def read_plain(data: bytes, received_at: datetime) -> list[str | None] | None:
    """The message ids of a batch's body when every one of its messages is good for certain, else None."""
    try:
        data.decode()  # what is skipped below is not looked at so closely
        if b"\\" in data and b"\\u" in data:  # the first is found at once, or not
            orjson.loads(data)
        body = _batches.decode(data)
        texts = list(map(bytes, body.batch))
        if not _are_small(data, texts):
            return None
        sent = dates.read_time(body.sent_at, "sentAt")
        found = list(map(_messages.decode, texts))
        for message in found:
            if not _is_plain(message, received_at, sent):
                return None
        return [message.message_id for message in found]
    except (msgspec.DecodeError, orjson.JSONDecodeError, UnicodeDecodeError, RecursionError, Rejected):
        return None


def split_plain(data: bytes) -> tuple[list[bytes], Any]:
    """The messages of a plain body, each as it stands, and when it was sent: what else is in the body is skipped."""
    body = _batches.decode(data)
    return [bytes(raw) for raw in body.batch], body.sent_at


def _are_small(data: bytes, texts: list[bytes]) -> bool:
    """Whether there is little beside the messages, and each fits where its parts must: what is escaped may need six
    times as much. Lists are rare: those of the whole body are mostly few enough to be counted for each message."""
    lengths = list(map(len, texts))
    if len(data) > sum(lengths) + _OTHER + _BETWEEN * len(texts) or max(lengths, default=0) > MAX_EVENT_BYTES // 6:
        return False
    most = max(map(_braces, texts), default=0)
    return most + data.count(b"[") <= MAX_DEPTH or all(_is_flat(text) for text in texts)


def _is_flat(text: bytes) -> bool:
    return text.count(b"{") + text.count(b"[") <= MAX_DEPTH


def _is_plain(message: _Message, received_at: datetime, sent: datetime | None) -> bool:
    """Whether it says who, what and when. Raises Rejected for impossible times."""
    if not (message.anonymous_id or message.user_id) or (message.type == "track" and not message.event):
        return False
    texts = (message.message_id, message.anonymous_id, message.user_id, message.event, message.name, message.group_id,
             message.previous_id, message.context and message.context.session_id)  # fmt: skip
    for text in texts:  # printable ASCII in front: no trimming leaves nothing of it
        if text is not None and text[0] not in _PRINTABLE:
            return False
    if message.timestamp is not None or message.original_timestamp is not None:
        _check_time(message, received_at, sent)
    return True


def _check_time(message: _Message, received_at: datetime, sent: datetime | None) -> None:
    """As reading does. The original one counts, and both must be times."""
    told = dates.read_time(message.timestamp, "timestamp")
    original = dates.read_time(message.original_timestamp, "originalTimestamp")
    sent = dates.read_time(message.sent_at, "sentAt") or sent
    dates.check_bounds(dates.corrected(original or told, sent, received_at), received_at)

"""Guesses what a file holds: its format by its beginning, and where its columns lead by their names."""

import re
from collections.abc import Sequence

from enterprise_app.domains.analytics.rules.cells import guess_time_format
from enterprise_app.domains.analytics.schemas import Mapping
from enterprise_app.domains.analytics.vocabulary import EventField, EventType, FileFormat

F = EventField
_NOT_WORD = re.compile(r"[\W_]+")
_LOG = re.compile(rb'^(?:\S+ )?\S+ \S+ .*?\[\d{2}/[A-Za-z]{3}/\d{4}:[^\]]+\] "', re.MULTILINE)
_DECIMAL_COMMA = re.compile(r"^\D*\d{1,3}(?:[.\s]?\d{3})*,\d{1,2}\D*$")
_TYPES = {kind.value for kind in EventType}
_NAMES: dict[EventField, str] = {
    F.TIMESTAMP: "timestamp originaltimestamp time eventtime eventtimestamp occurredat occurred datetime date "
    "createdat created ts serverdatetime eventdate receivedat sentat orderdate zeit zeitpunkt datum",
    F.MESSAGE_ID: "messageid msgid insertid eventid uuid",
    F.ANONYMOUS_ID: "anonymousid anonid userpseudoid visitorid idvisitor deviceid clientid distinctid cookieid cid",
    F.USER_ID: "userid customerid customer memberid accountid personid contactid user uid kundennummer kunde email",
    F.TYPE: "type eventtype messagetype",
    F.EVENT: "event eventname eventtext action actionname ereignis",
    F.URL: "url contextpageurl pageurl pagelocation currenturl href actionurl landingpage location address",
    F.REFERRER: "referrer referer contextpagereferrer pagereferrer referrerurl httpreferer",
    F.TITLE: "title pagetitle contextpagetitle actiontitle",
    F.REVENUE: "revenue amount total totalprice ordervalue value price grandtotal umsatz betrag",
    F.CURRENCY: "currency currencycode waehrung währung",
    F.ORDER_ID: "orderid order ordernumber transactionid bestellnummer",
    F.SESSION_ID: "sessionid idvisit gasessionid",
    F.USER_AGENT: "useragent contextuseragent agent httpuseragent",
    F.IP: "ip ipaddress contextip remoteaddr visitip",
    F.GROUP_ID: "groupid companyid",
    F.PREVIOUS_ID: "previousid",
    F.UTM_SOURCE: "utmsource contextcampaignsource",
    F.UTM_MEDIUM: "utmmedium contextcampaignmedium",
    F.UTM_CAMPAIGN: "utmcampaign contextcampaignname",
    F.UTM_TERM: "utmterm contextcampaignterm",
    F.UTM_CONTENT: "utmcontent contextcampaigncontent",
}
_WORDS = {field: names.split() for field, names in _NAMES.items()}


def guess_mapping(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Mapping:
    """Where the columns lead by their names (English, German, those of well-known exports), checked by first rows."""
    names = {column: _NOT_WORD.sub("", column.lower()) for column in columns}
    found: dict[str, str] = {}
    for field, words in _WORDS.items():
        named = [c for word in words for c in columns if names[c] == word and c not in found]
        best = named[0] if named else None
        if best is not None and _fits(field, _cells(columns, rows, best)):
            found[best] = field.value
    by_field = {field: column for column, field in found.items()}
    times = _cells(columns, rows, by_field.get(F.TIMESTAMP))
    amounts = [text for text in _cells(columns, rows, by_field.get(F.REVENUE)) if text]
    comma = any(_DECIMAL_COMMA.match(text) for text in amounts)
    return Mapping(columns=found, time_format=guess_time_format(times), decimal="," if comma else ".")


def _cells(columns: Sequence[str], rows: Sequence[Sequence[str]], column: str | None) -> list[str]:
    if column is None:
        return []
    index = columns.index(column)
    return [row[index] for row in rows if index < len(row)]


def _fits(field: EventField, samples: list[str]) -> bool:
    """A column `type` may be about anything."""
    filled = [text.strip().lower() for text in samples if text.strip()]
    return field is not F.TYPE or all(text in _TYPES for text in filled)


def guess_format(head: bytes, name: str) -> FileFormat:
    """By the first bytes (unpacked), then by the name; what is nothing else is a table of text."""
    if head.startswith(b"PAR1"):
        return FileFormat.PARQUET
    if head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{"):
        return FileFormat.JSONL
    if _LOG.search(head[:20_000]):
        return FileFormat.ACCESS_LOG
    endings = name.lower().removesuffix(".gz").rpartition(".")[2]
    if endings in ("jsonl", "ndjson", "json"):
        return FileFormat.JSONL
    return FileFormat.TSV if endings in ("tsv", "tab") else FileFormat.CSV

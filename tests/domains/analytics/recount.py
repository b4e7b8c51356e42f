"""The overview's numbers counted a second time, in plain Python and without the product's code: slow and obvious."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

LINE = re.compile(r'^(\S+) \S+ \S+ \[(.+?)\] "(\S+) (\S+)[^"]*" (\d+) \S+ "([^"]*)" "([^"]*)"?')
ASSET = re.compile(
    r"\.(css|js|mjs|map|json|xml|rss|atom|txt|ico|png|jpe?g|gif|webp|avif|svg|bmp|tiff?|woff2?|ttf|otf|eot|mp[34]|webm|"
    r"ogg|wav|avi|mov|flv|swf|pdf|zip|t?gz|bz2|xz|tar|rar|7z|exe|msi|dmg|iso|jar|rpm|deb|bin)$",
    re.I,
)


class View(NamedTuple):
    at: datetime
    visitor: str
    path: str


def views_of_log(lines: Iterable[str], is_bot) -> list[View]:
    """Page views of humans."""
    views = []
    for line in lines:
        found = LINE.match(line)
        if not found:
            continue
        ip, time, method, target, status, _, agent = found.groups()
        path = target.split("?")[0].split("#")[0]
        shown = method == "GET" and (status.startswith("2") or status == "304") and not ASSET.search(path)
        if shown and not is_bot(agent):
            views.append(View(datetime.strptime(time, "%d/%b/%Y:%H:%M:%S %z"), ip + agent, path))
    return views


def session_starts(views: Iterable[View]) -> list[View]:
    """The views that begin a session."""
    by_visitor: dict[str, list[View]] = defaultdict(list)
    for view in views:
        by_visitor[view.visitor].append(view)
    starts = []
    for own in by_visitor.values():
        last = None
        for view in sorted(own):
            if last is None or view.at - last > timedelta(minutes=30):
                starts.append(view)
            last = view.at
    return starts


def numbers(views: list[View], starts: list[View], first: datetime, last: datetime) -> tuple[int, int, int]:
    """Visitors, page views and sessions from `first` to before `last`."""
    inside = [v for v in views if first <= v.at < last]
    return len({v.visitor for v in inside}), len(inside), sum(first <= s.at < last for s in starts)


def top_paths(views: list[View]) -> Counter[str]:
    """Page views by path."""
    return Counter(v.path for v in views)

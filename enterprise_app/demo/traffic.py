"""The visits of a year as Segment messages: visitors who come back, campaigns, baskets and orders, crawlers.

Everything follows from the seed, the number of events and the moment at which the year ends; the messages' ids too, so
that importing them again adds nothing.
"""

import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from math import prod
from typing import Any
from uuid import UUID

from . import site
from .calendar import days_until, shares
from .plan import PLAN, Planned
from .trials import BUYS, REGISTERS, TRIALS, Trial

_BOTS, _RETURNING, _CAMPAIGNS = 0.06, 0.46, 0.34
_KEPT = 4_000
_BUYS = {"email": 0.075, "cpc": 0.06, "affiliate": 0.05, "paid_social": 0.03, "display": 0.012}
_BUYS_OTHERWISE, _REGISTERS = 0.04, 0.05
_PAUSE = (8, 150)
"""Seconds between two events of a visit."""
Message = dict[str, Any]


@dataclass(slots=True)
class Visitor:
    """A browser, and who uses it once that is known."""

    anonymous_id: str
    agent: str
    ip: str
    user_id: str | None = None
    bot: bool = False
    variants: dict[str, str | None] = field(default_factory=dict)
    """What it saw, by experiment; None: left to others of the layer."""


@dataclass(slots=True)
class Visit:
    """One visit while it is made up: who, from where, and what happened so far."""

    visitor: Visitor
    referrer: str | None
    campaign: Planned | None
    trials: list[Trial] = field(default_factory=list)
    steps: list[Message] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Recipe:
    """What everything follows from; `until` is a full hour in UTC."""

    seed: int
    events: int
    until: datetime


class Shop:
    """Makes visits up, one after the other; `ids` are the campaigns' by their key."""

    def __init__(self, recipe: Recipe, ids: Mapping[str, str]) -> None:
        self._draw, self._recipe, self._ids = random.Random(f"demo:{recipe.seed}"), recipe, ids  # noqa: S311
        self._visitors: list[Visitor] = []
        self._people = self._orders = self._sent = 0

    def messages(self) -> Iterator[Message]:
        """Exactly as many as the recipe says, day by day."""
        until = self._recipe.until
        days = days_until(until.date())
        over, wanted = max(until.hour, 1) / 24, 0
        for day, count in zip(days, shares(self._draw, days, self._recipe.events, over), strict=True):
            running = [p for p in PLAN if p.weight and p.days(until.date())[0] <= day <= p.days(until.date())[1]]
            trials = [trial for trial in TRIALS if trial.runs(day, until.date())]
            wanted += count
            while self._sent < wanted:  # visits stay whole: what a day has too much, the next ones have less
                yield from self._visit(day, running, trials)

    def _visit(self, day: date, running: list[Planned], trials: list[Trial]) -> list[Message]:
        visit = self._arrival(running)
        visit.trials = trials
        if visit.visitor.bot:
            for _ in range(self._draw.randint(1, 4)):
                self._view(visit, self._draw.choice((*site.CATEGORIES, *site.ARTICLES)))
        else:
            self._browse(visit)
        return self._timed(visit, day)

    def _arrival(self, running: list[Planned]) -> Visit:
        draw = self._draw
        if draw.random() < _BOTS:
            return Visit(self._newcomer(bot=True), None, None)
        back = self._visitors and draw.random() < _RETURNING
        visitor = draw.choice(self._visitors) if back else self._newcomer()
        if running and draw.random() < _CAMPAIGNS:
            return Visit(visitor, None, draw.choices(running, [p.weight for p in running])[0])
        return Visit(visitor, self._weighted(site.REFERRERS), None)

    def _newcomer(self, *, bot: bool = False) -> Visitor:
        draw = self._draw
        ip = f"{draw.choice(('192.0.2', '198.51.100', '203.0.113'))}.{draw.randrange(1, 255)}"  # RFC 5737: nobody's
        agent = self._weighted(site.BOTS if bot else site.AGENTS)
        visitor = Visitor(str(UUID(int=draw.getrandbits(128), version=4)), agent, ip, bot=bot)
        if not bot:
            if len(self._visitors) < _KEPT:
                self._visitors.append(visitor)
            else:
                self._visitors[draw.randrange(_KEPT)] = visitor
        return visitor

    def _browse(self, visit: Visit) -> None:
        """Land somewhere, look around, perhaps buy."""
        draw = self._draw
        self._view(visit, draw.choice(("/", "/", *site.CATEGORIES, *site.ARTICLES)))
        self._take_part(visit)
        if draw.random() < 0.34:
            return
        basket: list[site.Product] = []
        for _ in range(draw.choice((1, 1, 2, 2, 3, 4, 6))):
            if draw.random() < 0.3:
                self._view(visit, draw.choice((*site.CATEGORIES, *site.ARTICLES)))
            else:
                basket.append(self._look(visit))
        if draw.random() < _REGISTERS * _lift(visit, REGISTERS) and visit.visitor.user_id is None:
            self._register(visit)
        if basket and draw.random() < 3 * self._buys(visit):
            self._check_out(visit, basket[-2:])

    def _take_part(self, visit: Visit) -> None:
        """In what is tried today: told once for each visitor, by Segment's semantic event."""
        for trial in visit.trials:
            if trial.key not in visit.visitor.variants:
                takes_part = self._draw.random() < (trial.layer_share or 1)
                variant = self._draw.choice(trial.variants)[0] if takes_part else None
                visit.visitor.variants[trial.key] = variant
                if variant is None:
                    continue
                told = {"experiment_id": trial.key, "experiment_name": trial.name, "variation_id": variant}
                self._step(visit, {"type": "track", "event": "Experiment Viewed", "properties": told})

    def _buys(self, visit: Visit) -> float:
        medium = visit.campaign.medium if visit.campaign else ""
        own = _BUYS.get(medium, _BUYS_OTHERWISE) * (1.6 if visit.visitor.user_id else 1.0)
        return own * _lift(visit, BUYS)

    def _look(self, visit: Visit) -> site.Product:
        product = self._draw.choice(site.PRODUCTS)
        self._view(visit, product.path)
        told = {"sku": product.sku, "name": product.name, "category": product.category, "price": product.cents / 100}
        self._track(visit, "Product Viewed", told)
        return product

    def _check_out(self, visit: Visit, basket: list[site.Product]) -> None:
        for product in basket:
            self._track(visit, "Product Added", {"sku": product.sku, "quantity": 1, "price": product.cents / 100})
        self._view(visit, "/checkout")
        self._track(visit, "Checkout Started", {"value": sum(p.cents for p in basket) / 100})
        if self._draw.random() < 0.45:
            return
        if visit.visitor.user_id is None:
            self._register(visit)
        self._orders += 1
        goods = [{"sku": p.sku, "quantity": 1, "price": p.cents / 100} for p in basket]
        order = {"order_id": f"F-{100_000 + self._orders}", "currency": site.CURRENCY, "products": goods}
        self._track(visit, "Order Completed", order | {"revenue": sum(p.cents for p in basket) / 100})
        self._view(visit, "/thank-you")

    def _register(self, visit: Visit) -> None:
        """From now on the browser is somebody's."""
        draw = self._draw
        self._people += 1
        first, last = draw.choice(site.FIRST_NAMES), draw.choice(site.LAST_NAMES)
        visit.visitor.user_id = f"c-{self._people:05}"
        traits = {
            "name": f"{first} {last}", "email": f"{first}.{last}.{self._people}@mail.example".lower(),
            "newsletter": draw.random() < 0.6,
        }  # fmt: skip
        self._step(visit, {"type": "identify", "traits": traits})
        self._track(visit, "Signed Up", {"method": draw.choice(("e-mail", "e-mail", "passkey"))})

    def _view(self, visit: Visit, path: str) -> None:
        url, referrer = site.HOST + path, ""
        if not visit.steps:
            referrer = visit.referrer or ""
            if planned := visit.campaign:
                url += f"?utm_source={planned.source}&utm_medium={planned.medium}&utm_campaign={planned.key}"
        title = path.rsplit("/", 1)[-1].replace("-", " ").capitalize() or "Home"
        told = {"url": url, "title": f"{title} · Fernweh"} | ({"referrer": referrer} if referrer else {})
        self._step(visit, {"type": "page", "properties": self._credited(visit, told)})

    def _track(self, visit: Visit, name: str, properties: dict[str, Any]) -> None:
        self._step(visit, {"type": "track", "event": name, "properties": self._credited(visit, properties)})

    def _credited(self, visit: Visit, properties: dict[str, Any]) -> dict[str, Any]:
        known = self._ids.get(visit.campaign.key) if visit.campaign else None
        return properties | {"campaign_id": known} if known else properties

    def _step(self, visit: Visit, message: Message) -> None:
        visitor = visit.visitor
        message["anonymousId"] = visitor.anonymous_id
        if visitor.user_id:
            message["userId"] = visitor.user_id
        message["context"] = {"userAgent": visitor.agent, "ip": visitor.ip}
        visit.steps.append(message)

    def _timed(self, visit: Visit, day: date) -> list[Message]:
        """Give each step its moment within the day, none after the end of the year, and its id."""
        draw, until = self._draw, self._recipe.until
        del visit.steps[self._recipe.events - self._sent :]
        pauses = [draw.randint(*_PAUSE) for _ in visit.steps]
        length = timedelta(seconds=sum(pauses))
        midnight = datetime.combine(day, time(), UTC)
        at = midnight + timedelta(hours=self._weighted_hour(), seconds=draw.randrange(3600))
        at = max(midnight, min(at, min(until, midnight + timedelta(days=1)) - length))
        for message, pause in zip(visit.steps, pauses, strict=True):
            self._sent += 1
            message["messageId"] = f"demo-{self._recipe.seed}-{self._recipe.events}-{self._sent}"
            message["timestamp"] = f"{min(at, until):%Y-%m-%dT%H:%M:%SZ}"
            at += timedelta(seconds=pause)
        return visit.steps

    def _weighted(self, choices: tuple[tuple[int, Any], ...]) -> Any:
        return self._draw.choices([value for _, value in choices], [weight for weight, _ in choices])[0]

    def _weighted_hour(self) -> int:
        return self._draw.choices(range(24), site.HOURS)[0]


def _lift(visit: Visit, what: str) -> float:
    """How many times as often the visitor does it, by all that is tried on it."""
    lifts = (trial.lifts.get(visit.visitor.variants[trial.key] or "", {}).get(what, 1.0) for trial in visit.trials)
    return prod(lifts)


def lines(recipe: Recipe, ids: Mapping[str, str]) -> Iterator[str]:
    """The messages as JSON lines, each with its end."""
    for message in Shop(recipe, ids).messages():
        yield json.dumps(message, separators=(",", ":")) + "\n"

"""What is shown of a person: name, e-mail, country and stage out of what its profiles say together."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from enterprise_app.core.sorting import sort_key

from ..vocabulary import Stage
from .traits import Traits, together, visible

NAME_MAX = 200
EMAIL_MAX = 254
COUNTRY_MAX = 60
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\Z")


class Facts(Protocol):
    """What is known of one profile alone."""

    handle: str
    own_traits: dict[str, Any]
    own_times: dict[str, int]
    own_stage: str | None
    own_stage_at: datetime | None
    own_first_at: datetime | None
    own_last_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Shown:
    """The columns of a root; `traits` is None where its own are shown."""

    name: str
    name_key: str
    email: str | None
    email_domain: str | None
    country: str | None
    stage: str
    first_seen_at: datetime | None
    last_seen_at: datetime | None
    active_at: datetime
    traits: dict[str, Any] | None


def show(family: Sequence[Facts]) -> Shown:
    """The person that a family is; its root comes first."""
    traits = together((member.own_traits, member.own_times) for member in family)
    name, email = name_of(traits, next((m.handle for m in family if m.handle), "")), email_of(traits)
    first = [member.own_first_at for member in family if member.own_first_at]
    last = [member.own_last_at for member in family if member.own_last_at]
    return Shown(
        name=name,
        name_key=sort_key(name),
        email=email,
        email_domain=email.rpartition("@")[2] if email else None,
        country=country_of(traits),
        stage=stage_of(family),
        first_seen_at=min(first, default=None),
        last_seen_at=max(last, default=None),
        active_at=max(last, default=family[0].created_at),
        traits=traits if len(family) > 1 else None,
    )


def search_text(family: Sequence[Facts]) -> str:
    """What a person is found by: every name, e-mail and handle of the family."""
    words = []
    for member in family:
        words += [name_of(member.own_traits, ""), email_of(member.own_traits) or "", member.handle]
    return " ".join(filter(None, words))


def stage_of(family: Sequence[Facts]) -> str:
    """The stage that was set last; who never got one is a lead."""
    said = [(m.own_stage_at, m.own_stage) for m in family if m.own_stage and m.own_stage_at]
    return max(said)[1] if said else Stage.LEAD.value


def name_of(traits: Traits, handle: str) -> str:
    """The first that there is: name, first and last name, e-mail, user name, handle."""
    parts = [_text(traits, "firstName", "first_name"), _text(traits, "lastName", "last_name")]
    found = _text(traits, "name") or " ".join(filter(None, parts)) or email_of(traits) or _text(traits, "username")
    return (found or handle)[:NAME_MAX]


def email_of(traits: Traits) -> str | None:
    """The e-mail, in small letters; None when it is none."""
    email = _text(traits, "email").lower()
    return email if len(email) <= EMAIL_MAX and _EMAIL.match(email) else None


def country_of(traits: Traits) -> str | None:
    """`country` or `address.country`: codes in capitals, names as they are said."""
    address = traits.get("address")
    country = _text(traits, "country") or (_text(address, "country") if isinstance(address, dict) else "")
    return (country.upper() if len(country) == 2 else country[:COUNTRY_MAX]) or None


def shown_traits(own: Traits, merged: Traits | None) -> dict[str, Any]:
    """The traits that a root shows."""
    return visible(own if merged is None else merged)


def _text(traits: Traits, *names: str) -> str:
    values = (traits.get(name) for name in names)
    return next((cleaned for v in values if isinstance(v, str) and (cleaned := re.sub(r"\s+", " ", v).strip())), "")

"""The form of a person, for a new one and for changes; nothing typed is lost when something is wrong."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import reflex as rx
from reflex_base.event import EventSpec

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import FieldProblem, Invalid
from enterprise_app.core.texts import translate
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.profiles import service
from enterprise_app.domains.profiles.schemas import Profile, ProfileChange, ProfileDraft
from enterprise_app.domains.profiles.vocabulary import Stage
from enterprise_app.web.pages.people.shapes import EDITED
from enterprise_app.web.shell.action import action
from enterprise_app.web.shell.forms import checked, id_of, text_of, told_at
from enterprise_app.web.shell.toasts import toast

FIELDS = (*EDITED, "user_id", "stage", "trait", "value")


class PersonFormState(rx.State):
    """What stands in the form; it lies over the list or over a person's page."""

    open: bool = False
    saving: bool = False
    key: str = ""
    values: dict[str, str] = dict.fromkeys(FIELDS, "")
    errors: dict[str, str] = {}
    _version: int = 0
    _before: dict[str, str] = {}

    @action(Permission.PROFILES_MANAGE)
    async def start(self) -> None:
        """An empty form."""
        self.reset()
        self.open = True

    @action(Permission.PROFILES_MANAGE)
    async def edit(self, ctx: Context, key: str) -> None:
        """The form of a person as it is now."""
        self.reset()
        async with tenant_session(ctx) as session:
            person = await service.get_profile(session, ctx, id_of(key))
        self.key, self._version = key, person.version
        self._before = {name: _text(person, name) for name in EDITED}
        self.values = dict.fromkeys(FIELDS, "") | self._before
        self.open = True

    @action(Permission.PROFILES_READ)
    async def close(self) -> None:
        """What was typed is forgotten."""
        self.reset()

    @action(Permission.PROFILES_MANAGE)
    async def save(self, ctx: Context, form: dict[str, Any]) -> AsyncIterator[Any]:
        """Create or change; the person's page opens, or shows it."""
        self.saving = True
        yield
        try:
            self.values = {name: text_of(form, name) for name in FIELDS}
            person = await (self._change(ctx) if self.key else self._create(ctx))
        finally:
            self.saving = False
        await toast(self, "success", translate(ctx.locale, "people.form.saved", name=person.name))
        self.reset()
        yield _shown(person)

    async def _create(self, ctx: Context) -> Profile:
        values = self.values
        draft = {
            "traits": {name: values[name] for name in EDITED if values[name]} | self._extra(),
            "user_id": values["user_id"] or None,
            "stage": values["stage"] or Stage.LEAD.value,
        }
        with _at_fields(), told_at("user_id"):
            wanted = checked(ProfileDraft, draft)
            async with tenant_session(ctx) as session:
                return await service.create_profile(session, ctx, wanted)

    async def _change(self, ctx: Context) -> Profile:
        changed = {name: self.values[name] for name in EDITED if self.values[name] != self._before.get(name, "")}
        traits = {name: value or None for name, value in changed.items()} | self._extra()
        with _at_fields(), told_at("name"):
            async with tenant_session(ctx) as session:
                if not traits:
                    return await service.get_profile(session, ctx, id_of(self.key))
                change = checked(ProfileChange, {"traits": traits})
                return await service.update_profile(session, ctx, id_of(self.key), self._version, change)

    def _extra(self) -> dict[str, str | None]:
        """One more trait by its name; without a value it is taken away."""
        return {self.values["trait"]: self.values["value"] or None} if self.values["trait"] else {}


@contextmanager
def _at_fields() -> Iterator[None]:
    """Problems of `traits.email` are shown at the field `email`, those of no field at the first."""
    try:
        yield
    except Invalid as error:
        raise Invalid([FieldProblem(_field(p.field), p.code, p.params) for p in error.problems]) from error


def _field(name: str) -> str:
    last = name.removeprefix("traits.")
    return last if last in (*EDITED, "user_id", "stage") else "value" if name.startswith("traits.") else "name"


def _text(person: Profile, name: str) -> str:
    """The trait as one line; Segment's company is an object, and its country may be part of the address."""
    value = person.traits.get(name)
    if name == "company" and isinstance(value, dict):
        value = value.get("name")
    if name == "country":
        value = person.country
    return value if isinstance(value, str) else ""


def _shown(person: Profile) -> EventSpec:
    return rx.redirect(f"/people/{person.id}")

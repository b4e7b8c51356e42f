"""The editor of a flag: its values, who gets which, what it needs, and the switch that turns it off for everybody."""

from collections.abc import AsyncIterator
from typing import Any

import reflex as rx

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import Invalid
from enterprise_app.core.texts import translate
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.experiments import service
from enterprise_app.domains.experiments.flag_schemas import Flag, FlagChange, FlagDraft
from enterprise_app.domains.experiments.vocabulary import FlagKind
from enterprise_app.web.components.shapes import Option
from enterprise_app.web.pages.experiments.conditions import conditioned, take_conditions
from enterprise_app.web.pages.experiments.flag_rows import (
    DEFAULT,
    SPLIT,
    FlagRows,
    PortionRow,
    PrerequisiteRow,
    RuleRow,
    VariationRow,
    folded,
    portions_for,
    starting,
    unfolded,
)
from enterprise_app.web.pages.experiments.flags import switched
from enterprise_app.web.pages.experiments.rows import LONGEST, at_rows, fresh, merged, percent_text, put, without
from enterprise_app.web.pages.experiments.snippets import snippet
from enterprise_app.web.shell.acting import opened
from enterprise_app.web.shell.action import action
from enterprise_app.web.shell.forms import checked, id_of, text_of
from enterprise_app.web.shell.toasts import toast

TYPED = ("name", "key", "description", "kind")
MOST, MOST_RULES = 20, 50
_CHOICES = 200


class FlagFormState(conditioned(Permission.FLAGS_READ), rx.State):
    """What stands in the form."""

    loading: bool = True
    missing: bool = False
    saving: bool = False
    mark: str = ""
    key: str = ""
    title: str = ""
    enabled: bool = True
    archived: bool = False
    asking: bool = False
    experiment: str = ""
    code: str = ""
    values: dict[str, str] = dict.fromkeys(TYPED, "")
    variations: list[VariationRow] = []
    rules: list[RuleRow] = []
    portions: list[PortionRow] = []
    prerequisites: list[PrerequisiteRow] = []
    off: str = ""
    flags: list[Option] = []
    errors: dict[str, str] = {}
    _version: int = 0
    _before: dict[str, Any] = {}

    @action(Permission.FLAGS_MANAGE)
    async def load_new(self, ctx: Context) -> None:
        """An empty form: on for everybody, off when it is switched off."""
        self.reset()
        await self._others(ctx)
        self.values = self.values | {"kind": FlagKind.BOOLEAN.value}
        self._start(ctx)
        self.mark, self.loading = fresh(), False

    @action(Permission.FLAGS_READ)
    async def load(self, ctx: Context) -> None:
        """The form of the flag that the URL names."""
        flag = await opened(self, ctx, service.get_flag, anew=True)
        if flag is None:
            return
        await self._others(ctx)
        self._show(ctx, flag)
        self.mark, self.loading = fresh(), False

    @action(Permission.FLAGS_READ)
    async def refresh(self, ctx: Context) -> None:
        """Switched elsewhere: the switch follows, what is typed stays."""
        if self.key and not self.loading and not self.missing:
            async with tenant_session(ctx) as session:
                flag = await service.get_flag(session, ctx, id_of(self.key))
            self.enabled, self.archived = flag.enabled, flag.archived_at is not None

    @action(Permission.FLAGS_READ)
    async def leave(self) -> None:
        """Nothing is kept for a page that is not open."""
        self.reset()

    async def _others(self, ctx: Context) -> None:
        async with tenant_session(ctx) as session:
            page = await service.list_flags(session, ctx, service.FLAGS.parse(limit=_CHOICES, sort="name"))
        own = self.key
        self.flags = [Option(value=flag.key, label=flag.name) for flag in page.items if str(flag.id) != own]

    def _start(self, ctx: Context) -> None:
        self.variations = starting(ctx, self.values["kind"])
        self.rules = [RuleRow(id=DEFAULT, serve=self.variations[0].id)]
        self.off, self.portions, self.conditions = self.variations[-1].id, [], []

    def _show(self, ctx: Context, flag: Flag) -> None:
        self._version, self.title, self.enabled = flag.version, flag.name, flag.enabled
        self.archived = flag.archived_at is not None
        self.experiment = f"/experiments/{flag.experiment_id}" if flag.experiment_id else ""
        self.values = {"name": flag.name, "key": flag.key, "description": flag.description, "kind": flag.kind.value}
        rows = unfolded(ctx, flag)
        self.variations, self.rules, self.portions = rows.variations, rows.rules, rows.portions
        self.conditions, self.prerequisites, self.off = rows.conditions, rows.prerequisites, rows.off
        self.code = snippet(str(self.router.url.origin), flag.key, flag.kind)
        self._before = {"name": flag.name, "description": flag.description} | folded(ctx, flag.kind.value, rows)

    @action(Permission.FLAGS_READ)
    async def set_kind(self, ctx: Context, value: str) -> None:
        """Another kind has other values; of a new flag only."""
        if not self.key and value in list(FlagKind):
            self.values = self.values | {"kind": value}
            self._start(ctx)

    @action(Permission.FLAGS_READ)
    async def add_variation(self, ctx: Context) -> None:
        """One more value."""
        if len(self.variations) < MOST:
            row = VariationRow(id=fresh(), key=f"v{len(self.variations) + 1}")
            self.variations = [*self.variations, row]
            split = [rule.id for rule in self.rules if rule.serve == SPLIT]
            none = percent_text(ctx, 0)
            more = [PortionRow(id=fresh(), owner=owner, variation=row.id, weight=none) for owner in split]
            self.portions = [*self.portions, *more]

    @action(Permission.FLAGS_READ)
    async def drop_variation(self, row_id: str) -> None:
        """One less; what served it serves the first one then."""
        left = without(self.variations, row_id)
        if not left:
            return
        self.variations = left
        self.portions = [row for row in self.portions if row.variation != row_id]
        first = left[0].id
        self.rules = [r.model_copy(update={"serve": first}) if r.serve == row_id else r for r in self.rules]
        self.off = left[-1].id if self.off == row_id else self.off

    @action(Permission.FLAGS_READ)
    async def put_variation(self, row_id: str, word: str, value: str) -> None:
        """What was typed into a value's row."""
        if word in ("key", "name", "value"):
            self.variations = put(self.variations, row_id, **{word: value.strip()[:LONGEST]})

    @action(Permission.FLAGS_READ)
    async def set_off(self, row_id: str) -> None:
        """What a flag that is off answers."""
        if any(row.id == row_id for row in self.variations):
            self.off = row_id

    @action(Permission.FLAGS_READ)
    async def add_rule(self) -> None:
        """One more rule, the last before the default."""
        if len(self.rules) <= MOST_RULES:
            self.rules = [*self.rules, RuleRow(id=fresh(), serve=self.variations[0].id)]

    @action(Permission.FLAGS_READ)
    async def drop_rule(self, row_id: str) -> None:
        """One less; the default stays."""
        if row_id != DEFAULT:
            self.rules = without(self.rules, row_id)
            self.conditions = [row for row in self.conditions if row.owner != row_id]
            self.portions = [row for row in self.portions if row.owner != row_id]

    @action(Permission.FLAGS_READ)
    async def raise_rule(self, row_id: str) -> None:
        """Before the rule above it: the first that matches decides."""
        at = next((n for n, rule in enumerate(self.rules) if rule.id == row_id), 0)
        if at > 1:
            rules = list(self.rules)
            rules[at - 1], rules[at] = rules[at], rules[at - 1]
            self.rules = rules

    @action(Permission.FLAGS_READ)
    async def put_rule(self, ctx: Context, row_id: str, word: str, value: str) -> None:
        """What was typed or chosen in a rule."""
        if word not in ("name", "serve", "coverage"):
            return
        self.rules = put(self.rules, row_id, **{word: value.strip()[:200]})
        if word == "serve":
            others = [row for row in self.portions if row.owner != row_id]
            new = portions_for(ctx, row_id, self.variations) if value == SPLIT else []
            self.portions = [*others, *new]
            if value == SPLIT:
                self.rules = put(self.rules, row_id, coverage=percent_text(ctx, 1))

    @action(Permission.FLAGS_READ)
    async def put_portion(self, row_id: str, value: str) -> None:
        """A part of a split."""
        self.portions = put(self.portions, row_id, weight=value.strip()[:20])

    @action(Permission.FLAGS_READ)
    async def add_prerequisite(self) -> None:
        """One more flag that this one needs."""
        if len(self.prerequisites) < MOST:
            self.prerequisites = [*self.prerequisites, PrerequisiteRow(id=fresh())]

    @action(Permission.FLAGS_READ)
    async def drop_prerequisite(self, row_id: str) -> None:
        """One less."""
        self.prerequisites = without(self.prerequisites, row_id)

    @action(Permission.FLAGS_READ)
    async def put_prerequisite(self, row_id: str, word: str, value: str) -> None:
        """What was typed or chosen in a prerequisite."""
        if word in ("flag", "variations"):
            self.prerequisites = put(self.prerequisites, row_id, **{word: value.strip()[:1000]})

    @action(Permission.FLAGS_MANAGE)
    async def ask(self) -> None:
        """Before it is switched off."""
        self.asking = True

    @action(Permission.FLAGS_READ)
    async def keep(self) -> None:
        """It stays on."""
        self.asking = False

    @action(Permission.FLAGS_MANAGE)
    async def switch(self, ctx: Context, key: str, on: bool) -> None:
        """On, or off for everybody; the message offers the way back."""
        self.asking = False
        flag = await switched(self, ctx, key, on is True, undo=FlagFormState.switch(key, on is not True))
        if key == self.key:
            self.enabled, self._version = flag.enabled, flag.version

    @action(Permission.FLAGS_MANAGE)
    async def save(self, ctx: Context, form: dict[str, Any]) -> AsyncIterator[Any]:
        """Create or change; the list opens."""
        if self.saving:
            return
        self._take(form)
        self.saving = True
        yield
        try:
            flag = await (self._change(ctx) if self.key else self._create(ctx))
        except Invalid as error:
            places = {"variations": self.variations, "rules": self.rules[1:], "prerequisites": self.prerequisites}
            raise at_rows(error, places, {"serve": DEFAULT}) from None
        finally:
            self.saving = False
        await toast(self, "success", translate(ctx.locale, "experiments.form.saved", name=flag.name))
        yield rx.redirect("/flags")

    def _take(self, form: dict[str, Any]) -> None:
        names = [name for name in TYPED if isinstance(form.get(name), str) and name != "kind"]
        self.values = self.values | {name: text_of(form, name)[:LONGEST] for name in names}
        self.variations = merged(self.variations, form, "key", "name", "value")
        self.rules = merged(self.rules, form, "name", "coverage")
        self.portions = merged(self.portions, form, "weight")
        self.prerequisites = merged(self.prerequisites, form, "flag", "variations")
        self.conditions = take_conditions(self.conditions, form)

    def _rows(self) -> FlagRows:
        return FlagRows(
            id="form", variations=self.variations, rules=self.rules, portions=self.portions,
            conditions=self.conditions, prerequisites=self.prerequisites, off=self.off,
        )  # fmt: skip

    async def _create(self, ctx: Context) -> Flag:
        values = dict(self.values)
        draft = checked(FlagDraft, values | folded(ctx, values["kind"], self._rows()))
        async with tenant_session(ctx) as session:
            return await service.create_flag(session, ctx, draft)

    async def _change(self, ctx: Context) -> Flag:
        given = {name: self.values[name] for name in ("name", "description")}
        given |= folded(ctx, self.values["kind"], self._rows())
        changed = {name: value for name, value in given.items() if value != self._before[name]}
        change = checked(FlagChange, changed)
        async with tenant_session(ctx) as session:
            return await service.update_flag(session, ctx, id_of(self.key), self._version, change)

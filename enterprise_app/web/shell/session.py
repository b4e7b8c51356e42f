"""What every page knows of its reader: flat and small, refreshed whenever a page is entered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import reflex as rx
from reflex_base.event import EventSpec

from enterprise_app.core import live
from enterprise_app.core.context import ActorKind, Context
from enterprise_app.core.texts import DEFAULT_LOCALE, LOCALES, translate
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.web.shell.action import PUBLIC, SessionEnded, action
from enterprise_app.web.shell.page import Page, find_page
from enterprise_app.web.shell.ports import Identity
from enterprise_app.web.shell.toasts import toast
from enterprise_app.web.shell.visits import reference_of, visit_of
from enterprise_app.web.shell.wiring import wiring

THEMES = ("light", "dark", "system")
PRODUCT = "Atrium"
"""What the operator is in, who has no tenant."""


@dataclass(frozen=True)
class TenantChoice:
    """A tenant the account may switch to."""

    slug: str
    name: str
    is_demo: bool = False


class SessionState(rx.State):
    """The reader, the tenant and how to speak. The permissions are for hiding: services check for themselves."""

    signed_in: bool = False
    name: str = ""
    email: str = ""
    initials: str = ""
    tenant_name: str = ""
    tenant_slug: str = ""
    role: str = ""
    is_operator: bool = False
    permissions: list[str] = []
    features: list[str] = []
    tenants: list[TenantChoice] = []
    is_demo: bool = False
    locale: str = ""
    zone: str = "UTC"
    theme: str = ""
    unverified: bool = False
    denied: bool = False
    _route: str = ""

    @action(PUBLIC)
    async def enter(self, ctx: Context | None) -> list[Any] | EventSpec | None:
        """A page was opened: who is it, may they, and what does the page load?"""
        page = find_page(wiring.pages, self.router.url.path)
        self._watch(None, None)
        if ctx is None:
            self._forget()
            if page is None or page.is_public:
                self._watch(page, None)
                return list(page.on_load) if page else None
            raise SessionEnded
        await self._remember(ctx)
        self.denied = page is not None and not _may(ctx, page)
        left = self._leave(page)
        if page is None or self.denied:
            return left
        self._watch(page, ctx)
        return [*left, *page.on_load]

    @action(PUBLIC)
    async def choose_locale(self, ctx: Context | None, locale: str) -> Any:
        """Speak another language from now on; with an account, on every device. Numbers and dates follow at once."""
        if locale not in LOCALES:
            return None
        self.locale = locale
        if ctx is not None:
            await wiring.get_sessions().save_preferences(ctx, locale=locale)
        page = find_page(wiring.pages, self.router.url.path)
        if page is None or self.denied:
            return None
        return page.refresh or (list(page.on_load) if page.is_public else None)

    @action(PUBLIC)
    async def choose_theme(self, ctx: Context | None, theme: str) -> None:
        """Light, dark or as the system has it."""
        if theme in THEMES:
            self.theme = theme
            if ctx is not None:
                await wiring.get_sessions().save_preferences(ctx, theme=theme)

    @action(Permission.SELF_MANAGE)
    async def resend_verification(self, ctx: Context) -> None:
        """The link that proves the e-mail, once more; who has proven it meanwhile sees the note go."""
        self.unverified = await wiring.get_sessions().resend_verification(ctx)
        key = "shell.verification.sent" if self.unverified else "shell.verification.done"
        await toast(self, "success", translate(ctx.locale, key, email=self.email))

    @action(Permission.SELF_MANAGE)
    async def reread(self, ctx: Context) -> None:
        """The account changed elsewhere, such as its e-mail being proven: show it."""
        self._show(await wiring.get_sessions().get_identity(str(reference_of(self)), ctx))

    def _leave(self, page: Page | None) -> list[Any]:
        """What the page before this one wants to put away."""
        before = next((known for known in wiring.pages if known.route == self._route), None)
        self._route = page.route if page else ""
        return list(before.on_leave) if before is not None and before is not page else []

    async def _remember(self, ctx: Context) -> None:
        reference = reference_of(self)
        identity = await wiring.get_sessions().get_identity(str(reference), ctx)
        self._show(identity)
        self.signed_in = True
        self.is_operator = ctx.actor.kind is ActorKind.OPERATOR
        self.permissions = sorted(ctx.permissions)
        self.features = sorted(ctx.entitlements.features)
        self.zone = ctx.zone
        self.locale = self.locale if self._chose_here(identity) else ctx.locale

    def _chose_here(self, identity: Identity) -> bool:
        """A choice made on this page stands until the account has one."""
        return bool(self.locale) and not identity.locale

    def _show(self, identity: Identity) -> None:
        self.name, self.email = identity.name, identity.email
        self.initials = "".join(part[0] for part in identity.name.split()[:2]).upper() or "?"
        self.tenant_name = identity.tenant_name or PRODUCT
        self.tenant_slug, self.role = identity.tenant_slug, identity.role
        self.tenants = [TenantChoice(tenant.slug, tenant.name, tenant.is_demo) for tenant in identity.tenants]
        self.is_demo = any(tenant.is_demo for tenant in self.tenants if tenant.slug == self.tenant_slug)
        self.theme = identity.theme or self.theme
        self.unverified = identity.unverified

    def _forget(self) -> None:
        locale = self.locale or visit_of(self).locale
        self.reset()
        self.locale = locale or DEFAULT_LOCALE

    def _watch(self, page: Page | None, ctx: Context | None) -> None:
        if wiring.hub is not None:
            token = self.router.session.client_token
            topics = [f"{ctx.tenant_id}:{area}" for area in page.topics] if page and ctx else []
            topics += [live.platform_topic(area) for area in page.platform_topics] if page else []
            own = ctx.actor.account_id if ctx and self.unverified else None
            also = {live.account_topic(own): SessionState.reread} if own else {}
            wiring.hub.watch(token, topics, page.refresh if page else None, also=also)


def _may(ctx: Context, page: Page) -> bool:
    allowed = not isinstance(page.need, Permission) or ctx.can(page.need)
    return allowed and (page.feature is None or page.feature in ctx.entitlements.features)


def can(permission: Permission) -> rx.Var[bool]:
    """Whether the reader may, for hiding what they may not."""
    return SessionState.permissions.contains(permission.value)  # pyright: ignore[reportAttributeAccessIssue]

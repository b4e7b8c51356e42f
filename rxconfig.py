"""Reflex configuration: one port, no telemetry, no host or port baked into the build."""

import os

import reflex as rx
from reflex.plugins.sitemap import SitemapPlugin
from reflex_base.constants import StateManagerMode
from reflex_components_radix.plugin import RadixThemesPlugin

from enterprise_app.core.settings import load_settings
from enterprise_app.web.shell.runtime_host import RuntimeHostPlugin

os.environ.setdefault("REFLEX_USE_NPM", "1")

redis = load_settings().redis_url

config = rx.Config(
    app_name="enterprise_app",
    telemetry_enabled=False,
    show_built_with_reflex=False,
    # The default mode would write pickled states to the disk.
    state_manager_mode=StateManagerMode.REDIS if redis else StateManagerMode.MEMORY,
    redis_url=redis.get_secret_value() if redis else None,
    # The guard decides who may connect; Reflex's default reflects any origin with credentials.
    cors_allowed_origins=[],
    frontend_lazy_bundled_libraries=True,
    frontend_packages=["i18next@25.9.0"],
    plugins=[RuntimeHostPlugin(), RadixThemesPlugin(enabled=False)],
    disable_plugins=[SitemapPlugin],
)

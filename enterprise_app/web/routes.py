"""Every page of the product. Navigation, titles, guards, the e2e run and the tests read this list."""

from collections.abc import Sequence

from enterprise_app.core.settings import load_settings
from enterprise_app.web.pages.account.page import PAGES as ACCOUNT
from enterprise_app.web.pages.admin.page import PAGES as ADMIN
from enterprise_app.web.pages.analytics.page import PAGES as ANALYTICS
from enterprise_app.web.pages.campaigns.page import PAGES as CAMPAIGNS
from enterprise_app.web.pages.experiments.page import PAGES as EXPERIMENTS
from enterprise_app.web.pages.home.page import PAGES as HOME
from enterprise_app.web.pages.operator.page import PAGES as OPERATOR
from enterprise_app.web.pages.people.page import PAGES as PEOPLE
from enterprise_app.web.shell.page import Page

AREAS: Sequence[Sequence[Page]] = (HOME, CAMPAIGNS, PEOPLE, EXPERIMENTS, ANALYTICS, ADMIN, OPERATOR, ACCOUNT)
"""The `PAGES` of each area in web/pages, in the order of the navigation."""


def list_pages(*, dev: bool) -> list[Page]:
    """The pages to serve; those for development only when asked."""
    pages = [page for area in AREAS for page in area]
    return [*pages, *_development_pages()] if dev else pages


def _development_pages() -> Sequence[Page]:
    """Imported when asked for: the states of their examples don't belong into everybody's hydrate."""
    from enterprise_app.web.pages.design.page import PAGES as DESIGN
    from enterprise_app.web.pages.mailbox.page import PAGES as MAILBOX

    return [*DESIGN, *MAILBOX]


PAGES: list[Page] = list_pages(dev=load_settings().dev)

"""The domains of the platform, bottom tier first. A new domain is one import and one line here."""

from enterprise_app.core.manifest import Domain
from enterprise_app.domains.analytics.manifest import DOMAIN as ANALYTICS
from enterprise_app.domains.audit.manifest import DOMAIN as AUDIT
from enterprise_app.domains.campaigns.manifest import DOMAIN as CAMPAIGNS
from enterprise_app.domains.experiments.manifest import DOMAIN as EXPERIMENTS
from enterprise_app.domains.files.manifest import DOMAIN as FILES
from enterprise_app.domains.identity.manifest import DOMAIN as IDENTITY
from enterprise_app.domains.localization.manifest import DOMAIN as LOCALIZATION
from enterprise_app.domains.metering.manifest import DOMAIN as METERING
from enterprise_app.domains.operations.manifest import DOMAIN as OPERATIONS
from enterprise_app.domains.profiles.manifest import DOMAIN as PROFILES
from enterprise_app.domains.tenancy.manifest import DOMAIN as TENANCY

DOMAINS: list[Domain] = [
    AUDIT, METERING, FILES, TENANCY, IDENTITY, LOCALIZATION, OPERATIONS, PROFILES, CAMPAIGNS, ANALYTICS,
    EXPERIMENTS,
]  # fmt: skip

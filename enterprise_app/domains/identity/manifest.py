"""Identity, as the platform sees it."""

from enterprise_app.core.events import subscriber
from enterprise_app.core.manifest import Domain
from enterprise_app.core.vocabulary.entitlements import Limit
from enterprise_app.domains.metering import service as metering

from . import service
from .api import ROUTERS
from .events import EmailVerificationRequested, MemberInvited, PasswordResetRequested
from .jobs import PRUNE_NIGHTLY, prune
from .subscribers import mail_invitation, mail_reset, mail_verification

metering.register_recount(Limit.MEMBERS, service.count_members)

DOMAIN = Domain(
    name="identity",
    routers=ROUTERS,
    jobs=(prune,),
    schedules=(PRUNE_NIGHTLY,),
    subscribers=(
        subscriber("identity.mail_invitation", MemberInvited, mail_invitation),
        subscriber("identity.mail_reset", PasswordResetRequested, mail_reset),
        subscriber("identity.mail_verification", EmailVerificationRequested, mail_verification),
    ),
)

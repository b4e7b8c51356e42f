"""Every audited act, `noun.verb`. Alphabetical; a closed list, so that filters and translations can be complete."""

from enum import StrEnum


class AuditVerb(StrEnum):
    """What an audit row says was done (or refused: see its outcome)."""

    ACCESS_REFUSED = "access.refused"
    API_KEY_CREATED = "api_key.created"
    API_KEY_REVOKED = "api_key.revoked"
    API_KEY_USED = "api_key.used"
    AUDIT_EXPORTED = "audit.exported"
    CAMPAIGN_ARCHIVED = "campaign.archived"
    CAMPAIGN_CREATED = "campaign.created"
    CAMPAIGN_DUPLICATED = "campaign.duplicated"
    CAMPAIGN_RESTORED = "campaign.restored"
    CAMPAIGN_UPDATED = "campaign.updated"
    DELIVERY_REPLAYED = "delivery.replayed"
    FILE_ATTACHED = "file.attached"
    FILE_PURGED = "file.purged"
    FILE_REMOVED = "file.removed"
    FILE_RESTORED = "file.restored"
    IMPORT_FINISHED = "import.finished"
    IMPORT_STARTED = "import.started"
    INVITATION_ACCEPTED = "invitation.accepted"
    INVITATION_CREATED = "invitation.created"
    INVITATION_REVOKED = "invitation.revoked"
    MEMBER_ADDED = "member.added"
    MEMBER_REINSTATED = "member.reinstated"
    MEMBER_REMOVED = "member.removed"
    MEMBER_ROLE_CHANGED = "member.role_changed"
    MEMBER_SUSPENDED = "member.suspended"
    OPERATOR_CREATED = "operator.created"
    PASSWORD_CHANGED = "password.changed"  # noqa: S105 - a verb
    PASSWORD_RESET = "password.reset"  # noqa: S105 - a verb
    PASSWORD_RESET_REQUESTED = "password.reset_requested"  # noqa: S105 - a verb
    PLAN_CHANGED = "plan.changed"
    SESSION_REVOKED = "session.revoked"
    SIGN_IN = "sign_in"
    SIGN_OUT = "sign_out"
    SOURCE_CREATED = "source.created"
    SOURCE_REVOKED = "source.revoked"
    SOURCE_ROTATED = "source.rotated"
    SWITCH_CHANGED = "switch.changed"
    TENANT_CREATED = "tenant.created"
    TENANT_SETTINGS_CHANGED = "tenant.settings_changed"
    TENANT_SUSPENDED = "tenant.suspended"
    TENANT_RESUMED = "tenant.resumed"
    TOKEN_ISSUED = "token.issued"  # noqa: S105 - a verb

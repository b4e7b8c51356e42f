"""E-mail addresses: one spelling per person, and a clear no to what is none."""

import unicodedata

from email_validator import EmailNotValidError, validate_email

from enterprise_app.core.errors import Invalid

MAX_LENGTH = 254


def clean_email(value: str, field: str = "email") -> str:
    """The address as we store and compare it: NFC, lower case. Raises Invalid(`email_invalid`)."""
    text = unicodedata.normalize("NFC", value).strip()
    if not text:
        raise Invalid.of(field, "required")
    if len(text) > MAX_LENGTH:
        raise Invalid.of(field, "too_long", max=MAX_LENGTH)
    try:
        parsed = validate_email(text, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError:
        raise Invalid.of(field, "email_invalid") from None
    if "." not in parsed.domain and parsed.domain != "localhost":
        raise Invalid.of(field, "email_invalid")
    return parsed.normalized.lower()


def masked(email: str) -> str:
    """`j…@example.com`: enough to recognise one's own, too little for anybody else."""
    local, _, domain = email.rpartition("@")
    return f"{local[:1]}…@{domain}"

"""What a password must be: long enough and not the obvious (NIST SP 800-63B, section 5.1.1.2: no composition rules)."""

from enterprise_app.core.errors import Invalid

MIN_LENGTH, MAX_LENGTH = 10, 256
_STEMS = ("password", "passwort", "qwerty", "qwertz", "letmein", "welcome", "iloveyou", "admin", "atrium", "changeme")


def check_password(password: str, *, email: str = "", field: str = "password") -> str:
    """The password itself. Raises Invalid: `password_short` (min), `too_long` (max), `password_common`."""
    if len(password) < MIN_LENGTH:
        raise Invalid.of(field, "password_short", min=MIN_LENGTH)
    if len(password) > MAX_LENGTH:
        raise Invalid.of(field, "too_long", max=MAX_LENGTH)
    if "\x00" in password:
        raise Invalid.of(field, "control_characters")
    if is_obvious(password, email):
        raise Invalid.of(field, "password_common")
    return password


def is_obvious(password: str, email: str) -> bool:
    """One repeated character, a run of digits, a stem of everybody's list with digits, or the e-mail."""
    plain = password.casefold()
    if len(set(plain)) <= 3 or plain in "01234567890123456789" or plain in "98765432109876543210":
        return True
    letters = plain.rstrip("0123456789!?.*#$ _-")
    local = email.partition("@")[0]
    return letters in _STEMS or plain == email or (len(local) > 3 and letters == local)

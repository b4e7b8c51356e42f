"""Write keys: `atw_` + the tenant's id + a random part, both in base 62.

The key names its tenant, so that looking it up needs no session that sees all tenants. It is public: it may only send.
"""

import re
import secrets
import string
from uuid import UUID

PREFIX = "atw_"
_DIGITS = string.digits + string.ascii_letters
_LENGTH = 22  # of 128 bits in base 62
_SHAPE = re.compile(rf"{PREFIX}([0-9A-Za-z]{{{_LENGTH}}})([0-9A-Za-z]{{{_LENGTH}}})\Z")


def new_write_key(tenant_id: UUID) -> str:
    """A fresh key of the tenant, with 128 random bits."""
    return PREFIX + _base62(tenant_id.int) + _base62(secrets.randbits(128))


def tenant_of(write_key: str) -> UUID | None:
    """The tenant that the key names; None when it can't be a key. That the key exists is another question."""
    found = _SHAPE.match(write_key)
    if found is None:
        return None
    value = 0
    for digit in found[1]:
        value = value * 62 + _DIGITS.index(digit)
    return UUID(int=value) if value < 1 << 128 else None


def _base62(value: int) -> str:
    digits = []
    for _ in range(_LENGTH):
        value, digit = divmod(value, 62)
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits))

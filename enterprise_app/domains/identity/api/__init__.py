"""Identity over HTTP: the forms of /auth that set the cookie, and the resources of /api/v1."""

from .account import router as account
from .auth import router as auth
from .invitations import router as invitations
from .keys import router as keys
from .members import router as members
from .registration import router as registration
from .sessions import router as sessions

ROUTERS = (auth, registration, account, members, invitations, keys, sessions)

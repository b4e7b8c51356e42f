"""Who people are and what lets them in.

Owns accounts (a person, global), sessions, access tokens, members (an account in a tenant, with a role), invitations
and API keys. Does not own tenants and plans (`tenancy`), usage (`metering`), nor the making of a Context (`edge`).

Words: an *account* is a person with an e-mail and a password; a *member* is that person in one tenant; a *session* is
one browser on one host; a *hand-over* carries a sign-in from one host to another, once.
"""

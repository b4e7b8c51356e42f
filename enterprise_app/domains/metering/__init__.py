"""Metering owns how much of each limit a tenant uses, exactly, also when fifty want the last one at once.

It does not own what a plan grants (tenancy) nor money (billing). Words: a *standing* resource is held until released
(campaigns, members, bytes); a *metered* one is spent per period and starts anew (calls a month); the *ledger* is the
list of what was spent, each row once per client id; a *recount* counts the real things and must equal the counter.
"""

"""Tenancy owns the tenants, their plan and settings, and what a plan grants.

It does not own members (identity), usage (metering) or money (billing). Words: the *slug* is a tenant's name in
addresses; its *skeleton* is what it looks like; *entitlements* are what the plan in force grants; the *platform* is the
operator's own tenant, hidden from lists.
"""

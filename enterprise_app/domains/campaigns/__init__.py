"""Campaigns: what a tenant runs, from draft to archive. Owns the table `campaigns`; measuring them is analytics' work.

Words: a campaign has an objective, channels, a budget, days from start to end (in the tenant's zone), tags, an owner.
Counted by the plan are those not archived.
"""

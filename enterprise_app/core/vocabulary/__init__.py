"""Closed vocabularies: what may be permitted, what a plan grants, what is audited."""

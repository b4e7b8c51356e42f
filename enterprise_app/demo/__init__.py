"""A made-up shop with a year of visitors: what `atrium demo` fills a tenant with, the same for the same seed."""

"""Analytics: the overview of a tenant's traffic, and the sources it comes from."""

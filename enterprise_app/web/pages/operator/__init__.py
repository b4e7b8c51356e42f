"""The operator's console: tenants, and how the platform is."""

"""Pure decisions of tenancy: plans, slugs, names, hosts."""

"""What a tenant's administrators do: members, audit trail, API keys, settings, usage."""

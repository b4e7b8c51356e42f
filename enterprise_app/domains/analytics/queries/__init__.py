"""The SQL of analytics: storing events exactly once, and the overview's aggregates."""

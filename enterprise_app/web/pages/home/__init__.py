"""The first page after signing in: what to do next, and how it goes."""

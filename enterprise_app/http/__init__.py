"""FastAPI plumbing that all routes share; knows the core only."""

"""The SQL of campaigns and of their assets."""

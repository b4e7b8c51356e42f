"""The pages of experiments on the real database."""

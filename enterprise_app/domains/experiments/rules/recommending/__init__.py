"""What past tests teach about variants not tested yet: pure, deterministic by seed, and silent when it knows nothing.

`past` reads finished tests, `features` says what a variant is like in numbers, `model` learns from them, `evidence`
asks whether it learned anything (each test predicted from the others), `searching` looks for what to ship and to test.
"""

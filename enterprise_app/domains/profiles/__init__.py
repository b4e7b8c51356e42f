"""Profiles: the people a tenant knows, from events, forms, the API and imports.

Owns people, their traits and stage, the ids that lead to them, merges and their undoing. What they did stays with
analytics; visitors (browsers) are counted there and never change because people are merged.
Words: a *root* is the person that is shown; a profile merged into another keeps its own facts and ids, so that undoing
is exact; the *family* of a root is itself and what was merged into it. A *sighting* is what an event says of a person.
"""

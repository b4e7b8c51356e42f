"""What happened on a tenant's sites and in its products: sources, events, imports and the overview.

Owns: sources and their write keys, the event table and its partitions, duplicates, imports, the traffic overview.
Does not own: campaigns (only their ids on events), profiles of people, attribution.

Words: a *source* is a place that sends events and has one public write key; a *message* is what a client sends, an
*event* what is stored of it; a *visitor* is one browser or device; a *session* is a visitor's activity without a gap
of 30 minutes; *activity* is what a human did (page, screen, track); a *request* is a line of an access log that is no
page view.
"""

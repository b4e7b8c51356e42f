"""Files: attached by people and programs to whatever has a kind and an id (a campaign first). Owns the tables `files`
and `attachments` and what lies in the storage under `attachments`; knows none of the things that have files.

Words: the *holder* is the thing that has the file, told by the domain it belongs to; a *removed* file is put away and
can be restored until it is *purged*: 30 days later, or when removed files outgrow what the plan grants once more.
Counted by the plan are the bytes of files that are not removed.
"""

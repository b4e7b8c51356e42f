"""For domains above that keep sums of the events: which slots changed. Parts of use cases: nobody's right is checked.

`changed_slots` is SQL to be used in one statement with the events, or under one snapshot: only so what is not told is
what it was.
"""

from ..queries.following import changed_slots, follow, forget_changes, unfollow
from ..rules.tiles import EPOCH, SLOT

__all__ = ["EPOCH", "SLOT", "changed_slots", "follow", "forget_changes", "unfollow"]

"""Expected failures of profiles."""

from enterprise_app.core.errors import Conflict, NotFound


class ProfileNotFound(NotFound):
    """No such person in this tenant."""

    code = "profile_not_found"


class ProfileArchivedError(Conflict):
    """An archived person is not edited or merged; restore it first."""

    code = "profile_archived"


class ProfileMergedError(Conflict):
    """It was merged into another person, `into`: act on that one, or undo the merge."""

    code = "profile_merged"


class SameProfile(Conflict):
    """The two are one person already."""

    code = "profile_same"


class UserIdTaken(Conflict):
    """Another person has this user id, `profile_id`: merge the two."""

    code = "profile_user_id_taken"


class MergeNotFound(NotFound):
    """No such merge in this tenant."""

    code = "profile_merge_not_found"


class MergeOver(Conflict):
    """The merge was undone already."""

    code = "profile_merge_undone"

"""The expected failures of analytics that are no plain field problem."""

from enterprise_app.core.errors import AtriumError, Conflict, Forbidden, TooLarge, Unauthenticated, Unavailable


class WriteKeyMissing(Unauthenticated):
    """No write key in the header or the body."""

    code = "write_key_missing"


class WriteKeyUnknown(Unauthenticated):
    """A write key of no source, or of a revoked one."""

    code = "write_key_unknown"


class OriginRefused(Forbidden):
    """A page on a site that the source does not allow."""

    code = "source_origin_refused"


class SourceNameTaken(Conflict):
    """Another live source has the name."""

    code = "source_name_taken"


class SourceOwn(Conflict):
    """The platform's own source: it sends nothing over the network, so there is no key to change or to revoke."""

    code = "source_own"


class SourceRevoked(Conflict):
    """The source was revoked and takes nothing any more."""

    code = "source_revoked"


class BodyUnreadable(AtriumError):
    """A body that is no gzip, no JSON, or no message: `problem` says what."""

    code, status = "body_unreadable", 400


class MessageRejected(AtriumError):
    """The one message of the request can't be taken; `field`, `problem` and `fix` say why."""

    code, status = "message_rejected", 400


class BatchRejected(AtriumError):
    """No message of the batch can be taken; `results` has the verdict on each."""

    code, status = "batch_rejected", 400


class ImportBusy(Conflict):
    """Another import of the tenant is running."""

    code = "import_busy"


class ImportFileMissing(AtriumError):
    """The file is not there or can't be read."""

    code, status = "import_file_missing", 404


class ImportCancelled(Conflict):
    """Somebody stopped the import; nothing of it was kept."""

    code = "import_cancelled"


class DiskFull(Unavailable):
    """No space left, in the database or for the report; nothing of the import was kept."""

    code = "disk_full"


class ImportFileDamaged(AtriumError):
    """A gzip that breaks off; `line` is how far it could be read."""

    code, status = "import_file_damaged", 422


class ImportBomb(TooLarge):
    """A gzip that unpacks to more than `max` bytes, far more than a log of its size does; nothing of it was kept."""

    code = "import_bomb"


class TableUnreadable(AtriumError):
    """A table whose rows can't be told apart: `code` says why, `line` where; nothing of it was kept."""

    code, status = "table_unreadable", 422


class UploadMissing(AtriumError):
    """The uploaded file is not there any more: it was imported, or its time was over."""

    code, status = "upload_missing", 404


class TooManyUploads(Conflict):
    """So many files of the tenant wait to be imported that no other is taken."""

    code = "too_many_uploads"


class ImportOver(Conflict):
    """The import has ended: there is nothing to cancel."""

    code = "import_over"


class EventsSlow(AtriumError):
    """Looking through so many events takes too long: a shorter period or fewer conditions help."""

    code, status = "events_slow", 422


class ImportRunning(Conflict):
    """The import has not ended: it can't be run again yet."""

    code = "import_running"

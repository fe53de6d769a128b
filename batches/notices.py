"""Notifications about files that could not be built or sent, for the users who manage the campaign."""

from batches.models import SentBatch
from config.core.notifications.service import notify
from integrations.alerts.telling import managers_of

KIND = "batch_failed"
LABEL = "Files that could not be sent"


def could_not_be_built(batch: SentBatch) -> None:
    _tell(batch, f"The file of {batch.job.label} could not be built: {batch.error or 'it was stopped'} Its leads wait for the next one.")


def failed(batch: SentBatch, answer: str) -> None:
    """Tell of the first failure of a file."""
    _tell(batch, f"{batch.file_name} could not be sent. {answer} It is tried again.")


def needs_person(batch: SentBatch, answer: str) -> None:
    _tell(batch, f"{batch.file_name} needs a person: {answer}")


def _tell(batch: SentBatch, text: str) -> None:
    key = f"{KIND} {batch.pk} {batch.attempts}"
    notify(managers_of(batch.job.campaign), KIND, text[:1_000], key=key, url=f"/v2/system/campaign-lead-batch/sent-batches/{batch.pk}")

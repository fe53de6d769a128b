"""Import Settings: one job set up like another of its type, also from another campaign."""

from django.db import transaction

from config.panel.actor import Actor
from config.panel.errors import DomainError
from processr.models import Job
from processr.services.jobs import update_job
from processr.services.locking import NO_JOB

COPIED = ("score", "hardfail", "on_error", "after_enrichment", "mapping", "credential", "config")


@transaction.atomic
def copy_settings(job_id: int, *, source_id: int, actor: Actor) -> Job:
    """How it is configured and counts; its label, place, group and visibility stay. Who asks must see the source: look it up first.

    What the campaign cannot have (another advertiser's list) is refused by its field.
    """
    source = Job.objects.select_related("credential").filter(pk=source_id, removed_at=None).first()
    if source is None:
        raise DomainError(NO_JOB, field="source", status=404)
    if not Job.objects.filter(pk=job_id, type=source.type).exists():
        raise DomainError("Settings can be taken over only from a job of the same type.", field="source")
    return update_job(job_id, actor=actor, changes={name: getattr(source, name) for name in COPIED})

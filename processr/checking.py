"""Has a job look at one lead, and lets nothing it does end the chunk."""

from collections.abc import Callable
from functools import partial

import structlog
from django.db import InterfaceError, OperationalError, transaction

from config.panel.storable import is_storable
from processr import texts
from processr.batch import BatchLead, LeadBatch
from processr.models import Job
from processr.outcomes import Enriched, Outcome, error, skipped
from processr.types import JobType

log = structlog.get_logger(__name__)

TROUBLE = (OperationalError, InterfaceError)
"""The database is gone, or two writers collided: that says nothing about a job. The turn fails, or is tried again."""

Says = Callable[[BatchLead], Outcome | Enriched]
_ASK = skipped("")
"""Stands for having nothing to say yet."""


def prepared(job_type: JobType, batch: LeadBatch) -> bool:
    """In a savepoint: a look-up that fails must not take the writing transaction with it. Most types look nothing up."""
    if type(job_type).prepare is JobType.prepare:
        return True
    try:
        with transaction.atomic():
            job_type.prepare(batch)
    except TROUBLE:
        raise
    except Exception:
        log.exception("job could not look up", job=job_type.job.id, type=job_type.key)
        return False
    return True


def look(job_type: JobType, batch: LeadBatch) -> Says:
    """What the type does with a lead, where it asks nobody."""
    return partial(job_type.enrich if job_type.category == Job.Category.ENRICHMENT else job_type.check, batch)


class Looking:
    """Of one job over one chunk. `raised` are the leads it could not look at."""

    def __init__(self, job_type: JobType) -> None:
        self._job_type = job_type
        self._enriches = job_type.category == Job.Category.ENRICHMENT
        self.raised: list[int] = []

    def outcome(self, says: Says, lead: BatchLead) -> Outcome:
        """The first exception of a chunk is told in full: a type that fails on all its leads fails alike."""
        try:
            said = says(lead)
            return said if isinstance(said, Outcome) else self._taken(said, lead)
        except TROUBLE:
            raise
        except Exception:
            if not self.raised:
                log.exception("job could not check a lead", job=self._job_type.job.id, type=self._job_type.key, lead=lead.id)
            self.raised.append(lead.id)
            return error(texts.COULD_NOT_BE_CHECKED)

    def unasked(self, batch: LeadBatch, lead: BatchLead) -> Outcome | None:
        """None where the provider has to be asked."""
        said = self.outcome(lambda lead: self._job_type.unasked(batch, lead) or _ASK, lead)
        return None if said is _ASK else said

    def _taken(self, said: object, lead: BatchLead) -> Outcome:
        """What was found is the lead's from now on."""
        if not isinstance(said, Enriched) or not self._enriches:
            raise TypeError(f"{self._job_type.key} answered {said!r}, which is no outcome")
        if not all(isinstance(text, str) and is_storable(text) for pair in said.values.items() for text in pair):
            raise TypeError(f"{self._job_type.key} found what is no text")
        lead.enriched.update(said.values)
        return said.outcome

    def tell(self) -> None:
        if self.raised:
            log.warning("job could not check leads", job=self._job_type.job.id, type=self._job_type.key, leads=len(self.raised))

"""Parts of a job's record in API v4 that an app above keeps beside the job, in rows of its own."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from config.core.actor import Actor
from config.core.registry import Registry
from processr.models import Job


class JobRecordPart:
    """A part, by the name of its property."""

    key: ClassVar[str]

    def records(self, jobs: Sequence[Job]) -> Mapping[int, Any]:
        """Return the values of the property by job id, in a fixed number of queries. Jobs that are missing have none."""
        raise NotImplementedError

    def change(self, job_id: int, value: Any, *, actor: Actor) -> None:
        """Change what the value names. Raise DomainError to refuse it, also for jobs that have no such part."""
        raise NotImplementedError


job_record_parts: Registry[type[JobRecordPart]] = Registry("part of a job's record")

"""The registry of job types: a type registers itself with `@job_types.register`, and upper apps add types of their own."""

from config.core.registry import Registry
from processr.job_types.base import EngineJob, JobType, QualityCheck

job_types: Registry[type[JobType]] = Registry("job type")


def engine_type(key: str) -> type[EngineJob] | None:
    """Return the type of a job that the engine runs, or None if the type is gone."""
    job_type = job_types.get(key)
    return job_type if job_type is not None and issubclass(job_type, EngineJob) else None


def quality_type(key: str) -> type[QualityCheck] | None:
    """Return the type of a job that judges leads without asking a provider, or None for any other job."""
    job_type = job_types.get(key)
    return job_type if job_type is not None and issubclass(job_type, QualityCheck) else None

"""The registry of job types: a type registers itself with `@job_types.register`, and upper apps add types of their own."""

from config.core.registry import Registry
from processr.job_types.base import JobType

job_types: Registry[type[JobType]] = Registry("job type")

"""The models of the Processr: jobs, lists of values, and the record of what was done to a lead."""

from processr.models.event import Event
from processr.models.job import GroupCondition, Job, JobGroup, Plan, ValueTransform
from processr.models.lists import (
    SuppressedEmail,
    SuppressedName,
    SuppressedPhone,
    ValidationList,
    ValidationListValue,
    ValueImport,
)
from processr.models.tally import JobDelta, JobTally
from processr.models.trial import Trial
from processr.models.value_index import FieldValue, IndexedField

__all__ = [
    "Event",
    "FieldValue",
    "GroupCondition",
    "Job",
    "JobDelta",
    "JobGroup",
    "JobTally",
    "Plan",
    "SuppressedEmail",
    "SuppressedName",
    "SuppressedPhone",
    "Trial",
    "ValidationList",
    "ValidationListValue",
    "ValueImport",
    "ValueTransform",
    "IndexedField",
]

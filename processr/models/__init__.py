"""What is done to a lead, and the record of what was done."""

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
from processr.models.watched import FieldValue, WatchedField

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
    "ValidationList",
    "ValidationListValue",
    "ValueImport",
    "ValueTransform",
    "WatchedField",
]

"""Which jobs of a plan run for a lead: of a group, the first by stage whose conditions hold (decision 4)."""

from collections.abc import Iterable, Mapping

from processr import texts
from processr.compiled import PlannedJob


def not_run(jobs: Iterable[PlannedJob], values: Mapping[str, str]) -> dict[int, str]:
    """Job id → why it does not run for a lead with these values. Jobs in the order of the plan, all of a group together."""
    reasons: dict[int, str] = {}
    served: set[int] = set()
    for job in jobs:
        if job.group is None:
            continue
        if not job.applies_to(values):
            reasons[job.id] = texts.NO_CONDITION_HOLDS
        elif job.group.id in served:
            reasons[job.id] = texts.OTHER_JOB_OF_GROUP
        else:
            served.add(job.group.id)
    return reasons

"""Which of several equal leads is the first, whatever the order, chunks and workers that judge them.

Another lead O counts against lead L iff O has not failed this job, and O was judged before or has the smaller id. So of equals that
have all been judged exactly one passes: of two that passed, the one judged later saw the other, and would have failed; and if all had
failed, the one judged last saw no other that counts, and would have passed. Reprocessing, in any order, keeps this.
What must not happen meanwhile is that two workers judge equals side by side: hence the lock on the scope.
Deleted leads and test leads never count.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator

from processr.job_types.lead import BatchLead, LeadBatch


def later_of_equals(
    batch: LeadBatch,
    *,
    job_id: int,
    key: Callable[[BatchLead], Hashable],
    elsewhere: Callable[[BatchLead], bool],
    near: Callable[[BatchLead, BatchLead], bool] = lambda one, other: True,  # noqa: ARG005
) -> Iterator[int]:
    """Ids of the batch's leads that are not the first of their equals; without a key a lead is nobody's equal. `elsewhere` says whether
    one counts against a lead that is not of the chunk, `near` whether two of one key are equals.

    In id order: a smaller lead of the chunk counts unless it has just failed, a larger one if it passed in an earlier run.
    """
    checked = {lead.id for lead in batch.leads}
    standing = _standing(batch.chunk, job_id, key)
    for lead in batch.chunk:
        equals = standing[key(lead)]
        if lead.id in checked and key(lead) and (elsewhere(lead) or _has_near(lead, equals.values(), near)):
            equals.pop(lead.id, None)
            yield lead.id
        elif not lead.is_test:
            equals[lead.id] = lead


def _has_near(lead: BatchLead, equals: Iterable[BatchLead], near: Callable[[BatchLead, BatchLead], bool]) -> bool:
    return any(other is not lead and near(lead, other) for other in equals)


def _standing(chunk: Iterable[BatchLead], job_id: int, key: Callable[[BatchLead], Hashable]) -> defaultdict[Hashable, dict[int, BatchLead]]:
    """Per key, the leads that count as things are: judged before, and not failed by this job."""
    standing: defaultdict[Hashable, dict[int, BatchLead]] = defaultdict(dict)
    for lead in chunk:
        if lead.processing_counter and not lead.is_test and job_id not in lead.failed_jobs:
            standing[key(lead)][lead.id] = lead
    return standing

"""The choice of the first among equal leads, whatever the order, chunks and workers that judge them.

Another lead O counts against lead L if and only if O has not failed this job, and O was judged before or has
the smaller id. So of equal leads that have all been judged, exactly one passes. Of two that passed, the one
judged later saw the other and would have failed. If all had failed, the one judged last saw no other that
counts and would have passed. Reprocessing, in any order, keeps this.

Two workers must not judge equal leads at the same time, hence the lock on the scope. Deleted leads and test
leads never count.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator

from processr.job_types.lead import JobInput, JobLead

VALUE_IS_KNOWN = """NOT EXISTS (
    SELECT FROM processr_valuetransform AS transform WHERE transform.campaign_id = {lead}.campaign_id AND transform.new_field = 'email'
)"""
"""The condition on a waiting lead whose e-mail address is known before it is judged, because no transform of its campaign makes one.

One that is not known does not count while it waits: when it is judged, the lead that was judged meanwhile counts against it.
"""


def rows_of_equals(column: str, *, key: str, columns: str, scope: str = "") -> str:
    """Return the SQL of the leads whose compared value is `key`: the transformed one where there is one, else the captured one.

    A row whose captured value is not the one that is compared has `compared` false. OFFSET 0 keeps conditions on the row
    out of the choice of an index. Both parts read an index; that of transformed values holds only leads that have one.
    """
    return f"""(
        SELECT {columns}, transformed_{column} IS NULL AS compared FROM leads_lead
        WHERE {column} = {key} AND {column} <> ''{scope} ORDER BY id OFFSET 0
    ) UNION ALL (
        SELECT {columns}, true FROM leads_lead WHERE transformed_{column} = {key} AND transformed_{column} <> ''{scope} ORDER BY id OFFSET 0
    )"""  # noqa: S608


def later_of_equals(
    job_input: JobInput,
    *,
    job_id: int,
    key: Callable[[JobLead], Hashable],
    elsewhere: Callable[[JobLead], bool],
    near: Callable[[JobLead, JobLead], bool] = lambda _lead, _other: True,
) -> Iterator[int]:
    """Yield the ids of the job's leads that are not the first of their equals, in id order.

    A lead without a key has no equals. `elsewhere` returns whether a lead outside the chunk counts against the
    given one, `near` whether two leads of one key are equal.

    A lead of the chunk with a smaller id counts unless it has just failed, one with a larger id if it passed in
    an earlier run.
    """
    checked = {lead.id for lead in job_input.leads}
    counted: defaultdict[Hashable, dict[int, JobLead]] = defaultdict(dict)
    for lead in job_input.chunk:
        if lead.processing_counter and not lead.is_test and job_id not in lead.failed_jobs:
            counted[key(lead)][lead.id] = lead
    for lead in job_input.chunk:
        lead_key = key(lead)
        equals = counted[lead_key]
        may_repeat = lead.id in checked and lead_key
        if may_repeat and (elsewhere(lead) or any(other is not lead and near(lead, other) for other in equals.values())):
            equals.pop(lead.id, None)
            yield lead.id
        elif not lead.is_test:
            equals[lead.id] = lead

"""Deleting a list: at once if it is short, otherwise as a run, part by part.

A list that is being deleted has a run without a file, and the selectors hide it. Its row is deleted last, which deletes
the run too.
"""

from django.db import connection, transaction
from django.db.models import F

from config.core.actor import Actor
from config.core.background.notify import notify_workers
from processr.lists.selectors import NO_FILE
from processr.models import ValidationList, ValueImport

AT_ONCE = 20_000
"""The most values that are deleted within the request, and in one part of a run."""
QUEUE, TASK = "work", "processr.tasks.import_values"

_DELETE_PART = """
WITH gone AS (
    DELETE FROM processr_validationlistvalue WHERE id IN (
        SELECT id FROM processr_validationlistvalue WHERE list_id = %s AND key >= %s ORDER BY key LIMIT %s
    ) RETURNING key
) SELECT count(*), max(key) FROM gone
"""


def delete(validation_list: ValidationList, *, actor: Actor) -> bool:
    """Delete a list in the transaction that holds its lock. Return False if a worker continues the deletion."""
    if validation_list.value_count <= AT_ONCE:
        delete_part(validation_list.pk, after="")
        validation_list.delete()
        return True
    run = ValueImport.objects.create(
        target=ValueImport.Target.LIST,
        list=validation_list,
        file=NO_FILE,
        name="",
        total=validation_list.value_count,
        started_by_id=actor.user_id,
    )
    notify_workers(QUEUE, f"values-{run.pk}", TASK, run.pk)
    return False


@transaction.atomic
def delete_part(list_id: int, *, after: str) -> tuple[int, str]:
    """Delete one part. Return the number of deleted values and the key of the last one.

    The next part starts at that key, past the dead rows that have not been vacuumed from the index yet.
    """
    with connection.cursor() as cursor:
        cursor.execute(_DELETE_PART, [list_id, after, AT_ONCE])
        deleted, last = cursor.fetchone()
    ValidationList.objects.filter(pk=list_id).update(value_count=F("value_count") - deleted, version=F("version") + 1)
    return deleted, last or after

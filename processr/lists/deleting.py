"""Deleting a list: few values at once, many as a run, part after part.

A list that is on its way out has a run without a file, and is hidden by the selectors; its row goes last, and the run with it.
"""

from django.db import connection, transaction
from django.db.models import F

from config.core.actor import Actor
from config.core.background.notify import ring
from processr.lists.selectors import NO_FILE
from processr.models import ValidationList, ValueImport

AT_ONCE = 20_000
"""Values that are deleted in the request, and in one part of a run."""
QUEUE, TASK = "work", "processr.tasks.import_values"

_NEXT = """
WITH gone AS (
    DELETE FROM processr_validationlistvalue WHERE id IN (
        SELECT id FROM processr_validationlistvalue WHERE list_id = %s AND key >= %s ORDER BY key LIMIT %s
    ) RETURNING key
) SELECT count(*), max(key) FROM gone
"""


def delete(listed: ValidationList, *, actor: Actor) -> bool:
    """In the transaction that has the list locked. True when it is gone, False when a worker deletes it from here on."""
    if listed.value_count <= AT_ONCE:
        take_part(listed.pk, after="")
        listed.delete()
        return True
    run = ValueImport.objects.create(
        target=ValueImport.Target.LIST, list=listed, file=NO_FILE, name="", total=listed.value_count, started_by_id=actor.user_id
    )
    ring(QUEUE, f"values-{run.pk}", TASK, run.pk)
    return False


@transaction.atomic
def take_part(list_id: int, *, after: str) -> tuple[int, str]:
    """How many went, and the key of the last one: the next part begins there, past what is dead but not yet swept from the index."""
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, [list_id, after, AT_ONCE])
        gone, last = cursor.fetchone()
    ValidationList.objects.filter(pk=list_id).update(value_count=F("value_count") - gone, version=F("version") + 1)
    return gone, last or after

"""Deleting a list: at once if it is short, otherwise as a run, part by part.

A list that is being deleted has a run without a file, and the selectors hide it. Its row is deleted last, which deletes
the run too.
"""

from collections.abc import Generator, Mapping
from typing import Any

from django.db import connection, transaction
from django.db.models import F, QuerySet

from config.core.actor import Actor
from config.core.background import runs
from config.core.background.runs import Progress, RunType
from processr.lists.selectors import NO_FILE
from processr.models import ValidationList, ValueImport

PAGE = "Validation lists"
AT_ONCE = 20_000
"""The most values that are deleted within the request, and in one part of a run."""

_DELETE_PART = """
WITH gone AS (
    DELETE FROM processr_validationlistvalue WHERE id IN (
        SELECT id FROM processr_validationlistvalue WHERE list_id = %s AND key >= %s ORDER BY key LIMIT %s
    ) RETURNING key
) SELECT count(*), max(key) FROM gone
"""


@runs.run_types.register
class ListDeletionRun(RunType[ValueImport, str]):
    """The run that deletes a list. A part begins at the key where the one before it ended."""

    key = "list_deletion"
    page = PAGE

    @classmethod
    def rows(cls) -> QuerySet[ValueImport]:
        return ValueImport.objects.filter(file=NO_FILE).select_related("list", "started_by")

    def parts(self) -> Generator[str, None, None]:
        self.after, self.goes_on = "", True
        while self.goes_on:
            yield self.after

    def write(self, part: str) -> Progress:
        deleted, self.after = delete_part(self.validation_list.pk, after=part)
        self.goes_on = deleted >= AT_ONCE
        return Progress(self.run.position + deleted, done=deleted)

    def conclude(self) -> Mapping[str, Any]:
        self.validation_list.delete()
        return {}

    def record_end(self) -> None:
        """Record an end before the deletion is complete. Its start is recorded by the service, and a complete one leaves no run."""
        self.record(f"deletion {self.run.state}", notes=self.validation_list.name, after={"removed": self.run.done})

    @property
    def validation_list(self) -> ValidationList:
        assert self.run.list is not None  # The run is deleted with its list.
        return self.run.list


def delete(validation_list: ValidationList, *, actor: Actor) -> bool:
    """Delete a list in the transaction that holds its lock. Return False if a worker continues the deletion."""
    if validation_list.value_count <= AT_ONCE:
        delete_part(validation_list.pk, after="")
        validation_list.delete()
        return True
    run = ValueImport.objects.create(
        target=ValueImport.ValueTarget.LIST,
        list=validation_list,
        file=NO_FILE,
        name="",
        total=validation_list.value_count,
        started_by_id=actor.user_id,
    )
    runs.queue(ListDeletionRun(run))
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

"""The import of a file of values as a background run."""

from collections.abc import Generator, Iterable, Mapping
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from typing_extensions import override

from config.core.actor import Actor
from config.core.background import runs
from config.core.background.runs import EndNotification, Progress, RunType
from config.core.errors import DomainError
from config.core.models import Run, User
from config.core.pg_text import is_storable
from processr.lists import files, reader, refused, storing
from processr.lists.reader import FilePart, read_parts
from processr.lists.selectors import CHANGES_SYSTEM_LISTS, NO_FILE, lists_for, refusal_to_change
from processr.lists.services import page_of
from processr.lists.storing import ListTarget
from processr.models import ValidationList, ValueImport

NOTIFICATION_KIND = "value_import"
REFUSALS_REPORTED = 20
"""The most refused lines that are reported one by one."""
FILE_GONE = "The uploaded file is not there any more. Import it once more: what was added so far is not added twice."


def start_import(
    target: ListTarget,
    upload: Iterable[bytes],
    *,
    name: str,
    delimiter: str = "",
    password: str = "",
    actor: Actor,
    validation_list: ValidationList | None = None,
) -> ValueImport:
    """Store the upload and queue its import.

    Everything that can be refused at once is refused here, as DomainError; a worker does the rest.
    """
    reader.check_delimiter(delimiter)
    stored = files.store(upload, delimiter=delimiter, password=password)
    try:
        layout = reader.read_layout(stored.path, target.kind, delimiter=files.delimiter_of(stored.path))
        return _queue(target, stored, name, actor, validation_list, lines=stored.lines - layout.first_line + 1)
    except BaseException:
        files.delete(stored.path)
        raise


@runs.run_types.register
class ValueImportRun(RunType[ValueImport, FilePart]):
    """The run of an import. Its position is a place in the file, which is deleted with the end of the run."""

    key = "value_import"
    heading: tuple[str, ...]
    """The names of the file's columns."""
    fault = "It broke off because of a fault of ours. What was added so far stays."

    @classmethod
    def rows(cls) -> QuerySet[ValueImport]:
        return ValueImport.objects.exclude(file=NO_FILE).select_related("list", "started_by")

    @classmethod
    def tidy(cls) -> None:
        uploads = cls.rows().filter(state__in=(Run.State.DRAFT, *Run.UNDER_WAY)).values_list("file", flat=True)
        files.delete_left_behind([*uploads, *refused.kept_for(cls.rows())])

    @property
    def page(self) -> str:
        return page_of(self.run.list)

    @property
    def target(self) -> ListTarget:
        return ListTarget.of(self.run.target, self.run.list_id)

    def parts(self) -> Generator[FilePart, None, None]:
        run, path, kind = self.run, files.path_of(self.run.file), self.target.kind
        try:
            file_layout = reader.read_layout(path, kind, delimiter=files.delimiter_of(path))
            file = path.open("rb")
        except FileNotFoundError as error:
            raise DomainError(FILE_GONE) from error
        self.heading = file_layout.heading
        with file:
            yield from read_parts(file, kind, file_layout, position=run.position)

    @override
    def is_open_to(self, user: User) -> bool:
        row = self.run.list
        if row is None:
            return user.role in CHANGES_SYSTEM_LISTS
        return lists_for(user).filter(pk=row.pk).exists() and not refusal_to_change(user, row)

    def write(self, part: FilePart) -> Progress:
        self.starter()
        run = self.run
        added = storing.store(self.target, part.rows)
        columns = {
            "added": run.added + added,
            "repeated": run.repeated + len(part.rows) - added,
            "error": append_refusals(run.error, part),
            "refused_file_size": refused.append(run, self.heading, part.refused),
        }
        return Progress(part.end, done=len(part.rows), failed=len(part.refused), columns=columns)

    def conclude(self) -> Mapping[str, Any]:
        """Return the number of entries, in place of the number of lines below the heading: some are blank, or one entry has several."""
        return {"total": self.run.dealt_with}

    def record_stop(self, actor: Actor) -> None:
        self.record("import asked to stop", actor=actor, notes=self.run.name)

    def record_end(self) -> None:
        run = self.run
        after = {"file": run.name, "added": run.added, "already there": run.repeated, "refused": run.failed}
        imported = f"{self.target.kind.counted(run.added)} {'was' if run.added == 1 else 'were'} imported"
        action = imported if run.state == Run.State.DONE else f"import {run.state}"
        self.record(action, notes=str(run.list or ""), after=after)

    def notification(self) -> EndNotification:
        run = self.run
        result = f"{self.target.kind.counted(run.added)} added, {run.repeated:,} already there, {run.failed:,} refused"
        return EndNotification(NOTIFICATION_KIND, f"Import of {run.name}", result, reverse("value_import", args=[run.pk]))

    def clean_up(self) -> None:
        files.delete(files.path_of(self.run.file))


@transaction.atomic
def _queue(
    target: ListTarget, stored: files.StoredFile, name: str, actor: Actor, validation_list: ValidationList | None, *, lines: int
) -> ValueImport:
    storing.lock(target)  # The list may be deleted, or be in deletion, by now.
    name = name[-255:] if is_storable(name) else "file"
    run = ValueImport.objects.create(
        target=target.kind.target, list=validation_list, file=stored.name, name=name, total=lines, started_by_id=actor.user_id
    )
    work = ValueImportRun(run)
    notes = validation_list.name if validation_list else target.kind.label
    work.record("import started", actor=actor, notes=notes, after={"file": name, "lines": lines})
    runs.queue(work)
    return run


def append_refusals(error: str, part: FilePart) -> str:
    """Append the refused lines of the part, up to `REFUSALS_REPORTED` lines in all."""
    lines = error.splitlines()
    return "\n".join([*lines, *(line.message for line in part.refused[: REFUSALS_REPORTED - len(lines)])])

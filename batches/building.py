"""Building a file: its leads are frozen in chunks, then all values are read by one statement and the bytes are stored.

A killed worker's run goes on by what is frozen. Bytes are written only while the batch is collecting: when its building ends, they
are those of the batch for good.
"""

from collections.abc import Collection, Generator, Mapping
from datetime import datetime
from typing import Any, TypeAlias

from django.db.models import Max, QuerySet
from django.utils import timezone

from batches import notices, texts
from batches.files import columns, names, storage
from batches.files.formats import format_of
from batches.files.writer import WrittenFile, write_file
from batches.models import SentBatch, SentLead
from batches.pending import earlier_leads, pending_deliveries
from batches.queue import QUEUE, notify_senders
from batches.schedules import CUMULATIVE, setting, setting_names
from batches.targets import Login, batch_targets
from config.core.background.runs import Progress, RunType, run_types
from config.core.errors import DomainError
from config.core.models import Credential
from integrations.delivery.queue import Eligibility, eligibility
from integrations.models import Delivery
from leads.lifecycle.state import lock_states

CHUNK = 2_000
FileState = SentBatch.FileState
BuildingPart: TypeAlias = "tuple[str, list[int]]"
EARLIER, WAITING, WRITE = "earlier", "waiting", "write"


@run_types.register
class BuildBatch(RunType[SentBatch, BuildingPart]):
    key = "build_batch"
    queue_name = QUEUE
    page = "Batches"

    @classmethod
    def rows(cls) -> "QuerySet[SentBatch]":
        return SentBatch.objects.select_related("job__campaign__advertiser", "started_by")

    @property
    def is_cumulative(self) -> bool:
        return bool(setting(self.run.settings, "file_type") == CUMULATIVE)

    def parts(self) -> Generator[BuildingPart, None, None]:
        """Yield the leads of earlier files, if the file is cumulative and something new waits; then those that wait; then the writing.

        What is frozen waits no longer, so each part is the beginning of what is left.
        """
        if self.is_cumulative and (self.run.position or self._waiting().exists()):
            while leads := self._earlier():
                yield EARLIER, leads
        while deliveries := list(self._waiting().values_list("pk", flat=True)[:CHUNK]):
            yield WAITING, deliveries
        yield WRITE, []

    def write(self, part: BuildingPart) -> Progress:
        kind, ids = part
        if kind == WRITE:
            return self._write_file()
        frozen = self._freeze_earlier(ids) if kind == EARLIER else self._freeze_waiting(ids)
        return Progress(self.run.position + frozen, done=frozen)

    def record_end(self) -> None:
        """Send what is ready. Where nothing was built the leads are free again: the tick puts them back into the queue."""
        run = self.run
        if run.state == run.State.DONE:
            if run.phase == FileState.READY:
                notify_senders(run.pk)
            return
        SentBatch.objects.filter(pk=run.pk, phase=FileState.COLLECTING).update(
            phase=FileState.GIVEN_UP, answer=(run.error or "Stopped")[:300]
        )
        notices.could_not_be_built(run)

    def _waiting(self) -> QuerySet[Delivery]:
        """Select what waited when the building began: leads that come meanwhile wait for the next file."""
        return pending_deliveries(self.run.job).filter(not_before__lte=self.run.created_at)

    def _earlier(self) -> list[int]:
        """Return the next leads of this job's earlier cumulative files that still qualify."""
        last = SentLead.objects.filter(batch=self.run, delivery=None).aggregate(last=Max("lead"))["last"] or 0
        earlier = (
            earlier_leads()
            .filter(batch__job=self.run.job_id, lead__gt=last)
            .exclude(lead__in=self.run.leads.values("lead"))
            .order_by("lead")
        )
        return list(earlier.values_list("lead_id", flat=True).distinct()[:CHUNK])

    def _freeze_earlier(self, lead_ids: Collection[int]) -> int:
        rows = [SentLead(batch=self.run, lead_id=pk, row=row) for row, pk in enumerate(lead_ids, start=self.run.position + 1)]
        return len(SentLead.objects.bulk_create(rows))

    def _freeze_waiting(self, ids: list[int]) -> int:
        """Freeze what still waits, now that leads and deliveries are locked, and return how many rows that adds."""
        leads = lock_states(sorted(Delivery.objects.filter(pk__in=ids).values_list("lead_id", flat=True)))
        accepted = {Eligibility.ALL, Eligibility.TESTS} if self.run.job.deliver_test_leads else {Eligibility.ALL}
        eligible = {pk for pk, lead in leads.items() if eligibility(lead.axes()) in accepted}
        locked = Delivery.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=ids).order_by("pk")
        rows = {pk: (lead, state) for pk, lead, state in locked.values_list("pk", "lead_id", "state")}
        chosen = {pk: rows[pk][0] for pk in ids if pk in rows and rows[pk][1] == Delivery.State.QUEUED and rows[pk][0] in eligible}
        Delivery.objects.filter(pk__in=chosen).update(state=Delivery.State.IN_FILE, held_for="")
        there = {row.lead_id: row for row in SentLead.objects.filter(batch=self.run, lead__in=chosen.values())}
        added: list[SentLead] = []
        for pk, lead in chosen.items():
            if lead in there:
                there[lead].delivery_id = pk
            else:
                added.append(SentLead(batch=self.run, lead_id=lead, delivery_id=pk, row=self.run.position + len(added) + 1))
        SentLead.objects.bulk_update(there.values(), ["delivery"])
        return len(SentLead.objects.bulk_create(added))

    def _write_file(self) -> Progress:
        run, position = self.run, self.run.position
        if not position and not setting(run.settings, "send_empty"):
            return Progress(position, columns={"phase": FileState.EMPTY})
        last = SentBatch.objects.filter(job=run.job_id).aggregate(last=Max("number"))["last"] or 0
        return Progress(position, columns={**build_file(run, number=last + 1), "phase": FileState.READY, "not_before": timezone.now()})


def build_file(run: SentBatch, *, number: int) -> Mapping[str, Any]:
    """Write and store the file of the frozen leads. Return the columns that it has from now on."""
    campaign, config = run.job.campaign, run.settings
    values = {name: setting(config, name) for name in setting_names()}
    chosen, file_format = columns.BatchColumn.of_settings(values[columns.FIELD]), format_of(values, campaign_id=campaign.pk)
    moment: datetime = timezone.now()
    zone = values["zone"] or "UTC"
    named = names.NamedBatch(run.job.label, campaign.name, campaign.pk, number, campaign.advertiser.name)
    name = names.file_name(values[names.FIELD], named, moment=moment, zone=zone, extension=file_format.extension)
    source = columns.source_of(SentLead.objects.filter(batch=run), position="row")
    select = columns.select_rows(source, chosen, file_format, zone=zone, moment=moment)
    with storage.working_folder(run.pk) as folder:
        path = folder / "batch"
        inner_name = names.name_in_zip(name, file_format.kind)
        written: WrittenFile = write_file(path, file_format, columns.header_of(chosen), select, inner_name=inner_name)
        if written.rows != run.position:
            raise RuntimeError(f"{written.rows} rows were written of {run.position} leads")
        with path.open("rb") as plain:
            stored = storage.store_file(plain)
    return {
        "number": number, "file_name": name, "storage_key": stored.name, "sealed_key": stored.key, "sha256": written.sha256,
        "size": written.size, "lead_count": written.rows, "header": columns.header_of(chosen), "built_at": moment,
        "label": run.job.label, "destination": described(config)[:500],
    }  # fmt: skip


def described(config: Mapping[str, Any]) -> str:
    """Return where files go, in words, or an empty text."""
    target = batch_targets.get(config.get("destination") or "")
    if target is None:
        return ""
    number: int | None = config.get("credential")
    credential = Credential.objects.filter(pk=number).first() if number and target.needs_login else None
    return target(config, Login(credential.client_id) if credential else None).describe()


def refusal_to_build(config: Mapping[str, Any]) -> str:
    """Return why no file can be built with these settings, or an empty text."""
    if not batch_targets.get(config.get("destination") or ""):
        return texts.NO_DESTINATION
    return "" if config.get(columns.FIELD) else texts.NO_COLUMNS


def refuse_unbuildable(config: Mapping[str, Any]) -> None:
    if reason := refusal_to_build(config):
        raise DomainError(reason, status=409)

"""Batches in API v4: batch-manager, batch-manager-batch-now and campaign-lead-batches."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from batches import services
from batches.models import SentBatch
from batches.pending import file_counts
from batches.schedules import describe
from batches.selectors import SEES_BATCHES, SHOWN_PHASES, batch_jobs_for, batches_for
from batches.texts import LONGEST_REASON
from batches.views.rights import CHANGES_BATCHES
from batches.views.sent import file_response
from campaigns.models import Campaign
from config.core.api import hydra
from config.core.errors import DomainError
from leads.api import lead_ids
from processr.models import Job

REMOVE = "remove"
BY_PROGRAM = "Taken out by a program"
_NAMED: dict[str, Any] = {"id": {"type": "integer"}, "name": {"type": "string"}}
_PARTY = {"type": "object", "properties": _NAMED}
_CAMPAIGN = {"type": "object", "properties": {**_NAMED, "endTs": {"type": ["string", "null"], "format": "date-time"}}}
_IRI = {"type": "string", "format": "iri-reference"}
_REMOVED = {
    "type": "object",
    "properties": {
        "removed": {"type": "integer"},
        "skipped": {
            "type": "array",
            "items": {"type": "object", "properties": {"lead": {"type": ["integer", "string"]}, "reason": {"type": "string"}}},
        },
    },
}


class PendingFilterSet(hydra.HydraFilterSet):
    campaign = hydra.IdFilter("campaign_id", name="campaign.id", description="The campaign of the job.")
    advertiser = hydra.IdFilter("campaign__advertiser_id", name="advertiser.id", description="The advertiser of the campaign.")


class PendingBatchSerializer(hydra.HydraSerializer):
    """The next file of a job: `leads` is the number of its rows, if it were built now."""

    class Meta:
        type = "PendingBatch"
        address = "batch-manager"

    id = hydra.IdField()
    campaignProcessrJob = hydra.JsonField(schema=_IRI, read_only=True, show=lambda job: f"/api/v4/campaign-processr-jobs/{job.pk}")
    advertiser = hydra.JsonField(schema=_PARTY, read_only=True, show=lambda job: _advertiser(job.campaign))
    campaign = hydra.JsonField(schema=_CAMPAIGN, read_only=True, show=lambda job: _campaign_with_end(job.campaign))
    label = serializers.CharField(read_only=True)
    leads = serializers.SerializerMethodField()
    schedule = serializers.SerializerMethodField(help_text="As people read it: times and zone, paused, or none.")
    nextRunTs = hydra.MomentField(source="batch_schedule.next_run_at", read_only=True, allow_null=True, default=None)

    def prepare(self, rows: Sequence[Job]) -> None:
        self._counts = file_counts([job.pk for job in rows])

    @extend_schema_field(OpenApiTypes.INT)
    def get_leads(self, job: Job) -> int:
        return self._counts.get(job.pk, 0)

    @extend_schema_field(OpenApiTypes.STR)
    def get_schedule(self, job: Job) -> str:
        return describe(job, getattr(job, "batch_schedule", None))


class PendingBatchViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, hydra.HydraViewSet):
    """The next files of jobs whose leads go out in files."""

    serializer_class = PendingBatchSerializer
    filterset_class = PendingFilterSet
    roles = dict.fromkeys(("list", "retrieve"), SEES_BATCHES)
    noun = ("pending batch", "pending batches")

    def get_queryset(self) -> QuerySet[Job]:
        return batch_jobs_for(self.request.user)


class BatchNowSerializer(hydra.HydraSerializer):
    """The job whose file is sent, or the leads that are taken out of it."""

    class Meta:
        type = "BatchNow"
        address = ""

    campaignProcessrJob = hydra.ReferenceField("campaign-processr-jobs")
    leads = hydra.JsonField(schema=lead_ids.schema(services.AT_MOST), required=False)
    action = hydra.ChoiceField([REMOVE], required=False)
    reason = hydra.StringField(max_length=LONGEST_REASON, required=False)


class SentBatchFilterSet(hydra.HydraFilterSet):
    campaign = hydra.IdFilter("job__campaign_id", name="campaign.id", description="The campaign of the job.")
    advertiser = hydra.IdFilter("job__campaign__advertiser_id", name="advertiser.id", description="The advertiser of the campaign.")
    job = hydra.IdFilter("job_id", name="campaignProcessrJob.id", description="The job.")
    state = hydra.ChoiceFilter("phase", choices={phase.value: phase.value for phase in SHOWN_PHASES})


class SentBatchSerializer(hydra.HydraSerializer):
    """A file of leads: being built, on its way, sent or given up."""

    class Meta:
        type = "CampaignLeadBatch"
        address = "campaign-lead-batches"

    id = hydra.IdField()
    campaignProcessrJob = hydra.JsonField(schema=_IRI, read_only=True, show=lambda batch: f"/api/v4/campaign-processr-jobs/{batch.job_id}")
    advertiser = hydra.JsonField(schema=_PARTY, read_only=True, show=lambda batch: _advertiser(batch.job.campaign))
    campaign = hydra.JsonField(schema=_PARTY, read_only=True, show=lambda batch: _campaign(batch.job.campaign))
    label = serializers.CharField(read_only=True)
    leads = serializers.IntegerField(source="lead_count", read_only=True)
    sentTs = hydra.MomentField(source="sent_at", read_only=True, allow_null=True)
    sha256 = serializers.CharField(read_only=True, help_text="Of the file; empty until it is built.")
    state = hydra.JsonField(
        schema={"type": "string", "description": f"One of {', '.join(phase.value for phase in SHOWN_PHASES)}."},
        read_only=True,
        show=lambda batch: batch.phase,
    )


class SentBatchViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, hydra.HydraViewSet):
    """The files that were made of leads, the newest first."""

    serializer_class = SentBatchSerializer
    filterset_class = SentBatchFilterSet
    ordering = "-id"
    roles = {**dict.fromkeys(("list", "retrieve"), SEES_BATCHES), "download": CHANGES_BATCHES}
    noun = ("batch", "batches")
    refusals: ClassVar[Mapping[str, Any]] = {
        "download": {"409": "The file is not built yet.", "410": "The file was deleted, as the retention setting says."}
    }

    def get_queryset(self) -> QuerySet[SentBatch]:
        return batches_for(self.request.user)

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    @action(detail=True, methods=["get"])
    def download(self, request: Request, pk: str) -> HttpResponseBase:
        """Return the file as it was sent. That it was taken is recorded."""
        return file_response(self.get_object(), actor=self.actor)


class BatchNowViewSet(hydra.HydraViewSet):
    """Files that are sent at once."""

    serializer_class = BatchNowSerializer
    roles = {"create": CHANGES_BATCHES}
    examples = {"create": {"campaignProcessrJob": 1}}
    refusals: ClassVar[Mapping[str, Any]] = {"create": {"409": "Nothing waits, a file is being built, or the job cannot send one."}}

    @extend_schema(responses={200: _REMOVED, 202: SentBatchSerializer})
    def create(self, request: Request) -> Response:
        """Send the next file of a job now, or take leads out of it.

        Sending is answered with 202; `Location` shows the file. With `leads` and `"action": "remove"`, these are taken out and
        answered with 200. They stay Valid and are not queued again by themselves.
        """
        values = self.validated()
        job = batch_jobs_for(request.user).filter(pk=values["campaignProcessrJob"]).first()
        if job is None:
            raise DomainError("No such job whose leads go out in files.", field="campaignProcessrJob")
        if ("leads" in values) != ("action" in values):
            missing = "action" if "leads" in values else "leads"
            raise DomainError("To take leads out, give both leads and the action remove.", field=missing)
        if "leads" not in values:
            batch = services.batch_now(job, actor=self.actor)
            record = SentBatchSerializer(batches_for(request.user).get(pk=batch.pk)).data
            return Response(record, status=202, headers={"Location": record["@id"]})
        named = lead_ids.read_leads(values["leads"], request.user, at_most=services.AT_MOST)
        ids = sorted(named.all_ids)
        refused = services.remove_leads(job, ids, actor=self.actor, reason=values.get("reason") or BY_PROGRAM)
        skipped = [{"lead": pk, "reason": reason} for pk, reason in refused.items()]
        return Response({"removed": len(ids) - len(refused), "skipped": skipped})


def _advertiser(campaign: Campaign) -> hydra.JsonObject:
    return {"id": campaign.advertiser_id, "name": campaign.advertiser.name}


def _campaign(campaign: Campaign) -> hydra.JsonObject:
    return {"id": campaign.pk, "name": campaign.name}


def _campaign_with_end(campaign: Campaign) -> hydra.JsonObject:
    return {**_campaign(campaign), "endTs": campaign.end.isoformat(timespec="seconds") if campaign.end else None}

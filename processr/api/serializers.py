"""Jobs, their groups and their types as API v4 shows them. Publishers are shown a part of a job."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Prefetch, QuerySet
from rest_framework import serializers

from campaigns.credentials.scope import owned_elsewhere
from campaigns.models import Campaign, FormField
from campaigns.selectors import campaign_status
from config.core.api import hydra
from leads.privacy import person_for
from processr import texts
from processr.job_types.base import JobType
from processr.job_types.json_schema import settings_schema
from processr.job_types.record_parts import job_record_parts
from processr.job_types.registry import job_types
from processr.models import GroupCondition, Job
from processr.plans import planned
from processr.selectors import Statistics, statistics_of
from processr.services.columns import LAST_STAGE, MOST_POINTS

CATEGORIES: dict[str, tuple[int, str]] = {
    Job.Category.QUALITY: (1, "Quality Assurance"),
    Job.Category.INTEGRATION: (2, "Integration"),
    Job.Category.ENRICHMENT: (3, "Enrichment"),
}
"""Ids and names of the job categories. The vendor's id of Integration is 2; the other ids are our own choice."""
LONGEST_LABEL = 120
_OBJECT = {"type": "object"}
_OBJECT_OR_NULL = {"type": ["object", "null"]}
_BOOLEAN = {"type": "boolean"}
_CONDITION = {
    "type": "object",
    "required": ["field", "values"],
    "properties": {"field": {"type": "string"}, "values": {"type": ["array", "string"]}},
}
_CONFIG = {
    "type": ["array", "object"],
    "description": "Settings by key, or a list of {key, value}, as the catalogue describes them. Settings that are not named are kept.",
}
_MEMBERSHIP = {
    "type": ["object", "null"],
    "required": ["campaignProcessrJobGroup"],
    "properties": {
        "campaignProcessrJobGroup": hydra.ReferenceField.json_schema,
        "conditions": {"type": "array", "items": _CONDITION},
    },
}


_FEEDBACK = {
    "type": ["object", "null"],
    "description": "The feedback policy of an integration; null for other jobs. A change names the rules that it changes.",
    "properties": {
        "version": {"type": "integer", "description": "The version in force; 0 for none. In a change it must be that."},
        **{name: _BOOLEAN for name in ("returns", "conversions", "approval", "flagInvalid")},
        "maximumAgeDays": {"type": ["integer", "null"], "description": "Of returns, in days of 24 hours since the delivery."},
        "reasons": {"type": "array", "description": "The reasons of returns in the receiver's words, with reason and category of ours."},
        "quota": {**_OBJECT_OR_NULL, "description": "Of returns: a count, or a percentage of what is sent, a day, week or month."},
        "rules": {"type": "array", "items": _CONDITION},
        "conflicts": {"type": "string", "enum": ["accept", "refuse"]},
    },
}


def takes_credential(job_type: type[JobType]) -> bool:
    return "credential" in job_type.Settings.base_fields


class CampaignSerializer(hydra.HydraSerializer):
    class Meta:
        type = "Campaign"
        address = "campaigns"
        component = "CampaignName"

    id = hydra.IdField()
    name = serializers.CharField(read_only=True)
    status = serializers.SerializerMethodField()

    def get_status(self, campaign: Campaign) -> str:
        return campaign_status(campaign)


class GroupNameSerializer(hydra.HydraSerializer):
    """A group as the record of its jobs names it."""

    class Meta:
        type = "CampaignProcessrJobGroup"
        address = "campaign-processr-job-groups"

    id = hydra.IdField()
    name = hydra.StringField(max_length=LONGEST_LABEL)
    score = hydra.IntegerField(min_value=0, max_value=MOST_POINTS, required=False)


class GroupSerializer(GroupNameSerializer):
    """A group of jobs on a campaign, which counts as one."""

    campaign = hydra.ReferenceField("campaigns", CampaignSerializer())
    jobCount = serializers.IntegerField(source="job_count", read_only=True, min_value=0)


class TypeNameSerializer(hydra.HydraSerializer):
    """A type as the record of its jobs names it; `defaultScore` and `defaultHardfail` are the initial values of a new job."""

    class Meta:
        type = "ProcessrJob"
        address = "processr-jobs"

    id = serializers.IntegerField(source="api_id", read_only=True)
    key = serializers.CharField(read_only=True)
    name = serializers.CharField(source="label", read_only=True)
    description = serializers.CharField(read_only=True)
    defaultJob = serializers.SerializerMethodField()
    defaultScore = serializers.IntegerField(source="default_score", read_only=True, min_value=0)
    defaultHardfail = serializers.BooleanField(source="default_hardfail", read_only=True)
    processrJobCategory = hydra.JsonField(schema=_OBJECT, read_only=True, show=lambda job_type: category_record(job_type.category))
    updated = hydra.JsonField(schema={"type": "null"}, read_only=True, show=lambda _: None)

    def get_defaultJob(self, _job_type: type[JobType]) -> bool:
        return False


class TypeSerializer(TypeNameSerializer):
    """A type of job that can be put on a campaign."""

    hasCredentialManager = serializers.SerializerMethodField()
    settings = hydra.JsonField(schema={**_OBJECT, "description": "JSON Schema, 2020-12."}, read_only=True, show=settings_schema)

    def get_hasCredentialManager(self, job_type: type[JobType]) -> bool:
        return takes_credential(job_type)


class RuleSerializer(hydra.HydraSerializer):
    """A job as publishers see it: the rule alone. Its scoring and its statistics concern other publishers' leads too."""

    class Meta:
        type = "CampaignProcessrJob"
        address = "campaign-processr-jobs"

    id = hydra.IdField()
    label = hydra.StringField(max_length=LONGEST_LABEL, required=False)
    campaign = hydra.ReferenceField("campaigns", CampaignSerializer())
    processrJob = hydra.ReferenceField("processr-jobs", show=lambda job: type_of(job))
    config = hydra.JsonField(schema=_CONFIG, required=False, show=lambda job: config_record(job))
    rule = serializers.SerializerMethodField()
    updatedTs = hydra.MomentField(source="updated_at", read_only=True)

    def get_rule(self, job: Job) -> str:
        """The condition that a lead must meet to pass."""
        return rule_of(job)


class JobSerializer(RuleSerializer):
    """A job on a campaign. Publishers read the rule alone, neither how it counts nor its statistics."""

    stage = hydra.IntegerField(min_value=0, max_value=LAST_STAGE, required=False)
    score = hydra.IntegerField(min_value=0, max_value=MOST_POINTS, required=False)
    hardfail = hydra.BooleanField(required=False)
    visible = hydra.JsonField(schema=_BOOLEAN, required=False)
    enabled = hydra.BooleanField(required=False)
    updatedBy = serializers.SerializerMethodField(help_text="Null for a person of another organisation.")
    campaignMapping = hydra.JsonField(schema={"type": "array", "items": _OBJECT}, source="mapping", required=False)
    routeByScoreMinimum = hydra.IntegerField(
        source="route_by_score_minimum", min_value=0, max_value=MOST_POINTS, required=False, allow_null=True
    )
    routeByScoreMaximum = hydra.IntegerField(
        source="route_by_score_maximum", min_value=0, max_value=MOST_POINTS, required=False, allow_null=True
    )
    routingValues = hydra.JsonField(schema={"type": "array", "items": _CONDITION}, source="routing_values", required=False)
    shownOnCampaign = hydra.JsonField(schema=_BOOLEAN, required=False, show=lambda job: job.visible)
    alwaysDeliver = hydra.BooleanField(source="always_deliver", required=False)
    campaignProcessrJobGroupJob = hydra.JsonField(
        schema=_MEMBERSHIP, required=False, allow_null=True, show=lambda job: membership_record(job)
    )
    statistics = serializers.SerializerMethodField()
    unmappedFields = serializers.SerializerMethodField()
    onError = hydra.JsonField(schema={"type": "string", "enum": list(Job.OnError.values)}, source="on_error", required=False)
    afterEnrichment = hydra.BooleanField(source="after_enrichment", required=False)
    deliverTestLeads = hydra.BooleanField(source="deliver_test_leads", required=False)
    lockState = hydra.JsonField(schema={"type": "string", "enum": list(Job.LockState.values)}, source="lock_state", required=False)
    credential = hydra.ReferenceField(
        "credentials", required=False, allow_null=True, show=lambda job: credential_record(job), shown_schema=_OBJECT_OR_NULL
    )

    feedback = hydra.JsonField(schema=_FEEDBACK, required=False, allow_null=True, show=lambda job: getattr(job, "feedback_record", None))

    def prepare(self, rows: Sequence[Job]) -> None:
        part = job_record_parts.get("feedback")
        records = part().records(rows) if part else {}
        for job in rows:
            job.feedback_record = records.get(job.pk)  # type: ignore[attr-defined]  # read by the field
        self._statistics: dict[int, Statistics] = statistics_of([job.pk for job in rows])
        self._form_fields = fields_of_forms({job.campaign_id for job in rows if job.category == Job.Category.INTEGRATION})

    def get_updatedBy(self, job: Job) -> dict[str, Any] | None:
        user, request = job.updated_by, self.context.get("request")
        is_known = user and request and person_for(request.user, str(user)) == str(user)
        return {"id": user.pk, "username": user.username} if user and is_known else None

    def get_statistics(self, job: Job) -> dict[str, int]:
        return self._statistics[job.pk]._asdict()

    def get_unmappedFields(self, job: Job) -> list[str]:
        """The form fields that an integration does not map. Types that send by HTTP keep their mapping in the settings."""
        if job.category != Job.Category.INTEGRATION:
            return []
        rows = [*job.mapping, *job.config.get("fields_sent", [])]
        mapped = {name for row in rows if isinstance(row, dict) for name in row.values()}
        return [name for name in self._form_fields.get(job.campaign_id, []) if name not in mapped]


class JobChangeSerializer(JobSerializer):
    """The body of a change. A job stays on its campaign and of its type."""

    class Meta:
        type = "CampaignProcessrJobChange"
        address = "campaign-processr-jobs"

    campaign = hydra.JsonField(schema=_OBJECT, read_only=True)  # type: ignore[assignment]  # compared, not written
    processrJob = hydra.JsonField(schema=_OBJECT, read_only=True)  # type: ignore[assignment]  # compared, not written


_GROUP_NAME, _TYPE_NAME = GroupNameSerializer(), TypeNameSerializer()
"""Made once: a serializer copies its fields, and a page has many jobs."""


def with_all(jobs: QuerySet[Job]) -> QuerySet[Job]:
    """Fetch everything the records need in a fixed number of queries."""
    conditions = Prefetch("conditions", GroupCondition.objects.order_by("pk"))
    foreign = owned_elsewhere(credential="credential_id", advertiser="campaign__advertiser_id")
    jobs = jobs.select_related("campaign", "group", "updated_by", "credential").prefetch_related(conditions)
    return jobs.annotate(credential_owned_elsewhere=foreign)


def category_record(category: str) -> hydra.JsonObject:
    number, name = CATEGORIES[category]
    return {"id": number, "name": name}


def credential_record(job: Job) -> hydra.JsonObject | None:
    """Return the credential, without its name if the campaign may not use it."""
    if job.credential is None:
        return None
    foreign = getattr(job, "credential_owned_elsewhere", True)
    return {"id": job.credential.pk, "name": "" if foreign else job.credential.name}


def config_record(job: Job) -> list[hydra.JsonObject]:
    """Return the settings in the order of the form, which the database does not keep."""
    job_type = job_types.get(job.type)
    order = [name for name in (job_type.Settings.base_fields if job_type else ()) if name in job.config]
    return [{"key": key, "value": job.config[key]} for key in dict.fromkeys([*order, *sorted(job.config)])]


def rule_of(job: Job) -> str:
    job_type = job_types.get(job.type)
    return job_type(planned(job)).rule() if job_type else texts.TYPE_GONE


def type_of(job: Job) -> hydra.JsonObject:
    """Return the type of a job. A retired type has only its key as a name, and no number."""
    job_type = job_types.get(job.type)
    if job_type is not None:
        return _TYPE_NAME.to_representation(job_type)
    return {"id": None, "key": job.type, "name": job.type, "processrJobCategory": category_record(job.category)}


def membership_record(job: Job) -> hydra.JsonObject | None:
    if job.group is None:
        return None
    conditions = [{"field": condition.field, "values": condition.values} for condition in job.conditions.all()]
    return {"campaignProcessrJobGroup": _GROUP_NAME.to_representation(job.group), "conditions": conditions}


def fields_of_forms(campaign_ids: set[int]) -> dict[int, list[str]]:
    """Return campaign id → names of the fields in its forms."""
    if not campaign_ids:
        return {}
    fields = FormField.objects.filter(form__campaign_forms__campaign__in=campaign_ids, enabled=True)
    names: dict[int, list[str]] = {}
    for campaign_id, name in fields.order_by("form_id", "position", "pk").values_list("form__campaign_forms__campaign", "name"):
        names.setdefault(campaign_id, []).append(name)
    return {campaign_id: list(dict.fromkeys(found)) for campaign_id, found in names.items()}

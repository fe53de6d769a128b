"""Records of jobs in API v4, and the part of them that publishers are shown."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Prefetch, QuerySet

from campaigns.models import Campaign, FormField
from campaigns.selectors import campaign_status
from config.core.api import hydra
from processr import texts
from processr.job_types.base import JobType
from processr.job_types.registry import job_types
from processr.models import GroupCondition, Job
from processr.plans import planned
from processr.selectors import Statistics, statistics_of

Record = dict[str, Any]
CATEGORIES: dict[str, tuple[int, str]] = {
    Job.Category.QUALITY: (1, "Quality Assurance"),
    Job.Category.INTEGRATION: (2, "Integration"),
    Job.Category.ENRICHMENT: (3, "Enrichment"),
}
"""Ids and names of the job categories. The vendor's id of Integration is 2; the other ids are our own choice."""


def with_all(jobs: QuerySet[Job]) -> QuerySet[Job]:
    """Fetch everything the records need in a fixed number of queries."""
    conditions = Prefetch("conditions", GroupCondition.objects.order_by("pk"))
    return jobs.select_related("campaign", "group", "updated_by", "credential").prefetch_related(conditions)


def job_records(jobs: Sequence[Job]) -> list[Record]:
    statistics = statistics_of([job.pk for job in jobs])
    fields = _form_field_names({job.campaign_id for job in jobs if job.category == Job.Category.INTEGRATION})
    return [_record(job, statistics[job.pk], fields.get(job.campaign_id, [])) for job in jobs]


def publisher_records(jobs: Sequence[Job]) -> list[Record]:
    """Return the rules alone. How a job counts and its statistics concern other publishers' leads too."""
    return [_rule(job) for job in jobs]


def type_record(job_type: type[JobType]) -> Record:
    """Return a type as the catalogue shows it; `defaultScore` and `defaultHardfail` are the initial values of a new job."""
    category, name = CATEGORIES[job_type.category]
    return {
        "@id": f"/api/v4/processr-jobs/{job_type.api_id}",
        "@type": "ProcessrJob",
        "id": job_type.api_id,
        "key": job_type.key,
        "name": job_type.label,
        "description": job_type.description,
        "defaultJob": False,
        "defaultScore": job_type.default_score,
        "defaultHardfail": job_type.default_hardfail,
        "processrJobCategory": {"id": category, "name": name},
        "updated": None,
    }


def _rule(job: Job) -> Record:
    return {
        "id": job.pk,
        "label": job.label,
        "campaign": campaign_record(job.campaign),
        "processrJob": _type_or_key_record(job),
        "config": config_record(job),
        "rule": rule_of(job),
        "updatedTs": hydra.moment(job.updated_at),
    }


def _record(job: Job, statistics: Statistics, form_fields: Sequence[str]) -> Record:
    author = job.updated_by
    return {
        **_rule(job),
        "stage": job.stage,
        "score": job.score,
        "hardfail": job.hardfail,
        "visible": job.visible,
        "enabled": job.enabled,
        "updatedBy": {"id": author.pk, "username": author.username} if author else None,
        "campaignMapping": job.mapping,
        "routeByScoreMinimum": job.route_by_score_minimum,
        "routeByScoreMaximum": job.route_by_score_maximum,
        "routingValues": job.routing_values,
        "shownOnCampaign": job.visible,
        "alwaysDeliver": job.always_deliver,
        "campaignProcessrJobGroupJob": _membership_record(job),
        "statistics": statistics._asdict(),
        "unmappedFields": _unmapped_fields(job, form_fields),
        "onError": job.on_error,
        "afterEnrichment": job.after_enrichment,
        "deliverTestLeads": job.deliver_test_leads,
        "lockState": job.lock_state,
        "credential": {"id": job.credential.pk, "name": job.credential.name} if job.credential else None,
    }


def campaign_record(campaign: Campaign) -> Record:
    address = {"@id": f"/api/v4/campaigns/{campaign.pk}", "@type": "Campaign"}
    return {**address, "id": campaign.pk, "name": campaign.name, "status": campaign_status(campaign)}


def config_record(job: Job) -> list[Record]:
    """Return the settings in the order of the form, which the database does not keep."""
    job_type = job_types.get(job.type)
    form_order = [name for name in (job_type.Settings.base_fields if job_type else ()) if name in job.config]
    return [{"key": key, "value": job.config[key]} for key in dict.fromkeys([*form_order, *sorted(job.config)])]


def rule_of(job: Job) -> str:
    job_type = job_types.get(job.type)
    return job_type(planned(job)).rule() if job_type else texts.TYPE_GONE


def _type_or_key_record(job: Job) -> Record:
    """Return the type of a job. A retired type has only its key as a name, and no number."""
    job_type = job_types.get(job.type)
    if job_type is not None:
        return type_record(job_type)
    category, name = CATEGORIES[job.category]
    return {"id": None, "key": job.type, "name": job.type, "processrJobCategory": {"id": category, "name": name}}


def _membership_record(job: Job) -> Record | None:
    if job.group is None:
        return None
    conditions = [{"field": condition.field, "values": condition.values} for condition in job.conditions.all()]
    return {"campaignProcessrJobGroup": group_record(job.group), "conditions": conditions}


def group_record(group: Any) -> Record:
    address = {"@id": f"/api/v4/campaign-processr-job-groups/{group.pk}", "@type": "CampaignProcessrJobGroup"}
    return {**address, "id": group.pk, "name": group.name, "score": group.score}


def _unmapped_fields(job: Job, form_fields: Sequence[str]) -> list[str]:
    """Return the form fields that an integration does not map. Types that send by HTTP keep their mapping in the settings."""
    rows = [*job.mapping, *job.config.get("fields_sent", [])]
    mapped = {name for row in rows if isinstance(row, dict) for name in row.values()}
    return [name for name in form_fields if name not in mapped] if job.category == Job.Category.INTEGRATION else []


def _form_field_names(campaign_ids: set[int]) -> dict[int, list[str]]:
    """Return campaign id → names of the fields in its forms."""
    if not campaign_ids:
        return {}
    fields = FormField.objects.filter(form__campaign_forms__campaign__in=campaign_ids, enabled=True)
    names: dict[int, list[str]] = {}
    for campaign_id, name in fields.order_by("form_id", "position", "pk").values_list("form__campaign_forms__campaign", "name"):
        names.setdefault(campaign_id, []).append(name)
    return {campaign_id: list(dict.fromkeys(field_names)) for campaign_id, field_names in names.items()}

"""The field names of a campaign's leads: from its forms, its value transforms and its enrichment jobs."""

from collections.abc import Sequence

from campaigns.models import Campaign, FormField
from processr.job_types.registry import job_types
from processr.models import Job, ValueTransform
from processr.plans import planned


def field_names(campaign: Campaign) -> list[str]:
    asked = FormField.objects.filter(form__campaign_forms__campaign=campaign, enabled=True).order_by("form_id", "position", "pk")
    made = ValueTransform.objects.filter(campaign=campaign).order_by("position", "pk") if campaign.use_value_transforms else []
    found = Job.objects.filter(campaign=campaign, removed_at=None, category=Job.Category.ENRICHMENT).select_related("group")
    names = [*asked.values_list("name", flat=True), *(transform.new_field for transform in made)]
    return list(dict.fromkeys([*names, *(name for job in found.prefetch_related("conditions") for name in _added(job))]))


def _added(job: Job) -> Sequence[str]:
    job_type = job_types.get(job.type)
    return job_type(planned(job)).added_fields() if job_type else ()

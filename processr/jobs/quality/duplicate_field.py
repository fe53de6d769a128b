"""Duplicate Field Check: one value is accepted for a limited number of leads, such as leads of one company."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from django import forms

from campaigns.models import Campaign
from config.core.forms.layout import Fields, ShownWhen
from config.core.ids import parse_id
from processr.duplicates import by_field
from processr.duplicates.by_field import FULL_NAME, DuplicateLimit, DuplicateScope
from processr.job_types.base import QualityCheck
from processr.job_types.lead import JobInput, JobLead, text
from processr.job_types.locks import Lock
from processr.job_types.outcomes import Outcome, failed, passed, skipped
from processr.job_types.registry import job_types
from processr.job_types.settings_fields import FieldNameField, JobSettings
from processr.jobs.text import phrases
from processr.lists import lookup
from processr.plans.plan import CompiledPlan, PlannedJob

VALID, BILLABLE = "valid", "billable"
CAMPAIGNS_AT_MOST = 100


class CampaignIdsField(forms.Field):
    """Ids of campaigns, as a list or as text with commas between them."""

    widget = forms.TextInput

    def to_python(self, value: Any) -> list[int]:
        parts = value if isinstance(value, list | tuple) else str(value or "").split(",")
        texts = [text for part in parts if (text := str(part).strip())]
        try:
            return list(dict.fromkeys(map(parse_id, texts)))
        except ValueError as error:
            raise forms.ValidationError("Give the ids of campaigns, with commas between them.") from error

    def validate(self, value: list[int]) -> None:
        super().validate(value)
        if len(value) > CAMPAIGNS_AT_MOST:
            raise forms.ValidationError(f"Name at most {CAMPAIGNS_AT_MOST} campaigns.")

    def prepare_value(self, value: Any) -> str:
        return ", ".join(map(str, value)) if isinstance(value, list | tuple) else value or ""


class DuplicateFieldSettings(JobSettings):
    layout = Fields("field", "count", "duplicate_status", "level", ShownWhen("level", DuplicateScope.CAMPAIGN.value, "campaign_ids"))

    field = FieldNameField(
        label="Field",
        help_text=f"Name of the field, such as company. {FULL_NAME} is the whole name. Case and accents make no difference.",
    )
    count = forms.IntegerField(
        initial=1,
        min_value=1,
        max_value=10_000,
        label="Count",
        help_text="Number of leads that may have the same value. The next one fails.",
    )
    duplicate_status = forms.ChoiceField(
        choices=[(VALID, "Valid leads"), (BILLABLE, "Leads the advertiser pays for")],
        initial=VALID,
        label="Leads that count",
        help_text="Who pays is known when a lead is delivered. What waits for its batch does not count as paid for.",
    )
    level = forms.ChoiceField(
        choices=[
            (DuplicateScope.CAMPAIGN.value, "This campaign, and those named below"),
            (DuplicateScope.ADVERTISER.value, "All campaigns of the advertiser"),
            (DuplicateScope.ENTERPRISE.value, "All campaigns"),
        ],
        initial=DuplicateScope.CAMPAIGN.value,
        label="Level",
    )
    campaign_ids = CampaignIdsField(
        required=False, initial=[], label="Other campaigns", help_text="Of the same advertiser: their ids, with commas between them."
    )

    def clean_campaign_ids(self) -> list[int]:
        ids: list[int] = self.cleaned_data["campaign_ids"]
        if self.campaign and ids:
            own = set(Campaign.objects.filter(pk__in=ids, advertiser=self.campaign.advertiser_id).values_list("pk", flat=True))
            if unknown := [pk for pk in ids if pk not in own]:
                raise forms.ValidationError(f"The advertiser of this campaign has no campaign {unknown[0]}.")
        return ids


@job_types.register
class DuplicateField(QualityCheck):
    """A lead counts while it is Valid: one that is returned or flagged Invalid makes room for another."""

    key = "duplicate_field"
    api_id = 9052
    label = "Duplicate Field Check"
    description = "Fails when as many leads as are accepted with the same value in a field have come already."
    Settings = DuplicateFieldSettings
    compares = "enterprise"
    counts_valid = True

    @classmethod
    def wide_setting(cls, config: Mapping[str, Any]) -> str:
        return "level" if config.get("level") == DuplicateScope.ENTERPRISE else ""

    @classmethod
    def locks(cls, job: PlannedJob, plan: CompiledPlan) -> list[Lock]:
        """Return exclusive locks on the level where the check counts, and shared ones on the wider levels.

        The shared locks keep out checks that count on a wider level and see this lead too.
        """
        limit = cls(job).limit
        name = f"leads accepted by {limit.field}"
        levels = [Lock(f"{name}, enterprise", shared=True), Lock(f"{name}, advertiser {plan.advertiser_id}", shared=True)]
        if limit.level is DuplicateScope.CAMPAIGN:
            campaigns = sorted({plan.campaign_id, *limit.campaign_ids})
            return [*levels, *(Lock(f"{name}, campaign {pk}") for pk in campaigns)]
        if limit.level is DuplicateScope.ADVERTISER:
            return [levels[0], levels[1]._replace(shared=False)]
        return [levels[0]._replace(shared=False)]

    @cached_property
    def limit(self) -> DuplicateLimit:
        return DuplicateLimit(
            job=self.job,
            field=self.setting("field") or "",
            count=int(self.setting("count")),
            billable=self.setting("duplicate_status") == BILLABLE,
            level=DuplicateScope(self.setting("level")),
            campaign_ids=self.setting("campaign_ids"),
        )

    @property
    def field_label(self) -> str:
        return "first and last name" if self.limit.field == FULL_NAME else self.limit.field

    def rule(self) -> str:
        if not self.limit.field:
            return "No field is chosen yet"
        leads = phrases.counted(self.limit.count, "billable lead" if self.limit.billable else "Valid lead")
        if self.limit.level is DuplicateScope.ADVERTISER:
            scope = "of all campaigns of the advertiser"
        elif self.limit.level is DuplicateScope.ENTERPRISE:
            scope = "of all campaigns"
        else:
            others = len(set(self.limit.campaign_ids))
            scope = f"of this campaign and {phrases.counted(others, 'other')}" if others else "of this campaign"
        return f"No more than {leads} {scope} may have the same {self.field_label}"

    def prepare(self, job_input: JobInput) -> None:
        def query(jobs: list[PlannedJob]) -> dict[int, set[int]]:
            return by_field.exceeding_leads(job_input, [DuplicateField(job).limit for job in jobs])

        failing = lookup.look_up_once(job_input, self.job, query)
        self.failing = failing[self.job.id]

    def check(self, lead: JobLead) -> Outcome:
        if not self.limit.key(lead):
            return skipped(f"The lead has no {self.field_label}")
        if lead.id not in self.failing:
            return passed()
        if self.limit.count == 1:
            reason = f"A lead with the same {self.field_label} has been accepted already"
        else:
            reason = f"{self.limit.count} leads with the same {self.field_label} have been accepted already, and no more are"
        value = lead.name_key if self.limit.field == FULL_NAME else text(lead, self.limit.field)
        return failed(reason, field=self.limit.field, value=value)

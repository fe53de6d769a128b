"""Forms of the Processr pages: a job's row, how a job counts, groups and conditions, and the lead to try a job on."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Self

from django import forms
from django.http import QueryDict

from campaigns.models import FormField
from config.core.forms.layout import Fields, SideBySide
from config.core.forms.numbers import GroupedNumberField
from config.core.forms.page_form import PageForm
from config.core.pg_text import is_storable
from leads.intake.validation import BLANK
from leads.values import texts
from processr.job_types.rows_field import RowsField
from processr.job_types.settings_fields import FieldNameField, validate_text
from processr.models import Job, JobGroup
from processr.services.columns import LAST_STAGE, LONGEST_VALUES, MOST_POINTS, SEPARATOR

LEADS_KNOWN = "known-leads"
"""The id of the list of leads that a page offers where one is asked for."""
LABEL = Job._meta.get_field("label").max_length
JUDGING = ("score", "hardfail", "after_enrichment")
"""Fields that quality jobs alone have."""
ROUTING = ("deliver_test_leads", "always_deliver", "route_by_score_minimum", "route_by_score_maximum", "routing_values")
"""Fields that integrations alone have: they decide which leads an integration receives."""
HIDDEN_FIELDS = {
    Job.Category.QUALITY: ROUTING,
    Job.Category.ENRICHMENT: (*JUDGING, *ROUTING),
    Job.Category.INTEGRATION: (*JUDGING, "on_error"),
}
NEVER = datetime.min.replace(tzinfo=UTC)
LONGEST_ADDRESS = 254
PASTED = 20_000
"""The most characters of a lead that is pasted to try a job on."""


def version_of(job: Job) -> str:
    """Return the version of `job` that a page keeps and sends back, so that later changes by others are noticed."""
    return job.updated_at.isoformat()


def parse_version(version: str) -> datetime:
    """Return the time that `version_of` wrote.

    Any other text becomes `NEVER`, which is older than every version, so that saving overwrites nothing.
    """
    try:
        moment = datetime.fromisoformat(version)
    except ValueError:
        return NEVER
    return moment if moment.tzinfo else NEVER


class LabelField(forms.CharField):
    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=LABEL, validators=[validate_text], **options)


class RowForm(forms.Form):
    """The fields of a job that are edited in its table row. `seen` is the version of the job that the row showed."""

    label = LabelField()
    stage = forms.IntegerField(min_value=0, max_value=LAST_STAGE)
    score = forms.IntegerField(min_value=0, max_value=MOST_POINTS)
    hardfail = forms.BooleanField(required=False)
    seen = forms.CharField(max_length=40, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, category: str, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in () if category == Job.Category.QUALITY else JUDGING:
            self.fields.pop(name, None)

    @property
    def changes(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name != "seen"}


def _lock_state_field(states: Sequence[str]) -> forms.ChoiceField:
    choices = [(state, Job.LockState(state).label) for state in states]
    help_text = "Reviewed says that you have looked at it."
    if len(states) == len(Job.LockState):  # on a template
        help_text = (
            "Locked: agencies can neither change nor remove it on campaigns made from this template. Review: they are asked to look at it."
        )
    return forms.ChoiceField(label="State", choices=choices, help_text=help_text)


class PastedLeadField(forms.CharField):
    """A lead typed as lines `field=value`. Error messages name the number of the line."""

    widget = forms.Textarea

    def clean(self, value: Any) -> dict[str, str]:
        values = {}
        for number, line in enumerate(super().clean(value).splitlines(), start=1):
            if not line.strip():
                continue
            name, equals, text = line.partition("=")
            if not equals or not name.strip():
                raise forms.ValidationError(f"Line {number} is not of the form field=value.")
            if not is_storable(line):
                raise forms.ValidationError(f"Line {number} holds characters that are not text.")
            values[name.strip()] = texts.strip(text)
        return values


class NamedLeadField(forms.CharField):
    """A text that names a lead, for `leads.search.named_lead`. The page offers the newest leads."""

    def __init__(self, **options: Any) -> None:
        widget = forms.TextInput(attrs={"list": LEADS_KNOWN, "autocomplete": "off"})
        super().__init__(**{"required": False, "max_length": LONGEST_ADDRESS, "validators": [validate_text], "widget": widget, **options})


class TryForm(PageForm):
    pasted = PastedLeadField(
        required=False,
        max_length=PASTED,
        label="A lead, one field=value a line",
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "placeholder": "firstName=Grace\nemail=grace@navy.example"}),
    )
    lead = NamedLeadField(
        label="Or a lead of this campaign",
        help_text="Its id, its e-mail address, or “last” for the last one that came. With one here, what is pasted above is not used.",
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{**options, "prefix": "try"})

    @classmethod
    def unvalidated(cls, data: QueryDict) -> Self:
        """Return the form with what was typed; it is validated when the job is tried."""
        return cls(initial={name: data.get(f"try-{name}", "") for name in cls.base_fields})

    def clean(self) -> dict[str, Any]:
        """Require a pasted lead or one that is named. When both are given, the named one is used: it was entered on purpose."""
        if not self.errors and not self.cleaned_data.get("pasted") and not self.cleaned_data.get("lead"):
            self.add_error("pasted", "Paste a lead, or name one below.")
        return self.cleaned_data


class SentLeadForm(PageForm):
    """The lead that a test of an integration sends; without one the sample is sent."""

    prefix = "test"

    lead = NamedLeadField(
        label="A lead of this campaign",
        help_text="Its id, its e-mail address, or “last” for the last one that came. A real lead is sent to the receiver. "
        "Empty: a sample that answers the campaign's forms, and says in each answer that it is one.",
    )


class JobGroupForm(PageForm):
    name = forms.CharField(max_length=JobGroup._meta.get_field("name").max_length, validators=[validate_text])
    score = forms.IntegerField(
        min_value=0, max_value=MOST_POINTS, initial=10, help_text="What a lead earns when the job of the group that ran for it passes."
    )

    def __init__(self, *args: Any, category: str, **options: Any) -> None:
        """`category` is that of the group's jobs: only quality jobs give points."""
        super().__init__(*args, **options)
        if category == Job.Category.INTEGRATION:
            del self.fields["score"]


class SemicolonListField(forms.CharField):
    """Several texts in one line, separated by semicolons."""

    def prepare_value(self, value: Any) -> Any:
        return f"{SEPARATOR} ".join(map(str, value)) if isinstance(value, list | tuple) else value

    def clean(self, value: Any) -> list[str]:
        parts = (part.strip() for part in super().clean(self.prepare_value(value)).split(SEPARATOR))
        values = list(dict.fromkeys(part for part in parts if part))
        if not values:
            raise forms.ValidationError("Say which values the field must have.")
        return values


class GroupConditionForm(forms.Form):
    field = FieldNameField(label="Field")
    values = SemicolonListField(
        label="Values", max_length=LONGEST_VALUES, validators=[validate_text], help_text=f"Several are split by {SEPARATOR}"
    )


class JobForm(PageForm):
    """Label, stage, score and routing of a job of any type."""

    layout = Fields(
        "label", SideBySide("stage", "score"), "hardfail", "after_enrichment", "on_error", "visible", "deliver_test_leads",
        "always_deliver",
        SideBySide("route_by_score_minimum", "route_by_score_maximum"),
    )  # fmt: skip

    label = LabelField(help_text="Names the job in reasons, reports and logs. Choose one that tells two jobs of one type apart.")
    stage = forms.IntegerField(
        min_value=0, max_value=LAST_STAGE, help_text="Jobs run in the order of their stages, and within a stage the older one first."
    )
    score = forms.IntegerField(
        min_value=0, max_value=MOST_POINTS, label="Score", help_text="Points a lead earns by passing. In a group the group's score counts."
    )
    hardfail = forms.BooleanField(
        required=False, label="Hard fail", help_text="A lead that fails this job is Invalid, whatever its score. The other jobs still run."
    )
    after_enrichment = forms.BooleanField(
        required=False, label="Run after enrichment", help_text="So that it can look at what the enrichment jobs have found."
    )
    on_error = forms.ChoiceField(
        choices=Job.OnError.choices,
        label="When the lead could not be checked",
        help_text="Counted as could not be checked, a lead is at best Caution and can be reprocessed.",
    )
    visible = forms.BooleanField(
        required=False, label="Publishers of the campaign see the rule", help_text="In the campaign's job information."
    )
    deliver_test_leads = forms.BooleanField(
        required=False,
        label="Gets test leads too",
        help_text="Those that arrive while the campaign is in test mode. Never billable.",
    )
    always_deliver = forms.BooleanField(
        required=False,
        label="Always deliver",
        help_text="At once, without the campaign's lead process delay. Leads held over delivery wait for their release all the same.",
    )
    route_by_score_minimum = forms.IntegerField(
        required=False, min_value=0, max_value=MOST_POINTS, label="Only leads with at least this many points",
        help_text="As the jobs of the Quality Assurance tab have given them. Empty: no limit.",
    )  # fmt: skip
    route_by_score_maximum = forms.IntegerField(
        required=False, min_value=0, max_value=MOST_POINTS, label="Only leads with at most this many points", help_text="Empty: no limit."
    )
    routing_values = RowsField(
        GroupConditionForm, required=False, at_most=20, label="Only leads where",
        help_text="All of them must hold; case does not matter. None: every Valid lead of the campaign.",
    )  # fmt: skip

    def __init__(self, *args: Any, category: str, states: Sequence[str], **options: Any) -> None:
        """`states` are the lock states that can be chosen. Without any, the form has no such field."""
        super().__init__(*args, **{**options, "prefix": "job"})
        for name in HIDDEN_FIELDS[Job.Category(category)]:
            del self.fields[name]
        if states:
            self.fields["lock_state"] = _lock_state_field(states)


class ConditionsForm(PageForm):
    conditions = RowsField(
        GroupConditionForm,
        required=False,
        at_most=20,
        label="Runs for leads where",
        help_text="All of them must hold. None: it runs for every lead that the jobs before it in the group have left.",
    )


class TestLeadForm(PageForm):
    """A campaign's form, filled in by hand.

    The fields are not validated here beyond being required: lead intake does that, with the messages that a publisher
    would get.
    """

    __test__ = False  # pytest must not collect this class: "test lead" is the operators' term.

    def __init__(self, *args: Any, form_fields: Sequence[FormField], **options: Any) -> None:
        super().__init__(*args, **{**options, "prefix": "lead"})
        self.names = {f"field{number}": field.name for number, field in enumerate(form_fields)}
        for number, field in enumerate(form_fields):
            self.fields[f"field{number}"] = _test_lead_field(field)

    @property
    def values(self) -> dict[str, str]:
        """Return the values by field name. Empty ones are left out, as a browser sends nothing for an unticked box."""
        return {self.names[key]: value for key, value in self.cleaned_data.items() if value}

    def refuse(self, name: str | None, message: str) -> None:
        self.add_error(next((key for key, known in self.names.items() if known == name), None), message)


def _test_lead_field(field: FormField) -> forms.Field:
    label = field.label or field.name
    if field.type in (FormField.Type.DROPDOWN, FormField.Type.RADIO):
        options = [("", "—"), *((str(key), str(text)) for key, text in field.options)]
        widget: forms.Widget = forms.Select(choices=options)
    elif field.type in (FormField.Type.CHECKBOX, FormField.Type.OPTIN):
        widget = forms.Select(choices=[("", "not sent"), ("1", "ticked"), ("0", "not ticked")])
    elif field.type == FormField.Type.TEXTAREA:
        widget = forms.Textarea(attrs={"rows": 3})
    else:
        widget = forms.TextInput(attrs={"inputmode": "email"} if field.type == FormField.Type.EMAIL else {})
    form_field = forms.CharField(required=field.required, label=label, widget=widget, max_length=PASTED, validators=[validate_text])
    form_field.help_text = "" if label == field.name else field.name
    form_field.error_messages["required"] = BLANK
    return form_field


class ReleaseForm(PageForm):
    n = GroupedNumberField(
        label="Number of leads",
        required=False,
        min_value=1,
        max_value=2_000_000_000,
        help_text="Empty: all of them, up to the most that one run takes.",
    )

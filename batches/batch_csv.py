"""Batch CSV: leads wait for a file, which goes to a destination by a schedule, when enough wait, or by hand."""

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from typing_extensions import override

from batches import pending
from batches.files.columns import FIELD as INCLUDE_FIELDS
from batches.files.columns import IncludeFieldsField
from batches.files.formats import BatchPasswordField, format_fields, format_layout
from batches.files.names import FIELD as FILE_NAME
from batches.files.names import USUAL, check_template
from batches.schedules import CUMULATIVE, DEFAULT, schedule_of
from batches.targets import batch_targets, shown_fields, target_choices, target_fields
from batches.targets.protocols.logins import credential_problem
from config.core import enterprise
from config.core.errors import DomainError
from config.core.forms.layout import ANY, Fields, Section, ShownWhen, SideBySide
from config.core.forms.numbers import GroupedNumberField
from config.core.models import Credential
from config.core.schedule import Weekday
from integrations.base import Integration
from processr.job_types.registry import job_types
from processr.job_types.settings_fields import JobSettings, validate_text
from processr.jobs.http.credentials import CredentialField
from processr.models import Job

FROZEN = (
    INCLUDE_FIELDS, "format", "header", "delimiter", "quotes", "encoding", "line_ends", "neutralises", "file_type",
)  # fmt: skip
"""The settings that cannot change while leads wait: their columns would shift."""
MOST_TIMES = 24
FILE_TYPES = [(DEFAULT, "Default: the leads since the last file"), (CUMULATIVE, "Cumulative: all leads since this was set")]


class TimesField(forms.Field):
    """Times of day, as a list or as text with commas or spaces between them."""

    widget = forms.TextInput(attrs={"placeholder": "09:00, 17:00", "spellcheck": "false"})

    def to_python(self, value: Any) -> list[str]:
        parts = value if isinstance(value, list | tuple) else re.split(r"[,;\s]+", str(value or ""))
        times = [text for part in parts if (text := str(part).strip())]
        if len(times) > MOST_TIMES:
            raise forms.ValidationError(f"Name at most {MOST_TIMES} times.")
        return sorted({f"0{text}" if re.fullmatch(r"[0-9]:[0-9]{2}", text) else text for text in times})

    def prepare_value(self, value: Any) -> str:
        return ", ".join(map(str, value)) if isinstance(value, list | tuple) else value or ""


class BatchCsvSettings(JobSettings):
    layout = Fields(
        Section("Columns", INCLUDE_FIELDS),
        format_layout(),
        Section("Its name and leads", FILE_NAME, "file_type", "send_empty"),
        Section("Schedule", "weekdays", SideBySide("times", "zone"), "quantity"),
        Section(
            "Destination", "destination", *shown_fields("destination"), ShownWhen("destination", ANY, "credential"),
        ),
        Section("For yourselves", "note"),
    )  # fmt: skip

    include_fields = IncludeFieldsField()
    file_name = forms.CharField(
        required=False, initial=USUAL, max_length=120, label="File name", validators=[validate_text],
        help_text="Without its extension. In braces: label, campaign, campaign_id, advertiser, number, date, time, "
        "or YYYY, MM, DD, HH, mm, ss.",
    )  # fmt: skip
    file_type = forms.ChoiceField(choices=FILE_TYPES, initial=DEFAULT, label="File type")
    send_empty = forms.BooleanField(required=False, initial=False, label="Send a file also when no lead waits")
    weekdays = forms.MultipleChoiceField(
        choices=[(day.name.lower(), day.label) for day in Weekday], required=False, initial=[], widget=forms.CheckboxSelectMultiple
    )
    times = TimesField(required=False, initial=[], help_text="Such as 09:00, 17:00.")
    zone = forms.CharField(required=False, initial="", max_length=60, label="Time zone", help_text="Empty: that of the enterprise.")
    quantity = GroupedNumberField(
        required=False, min_value=1, max_value=1_000_000, initial=None, label="Or when so many leads wait", help_text="Empty: no matter."
    )
    destination = forms.ChoiceField(required=False, initial="", choices=lambda: [("", "None"), *target_choices()])
    credential = CredentialField()
    note = forms.CharField(
        required=False, initial="", max_length=500, widget=forms.Textarea(attrs={"rows": 2}), validators=[validate_text],
        help_text="It is never sent.",
    )  # fmt: skip

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.campaign is not None:
            for name, field in format_fields(self.campaign).items():
                if isinstance(field, BatchPasswordField):
                    self.fields[name] = field

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if self.errors:
            return values
        values["zone"] = values["zone"] or str(enterprise.zone())
        values["file_name"] = values["file_name"] or USUAL
        for check in (self._check_name, self._check_schedule, self._check_destination):
            if self.errors:  # What was refused is no value any more.
                break
            try:
                check(values)
            except DomainError as error:
                self.add_error(error.field if error.field in self.fields else None, error.message)
        return values

    def _check_name(self, values: dict[str, Any]) -> None:
        check_template(values["file_name"])

    def _check_schedule(self, values: dict[str, Any]) -> None:
        if bool(values["weekdays"]) != bool(values["times"]):
            missing = "times" if values["weekdays"] else "weekdays"
            raise DomainError("A schedule needs weekdays and times.", field=missing)
        try:
            schedule = schedule_of({**values, "weekdays": values["weekdays"] or ["monday"], "times": values["times"] or ["00:00"]})
        except DomainError as error:
            if error.field != "zone":
                raise
            raise DomainError("Name a time zone, such as Europe/London.", field="zone") from error
        if schedule:
            values["zone"] = schedule.zone

    def _check_destination(self, values: dict[str, Any]) -> None:
        if not values["destination"]:
            if values["weekdays"] or values["quantity"]:
                raise DomainError("Say where the files go.", field="destination")
            return
        if not values[INCLUDE_FIELDS]:
            raise DomainError("Name the columns of the file.", field=INCLUDE_FIELDS)
        target = batch_targets.get(values["destination"])
        assert target is not None, "the choices are the registered ones"
        target.clean(values)
        if not target.needs_login:
            return
        if values["credential"] is None:
            raise DomainError("Choose the credential with the login of the server.", field="credential")
        if problem := credential_problem(Credential.objects.get(pk=values["credential"]), target(values)):
            raise DomainError(problem, field="credential")


for _name, _field in {**format_fields(), **target_fields()}.items():
    BatchCsvSettings.base_fields[_name] = _field
    BatchCsvSettings.declared_fields[_name] = _field


@job_types.register
class BatchCsv(Integration):
    key = "batch_csv"
    api_id = 9122
    label = "Batch CSV"
    description = "Gathers the leads, and sends them in a file: by a schedule, when enough wait, or by hand."
    Settings = BatchCsvSettings
    sends = False

    def rule(self) -> str:
        schedule = schedule_of(self.job.config)
        return "Goes out in a file by a schedule" if schedule else "Waits for a file"

    @override
    @classmethod
    def check_change(cls, job: Job, *, before: Mapping[str, Any]) -> None:
        super().check_change(job, before=before)
        if "config" not in before or job.pk is None:
            return
        old, new = before["config"], job.config
        changed = next((name for name in FROZEN if _value(old, name) != _value(new, name)), None)
        if changed is None or not _value(old, INCLUDE_FIELDS):
            return  # A job that had no columns gets them: nothing can shift.
        if waiting := pending.waiting_or_in_file(job):
            leads = "1 lead waits" if waiting == 1 else f"{waiting:,} leads wait"
            raise DomainError(
                f"{leads} for the next file, so its columns and format cannot change. Send it with Batch now, or take the leads out.",
                field=changed, status=409,
            )  # fmt: skip


def _value(config: Mapping[str, Any], name: str) -> Any:
    return config.get(name, BatchCsvSettings.base_fields[name].initial)

"""Validation List Check: a value must be on a list, or must not be."""

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from django import forms
from django.db.models import Q
from typing_extensions import override

from campaigns.models import Campaign
from campaigns.scope import Who
from config.core.pg_text import without_unstorable
from leads.intake import normalize
from leads.values import emails, telephones, texts
from leads.values.telephones import region_of
from processr.job_types.base import QualityCheck
from processr.job_types.lead import TELEPHONES, JobInput, JobLead, is_named_like, text
from processr.job_types.outcomes import Outcome, error, failed, passed
from processr.job_types.registry import job_types
from processr.job_types.settings_fields import FieldNameField, JobSettings
from processr.jobs.text import phrases
from processr.lists import lookup
from processr.lists.lookup import CONTAINS, ENDS, EXACT, SEARCHED, STARTS, LookupKey, LookupResult
from processr.lists.selectors import JOB_TYPE, lists_of_campaign, sees_values
from processr.models import Job, ValidationList

PASS, FAIL = "pass", "fail"
LIST_GONE = "The validation list was deleted"
PRIVATE_LIST = "The values of this list are private, and you do not see them: only those who see them can try values against it."
SAYS = {
    EXACT: ("is on", "is not on"),
    STARTS: ("starts with a value of", "does not start with a value of"),
    ENDS: ("ends with a value of", "does not end with a value of"),
    CONTAINS: ("contains a value of", "contains no value of"),
}
"""The wording of each way of matching: for a value that matches, and for one that does not."""


class ValidationListField(forms.TypedChoiceField):
    """A choice of list. The declared setting has no choices: the lists depend on the campaign."""

    def __init__(self, lists: Iterable[ValidationList] | None = None) -> None:
        choices: list[tuple[Any, str]] = []
        if lists is not None:
            names = ((row.pk, row.name if row.advertiser_id else f"{row.name} (system)") for row in lists)
            choices = [("", "Choose a list"), *names]
        help_text = "Of the system, or of the campaign's advertiser."
        super().__init__(choices=choices, coerce=int, empty_value=None, label="Validation list", help_text=help_text)


class ValidationListCheckSettings(JobSettings):
    list = ValidationListField()
    field = FieldNameField(label="Field", help_text="Name of the field to look up.")
    rule = forms.ChoiceField(
        choices=[(PASS, "Pass: the value must be on the list"), (FAIL, "Fail: the value must not be on the list")],
        initial=PASS,
        label="A lead on the list",
        help_text="An empty value is not on the list.",
    )
    match = forms.ChoiceField(
        choices=[
            (EXACT, "The whole value"),
            (STARTS, "The value starts with one of the list"),
            (ENDS, "The value ends with one of the list"),
            (CONTAINS, "The value contains one of the list"),
        ],
        initial=EXACT,
        label="Compared",
        help_text=f"To find a value inside another, the first {SEARCHED} characters are looked through.",
    )
    case_sensitive = forms.BooleanField(
        required=False,
        initial=False,
        label="Upper and lower case differ",
        help_text="A list keeps one spelling of a value: the one that was added first.",
    )
    trim = forms.BooleanField(required=False, initial=True, label="Without the spaces around the value")


@job_types.register
class ValidationListCheck(QualityCheck):
    """An empty value is on no list: it fails where the value must be on the list, and passes where it must not be."""

    key = JOB_TYPE
    api_id = 1118
    label = "Validation List Check"
    description = "Fails when a value is not on a validation list, or when it is on one that is to be kept out."
    Settings = ValidationListCheckSettings

    @classmethod
    def extra_settings(cls, campaign: Campaign) -> Mapping[str, forms.Field]:
        return {"list": ValidationListField(lists_of_campaign(campaign))}

    @override
    @classmethod
    def refusal_to_try(cls, config: Mapping[str, Any], who: Who) -> str:
        chosen = ValidationList.objects.filter(pk=config.get("list") or 0).first()
        return PRIVATE_LIST if chosen and not sees_values(who, chosen) else ""

    @cached_property
    def list_id(self) -> int:
        return int(self.setting("list") or 0)

    @cached_property
    def match(self) -> str:
        return str(self.setting("match"))

    @cached_property
    def must_be(self) -> bool:
        return bool(self.setting("rule") == PASS)

    def rule(self) -> str:
        if not self.list_id:
            return "No validation list is chosen yet"
        usable = Q(advertiser__isnull=True) | Q(advertiser__in=Job.objects.filter(pk=self.job.id).values("campaign__advertiser"))
        name = ValidationList.objects.filter(usable, pk=self.list_id).values_list("name", flat=True).first()
        return f"{phrases.each([self.setting('field')])} {self._says(name, on=self.must_be)}"

    def prepare(self, job_input: JobInput) -> None:
        self.lookup = lookup.look_up_once(job_input, self.job, lambda jobs: _look_up(job_input, [type(self)(job) for job in jobs]))

    def check(self, lead: JobLead) -> Outcome:
        if self.list_id not in self.lookup.lists:
            return error(LIST_GONE)
        if self._is_on_list(lead) == self.must_be:
            return passed()
        field = self.setting("field")
        value = text(lead, field)
        if texts.is_blank(value):
            return failed(f"{field} is empty", field=field)
        return failed(f"{field} {self._says(self.lookup.lists[self.list_id], on=not self.must_be)}", field=field, value=value)

    def keys_of(self, lead: JobLead) -> list[LookupKey]:
        """Return what to look up for the lead: its value, and if it is a telephone number the forms in which that may be listed."""
        value = self._value(lead)
        return [key for key in (self._key(value), *self._telephone_keys(lead, value)) if key.text]

    def _is_on_list(self, lead: JobLead) -> bool:
        value = self._value(lead)
        if any(self.lookup.values.get(key) for key in self._telephone_keys(lead, value)):
            return True
        matches = self.lookup.values.get(self._key(value), ())
        if not self.setting("case_sensitive"):
            return bool(matches)
        # The matches are the same as the value except for case, so their case is compared.
        written, listed = texts.fold_keeping_case(value), map(texts.fold_keeping_case, matches)
        if self.match == EXACT:
            return written in listed
        return any(map({STARTS: written.startswith, ENDS: written.endswith, CONTAINS: written.__contains__}[self.match], listed))

    def _key(self, value: str) -> LookupKey:
        return LookupKey(self.list_id, self.match, lookup.searchable_part(emails.fold_address(texts.fold_inside(value)), self.match))

    def _telephone_keys(self, lead: JobLead, value: str) -> list[LookupKey]:
        """Return the keys of a number: of any in a field for telephones, and elsewhere of one that is written with its country code."""
        if not any(map(str.isdecimal, value)) or ("@" in value and not self._is_of_telephones):
            return []
        region = region_of(text(lead, normalize.COUNTRY))
        number = telephones.read_number(value, region)
        if not self._is_of_telephones and not (number.plus and number.possible and number.alone):
            return []
        keys = sorted(telephones.listed_keys(value, region))
        # Beginnings such as +44 are no numbers, and are looked up among all values.
        among = (True,) if self.match == EXACT else (True, False)
        return [LookupKey(self.list_id, self.match, lookup.searchable_part(key, self.match), place) for key in keys for place in among]

    @cached_property
    def _is_of_telephones(self) -> bool:
        return is_named_like(self.setting("field"), TELEPHONES)

    def _value(self, lead: JobLead) -> str:
        value = without_unstorable(text(lead, self.setting("field")))
        return texts.strip(value) if self.setting("trim") or texts.is_blank(value) else value

    def _says(self, name: str | None, *, on: bool) -> str:
        named = f" “{name}”" if name else ""
        return f"{SAYS[self.match][0 if on else 1]} the validation list{named}"


def _look_up(job_input: JobInput, checks: list[ValidationListCheck]) -> LookupResult:
    """Look up the values of the whole chunk, since the jobs of a group run for different leads of it."""
    keys = (key for check in checks for lead in job_input.chunk for key in check.keys_of(lead))
    return lookup.look_up(job_input, keys, lists={check.list_id for check in checks})

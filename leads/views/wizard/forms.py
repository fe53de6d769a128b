"""The forms of the third step, one for each choice of the second. Each returns the bulk type and its settings."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django import forms

from config.core.forms.layout import Fields, ShownWhen
from config.core.forms.page_form import PageForm
from config.core.models import User
from config.core.pg_text import without_unstorable
from leads.bulk import effects, offers
from leads.bulk.actions import (
    LONGEST_COMMENT,
    LONGEST_REASON,
    BulkType,
    DeleteLeads,
    FlagType,
    MarkDelivered,
    MarkReplacement,
    MarkUndelivered,
    Reprocess,
    SendAgain,
    Unflag,
    UnmarkReplacement,
    is_signature_of,
)
from leads.models import BulkAction
from leads.selectors import flag_reasons

Campaigns = Sequence[tuple[int, str, int]]
"""Id, name and number of chosen leads of each campaign."""
CATEGORY = "category_{}"
TYPED_AT_MOST = 5 * LONGEST_COMMENT
"""Characters of an answer that are kept before it is validated, so that one that is too long can be shortened."""
CHOSEN_AT_MOST = 1_000


class ProcessingForm(PageForm):
    """A form of the step. `kept` are the fields whose answers are shown again when it is opened once more."""

    kept: ClassVar[tuple[str, ...]] = ("comment",)

    def __init__(
        self, *args: Any, draft: BulkAction, user: User, bulk_types: Sequence[type[BulkType]], campaigns: Campaigns, **options: Any
    ):
        self.draft, self.user, self.bulk_types, self.campaigns = draft, user, bulk_types, campaigns
        super().__init__(*args, **options)
        self.prepare()
        self.focus_first()

    def prepare(self) -> None:
        """Complete the fields by what the draft is about."""

    def focus_first(self) -> None:
        first = next((name for name in (*self.layout.names, *self.fields) if name in self.fields), "")
        if first:
            self.fields[first].widget.attrs["autofocus"] = True

    @property
    def type_key(self) -> str:
        return self.bulk_types[0].key

    @property
    def settings(self) -> dict[str, Any]:
        return {"comment": self.cleaned_data["comment"]} if "comment" in self.fields else {}

    @property
    def signature(self) -> str:
        return ""

    @property
    def answers(self) -> dict[str, Any]:
        """The answers to show again, as they were sent."""
        return {name: self[name].value() for name in self.fields if name in self.kept}

    @property
    def typed_answers(self) -> dict[str, Any]:
        """The answers before they are validated, those that are empty left out."""
        typed = {name: _storable(value) for name, value in self.answers.items()}
        return {name: value for name, value in typed.items() if value}


def _storable(value: object) -> str | list[str]:
    """Return what a control sent as the database keeps it. What is longer than any answer may be is cut."""
    if isinstance(value, list | tuple):
        return [without_unstorable(str(one))[:TYPED_AT_MOST] for one in value[:CHOSEN_AT_MOST]]
    return without_unstorable("" if value is None else str(value))[:TYPED_AT_MOST]


def _comment() -> forms.CharField:
    return forms.CharField(required=False, max_length=LONGEST_COMMENT, widget=forms.Textarea(attrs={"rows": 3}))


class ChoosingForm(ProcessingForm):
    """A form with the further fields of upper apps, such as the integrations to send to, by campaign."""

    further: Mapping[str, forms.Field]
    had_before = False

    def add_further_fields(self) -> None:
        action = BulkAction(pk=self.draft.pk, type=self.bulk_types[0].key)
        campaign_ids = [pk for pk, _, _ in self.campaigns]
        self.further = dict(effects.fields(action, campaign_ids))
        self.fields.update(self.further)
        for name, offered in effects.choices(action, campaign_ids).items():
            groups = []
            for pk, campaign, n in self.campaigns:
                choices = [(choice.value, _with_warning(choice.label, choice.had_before)) for choice in offered if choice.campaign_id == pk]
                if choices:
                    groups.append((f"{campaign}, {n:,} lead{'' if n == 1 else 's'}", choices))
            self.fields[name].choices = groups  # type: ignore[attr-defined]  # a field with choices
            self.had_before = self.had_before or any(choice.had_before for choice in offered)

    @property
    def kept(self) -> tuple[str, ...]:  # type: ignore[override]  # all of them
        return tuple(self.fields)


class SendAgainForm(ChoosingForm):
    """The integrations to send Valid leads to once more."""

    comment = _comment()

    def prepare(self) -> None:
        self.add_further_fields()
        for field in self.further.values():
            field.required, field.help_text = True, "Leads that are not Valid are skipped."
            field.error_messages["required"] = "Choose at least one integration."
        self.layout = Fields(*self.further, "comment")  # type: ignore[misc]  # what upper apps offer

    @property
    def settings(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in (*self.further, "comment")}


class FlagDetailsForm(ChoosingForm):
    """Reason, category and comment of a flag, and the further fields of upper apps, such as the integrations to send to."""

    reason = forms.ChoiceField(widget=forms.RadioSelect, error_messages={"required": "Choose a reason."})
    own = forms.CharField(label="Your own reason", max_length=LONGEST_REASON, required=False)
    comment = _comment()

    def prepare(self) -> None:
        bulk_type = self.bulk_types[0]
        assert issubclass(bulk_type, FlagType), "only flags have this form"
        self.reasons = {str(reason.pk): reason for reason in flag_reasons([bulk_type.flag])}
        self.fields["reason"].choices = [(key, reason.name) for key, reason in self.reasons.items()]  # type: ignore[attr-defined]
        parts: list[str | Fields] = ["reason"]
        if others := [key for key, reason in self.reasons.items() if reason.is_other]:
            parts.append(ShownWhen("reason", others, "own", demanded=True))
        else:
            del self.fields["own"]
        for key, reason in self.reasons.items():
            categories = [(str(category.pk), category.name) for category in reason.categories.all()] if reason.has_categories else []
            if reason.has_categories:
                self.fields[CATEGORY.format(key)] = forms.ChoiceField(
                    label="Reason Category", required=False, choices=[("", "None"), *categories]
                )
                parts.append(ShownWhen("reason", key, CATEGORY.format(key), demanded=True))
        self.add_further_fields()
        self.layout = Fields(*parts, "comment", *self.further)  # type: ignore[misc]  # its parts are rows of the database

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        reason = self.reasons.get(values.get("reason", ""))
        if reason and reason.is_other and not values.get("own") and "own" not in self.errors:
            self.add_error("own", f"Write your own reason, at most {LONGEST_REASON} characters.")
        return values

    @property
    def settings(self) -> dict[str, Any]:
        values = self.cleaned_data
        reason = self.reasons[values["reason"]]
        chosen = values.get(CATEGORY.format(values["reason"]), "")
        category = next((category.name for category in reason.categories.all() if str(category.pk) == chosen), "")
        return {
            "reason": values["own"] if reason.is_other else reason.name,
            "category": category,
            "comment": values["comment"],
            **{name: values[name] for name in self.further},
        }


def _with_warning(label: str, had_before: int) -> str:
    return f"{label} — {had_before:,} of these leads had it before and would get it again" if had_before else label


class SignForm(ProcessingForm):
    """Sign and confirm: the user's full name, in any case, and a tick."""

    kept = ()
    name = forms.CharField(label="Type your full name", max_length=150, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    confirm = forms.BooleanField(label="I confirm it", error_messages={"required": "Tick the box to confirm."})

    def prepare(self) -> None:
        self.fields["name"].help_text = f"As it stands in your profile: {self.user}."
        self.fields["confirm"].label = CONFIRMED[self.type_key]

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if not is_signature_of(name, self.user):
            raise forms.ValidationError(f"This is not your name as it stands in your profile: {self.user}.")
        return name

    @property
    def signature(self) -> str:
        return str(self.user)


class ConfirmForm(ProcessingForm):
    kept = ()
    confirm = forms.BooleanField(error_messages={"required": "Tick the box to confirm."})

    def prepare(self) -> None:
        self.fields["confirm"].label = CONFIRMED[self.type_key]


class OtherForm(ProcessingForm):
    kept = ("other", "comment")
    LABELS: ClassVar[Mapping[type[BulkType], str]] = {
        MarkReplacement: "Replacement: the lead takes the place of another",
        UnmarkReplacement: "None: it is no replacement",
        Unflag: "Unflag: the automatic result counts again",
    }

    other = forms.ChoiceField(label="Reason", widget=forms.RadioSelect, error_messages={"required": "Choose one."})
    comment = _comment()

    def prepare(self) -> None:
        self.fields["other"].choices = [(kind.key, self.LABELS[kind]) for kind in self.bulk_types]  # type: ignore[attr-defined]

    @property
    def type_key(self) -> str:
        key: str = self.cleaned_data["other"]
        return key


CONFIRMED = {
    MarkDelivered.key: "I confirm that these leads were delivered. They become billable to the advertiser, and are not sent by this.",
    MarkUndelivered.key: "I confirm that these leads were not delivered. They are no longer billable to the advertiser.",
    Reprocess.key: "I confirm that all jobs and value transforms run once more. This cannot be undone.",
    DeleteLeads.key: "I confirm that these leads are deleted. They disappear from every list, report and count.",
}
_FORMS: Mapping[str, type[ProcessingForm]] = {
    MarkDelivered.key: SignForm,
    MarkUndelivered.key: SignForm,
    Reprocess.key: ConfirmForm,
    DeleteLeads.key: ConfirmForm,
    offers.OTHER: OtherForm,
    SendAgain.key: SendAgainForm,
}


def form_class_of(choice: str) -> type[ProcessingForm]:
    return _FORMS.get(choice, FlagDetailsForm)

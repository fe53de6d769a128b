"""The form that flags one lead or a few: Valid or Invalid, each with the reason and the choices that its user made last time."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib.sessions.backends.base import SessionBase
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField

from config.core.ids import ids_in
from leads import bulk
from leads.bulk.actions import LONGEST_COMMENT, LONGEST_REASON, FlagType, MarkInvalid, MarkValid
from leads.models import BulkAction, FlagReason
from leads.selectors import flag_reasons

TYPES: Mapping[str, type[FlagType]] = {bulk_type.flag.value: bulk_type for bulk_type in (MarkValid, MarkInvalid)}
ICONS = {"valid": "check-circle-fill", "invalid": "x-circle-fill"}
REASON, OWN, CATEGORY, COMMENT = "reason", "own", "category", "comment"


class FlagMemory:
    """The choices of a user in the forms sent before, kept with the session: reasons by flag, further fields by campaign."""

    KEY = "quick_flag"
    CAMPAIGNS_AT_MOST = 50

    def __init__(self, session: SessionBase) -> None:
        self.session = session
        self.kept: dict[str, Any] = session.get(self.KEY) or {"reasons": {}, "campaigns": {}}

    def initial(self, campaign_ids: Collection[int], *, with_choices: bool) -> dict[str, Any]:
        """Return the initial values of the form. Choices are those for the campaign, if all leads are of one."""
        values = {f"{flag}_{name}": value for flag, chosen in self.kept["reasons"].items() for name, value in chosen.items()}
        if with_choices and len(campaign_ids) == 1:
            values |= self.kept["campaigns"].get(str(next(iter(campaign_ids))), {})
        return values

    def remember(self, form: "FlagForm") -> None:
        flag, values = form.cleaned_data["flag"], form.cleaned_data
        self.kept["reasons"][flag] = {name: values[f"{flag}_{name}"] for name in (REASON, OWN, CATEGORY)}
        if flag == MarkValid.flag and len(form.campaign_ids) == 1:
            campaign = str(next(iter(form.campaign_ids)))
            self.kept["campaigns"].pop(campaign, None)
            self.kept["campaigns"][campaign] = form.extra_values
            for oldest in list(self.kept["campaigns"])[: -self.CAMPAIGNS_AT_MOST]:
                del self.kept["campaigns"][oldest]
        self.session[self.KEY] = self.kept


@dataclass(frozen=True)
class FlagSide:
    """One of the two flags in the form, with its own reasons."""

    flag: str
    label: str
    icon: str
    reasons: list[FlagReason]
    chosen: bool
    reason: BoundField
    own: BoundField
    category: BoundField
    extras: list[BoundField]

    @property
    def key(self) -> str:
        """The key that chooses the flag."""
        return self.flag[0]


class FlagForm(forms.Form):
    """Both flags have fields of their own, so that the reasons used last stand ready for either."""

    flag = forms.ChoiceField(
        choices=[(flag, bulk_type.flag.label) for flag, bulk_type in TYPES.items()],
        error_messages={"required": "Choose Valid or Invalid."},
    )
    comment = forms.CharField(required=False, max_length=LONGEST_COMMENT, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, campaign_ids: Collection[int], **kwargs: Any) -> None:
        self.campaign_ids = campaign_ids
        self.reasons: dict[str, dict[str, FlagReason]] = {flag: {} for flag in TYPES}
        for reason in flag_reasons(TYPES):
            self.reasons[reason.flag][str(reason.pk)] = reason
        super().__init__(*args, **kwargs)
        for flag, reasons in self.reasons.items():
            self._add_fields(flag, reasons)
        self.extras = dict(bulk.fields(BulkAction(type=MarkValid.key), campaign_ids))
        self.fields.update(self.extras)

    def _add_fields(self, flag: str, reasons: Mapping[str, FlagReason]) -> None:
        categories = [
            (reason.name, [(str(category.pk), category.name) for category in reason.categories.all()])
            for reason in reasons.values()
            if reason.has_categories
        ]
        choices = [(key, reason.name) for key, reason in reasons.items()]
        grouped = [group for group in categories if group[1]]
        self.fields[f"{flag}_{REASON}"] = forms.ChoiceField(label="Reason", choices=choices, required=False)
        self.fields[f"{flag}_{OWN}"] = forms.CharField(label="Your own reason", max_length=LONGEST_REASON, required=False)
        self.fields[f"{flag}_{CATEGORY}"] = forms.ChoiceField(label="Category", choices=[("", "None"), *grouped], required=False)

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        if flag := values.get("flag"):
            reason = self.reasons[flag].get(values.get(f"{flag}_{REASON}", ""))
            if reason is None and f"{flag}_{REASON}" not in self.errors:
                self.add_error(f"{flag}_{REASON}", ValidationError("Choose a reason."))
            elif reason and reason.is_other and not values.get(f"{flag}_{OWN}") and f"{flag}_{OWN}" not in self.errors:
                self.add_error(f"{flag}_{OWN}", ValidationError(f"Write your own reason, at most {LONGEST_REASON} characters."))
            for name in self._fields_of_others(flag):
                self.errors.pop(name, None)  # they are not shown, and nothing comes of them
        return values

    def _fields_of_others(self, flag: str) -> list[str]:
        names = [f"{other}_{name}" for other in TYPES if other != flag for name in (REASON, OWN, CATEGORY)]
        return names if flag == MarkValid.flag else [*names, *self.extras]

    @property
    def sides(self) -> list[FlagSide]:
        return [self._side(flag, bulk_type) for flag, bulk_type in TYPES.items()]

    def _side(self, flag: str, bulk_type: type[FlagType]) -> FlagSide:
        extras = [self[name] for name in self.extras] if flag == MarkValid.flag else []
        own, category = self[f"{flag}_{OWN}"], self[f"{flag}_{CATEGORY}"]
        return FlagSide(
            flag,
            bulk_type.flag.label,
            ICONS[flag],
            list(self.reasons[flag].values()),
            self["flag"].value() == flag,
            self[f"{flag}_{REASON}"],
            own,
            category,
            extras,
        )

    @property
    def bulk_type(self) -> type[FlagType]:
        return TYPES[self.cleaned_data["flag"]]

    @property
    def extra_values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.extras}

    @property
    def settings(self) -> dict[str, Any]:
        """The settings of the bulk action."""
        flag, values = self.cleaned_data["flag"], self.cleaned_data
        reason = self.reasons[flag][values[f"{flag}_{REASON}"]]
        chosen = set(ids_in([values[f"{flag}_{CATEGORY}"]]))
        category = next((category.name for category in reason.categories.all() if category.pk in chosen), "")
        return {
            "reason": values[f"{flag}_{OWN}"] if reason.is_other else reason.name,
            "category": category,
            "comment": values[COMMENT],
            **(self.extra_values if flag == MarkValid.flag else {}),
        }

    @property
    def summary(self) -> str:
        """The reason and the further choices in words, as “Data verified. Integrations: CRM.”"""
        settings, parts = self.settings, []
        if self.cleaned_data["flag"] == MarkValid.flag:
            for name, field in self.extras.items():
                labels = dict(getattr(field, "choices", ()))
                chosen = [labels[value] for value in self.cleaned_data[name] if value in labels]
                parts.append(f"{field.label}: {', '.join(chosen) if chosen else 'none'}")
        reason = f"{settings['reason']} ({settings['category']})" if settings["category"] else settings["reason"]
        return "; ".join([reason, *parts])

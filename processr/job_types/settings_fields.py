"""The settings form of a job and its form fields."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, cast

from django import forms
from django.template.loader import render_to_string
from django.utils.datastructures import MultiValueDict
from django.utils.safestring import SafeString
from typing_extensions import override

from campaigns.models import Campaign
from config.core.forms.layout import EMPTY, Fields, ShownWhen
from config.core.forms.page_form import PageForm
from config.core.pg_text import is_storable
from leads.intake.validation import NOT_TEXT

AT_MOST = 100
LONGEST = 80
"""The longest name that a form's field may have, in characters."""
NAMES_KNOWN = "known-fields"
"""The id of the list of known names that a page offers for these fields."""


class JobSettings(PageForm):
    """The base of settings forms. `campaign` is the job's campaign, for fields whose choices depend on it."""

    def __init__(self, *args: Any, campaign: Campaign | None = None, **options: Any) -> None:
        self.campaign = campaign
        super().__init__(*args, **options)


def validate_text(value: str) -> None:
    if not is_storable(value):
        raise forms.ValidationError(NOT_TEXT)


def _is_infinite(value: Any) -> bool:
    """Return whether the value is no finite number, or holds one, which would be read as the text `inf`."""
    if isinstance(value, float):
        return not math.isfinite(value)
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(map(_is_infinite, inner))


_TICKS = ("", "true", "false", "True", "False", "on", "1", "0")


def fault_of_value(field: forms.Field, value: Any) -> str:
    """Return what is wrong with a value that no form on a page could send, or an empty text.

    API clients can send one: a form field would take a list for the text "[1]", any text for a tick, and name a choice
    that is null or true as Python writes it.
    """
    if _is_infinite(value):
        return "This number is too large."
    takes_one_text = isinstance(field, forms.CharField) and type(field).to_python is forms.CharField.to_python
    if takes_one_text and type(field).clean is forms.Field.clean and isinstance(value, list | dict):
        return "Must be one value."
    if isinstance(field, forms.BooleanField) and not (value is None or isinstance(value, bool) or value in _TICKS):
        return "Must be true or false."
    if isinstance(field, forms.MultipleChoiceField):
        several = value if isinstance(value, list) else []
        return "Must be a list of texts." if any(not isinstance(part, str | int) or isinstance(part, bool) for part in several) else ""
    if isinstance(field, forms.ChoiceField) and isinstance(value, bool | float | list | dict):
        return "Must be one of the choices, as a text or a number."
    return ""


def keep_chosen(widget: forms.Select, value: Any) -> None:
    """Offer what was chosen although the campaign may not use it any more: without its name, so that it is seen and can be changed."""
    choices = list(widget.choices)
    if value not in (None, "") and str(value) not in {str(key) for key, _ in choices}:
        widget.choices = [*choices, (value, f"Not for this campaign: {value}")]


class FieldNameField(forms.CharField):
    """The name of one lead field."""

    default_validators = [validate_text]

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"max_length": LONGEST, **options})

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {**super().widget_attrs(widget), "list": NAMES_KNOWN}


class FieldNamesInput(forms.TextInput):
    """Names with commas between them, and below them one more name to pick, which is added to them."""

    picker_template = "processr/widgets/field_names.html"
    offers_all = True
    """Whether all fields of the form can be added at once."""

    @override
    def value_from_datadict(self, data: Mapping[str, Any], files: MultiValueDict, name: str) -> Any:
        value, picked = data.get(name), str(data.get(f"{name}-more") or "").strip()
        return ", ".join(filter(None, [str(value or "").strip(" ,"), picked])) if picked else value

    @override
    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        """Render with the project's own template engine; Django would look for a widget's template in the app only."""
        names = super().render(name, value, attrs, renderer)
        return render_to_string(self.picker_template, {"names": names, "name": name, "known": NAMES_KNOWN, "offers_all": self.offers_all})


class FieldPatternsInput(FieldNamesInput):
    offers_all = False


class FieldNamesField(forms.Field):
    """Names of lead fields, as a list or as text with commas between them.

    Forms differ, so a name that no form has is no error.
    """

    widget = FieldNamesInput

    def names_in(self, data: Mapping[str, Any], name: str) -> Any:
        """Return what was typed in the posted form."""
        widget = cast(forms.Widget, self.widget)  # an instance by now, which the stubs do not know
        return widget.value_from_datadict(data, MultiValueDict(), name)

    def to_python(self, value: Any) -> list[str]:
        parts = value if isinstance(value, list | tuple) else str(value or "").split(",")
        return list(dict.fromkeys(name for part in parts if (name := str(part).strip())))

    def validate(self, value: list[str]) -> None:
        super().validate(value)
        if len(value) > AT_MOST:
            raise forms.ValidationError(f"Name at most {AT_MOST} fields.")
        if any(len(name) > LONGEST for name in value):
            raise forms.ValidationError(f"The name of a field has at most {LONGEST} characters.")
        for name in value:
            validate_text(name)

    def prepare_value(self, value: Any) -> str:
        return ", ".join(map(str, value)) if isinstance(value, list | tuple) else value or ""


FIELDS_READ = Fields("fields_to_read", ShownWhen("fields_to_read", EMPTY, "fields_to_leave_out"))
"""The layout of settings with the two fields below: none is left out where fields are named."""


def fields_to_read() -> FieldNamesField:
    return FieldNamesField(
        required=False,
        initial=[],
        label="Fields",
        help_text="Names of the fields to look at, with commas between them. Empty: every captured field but those left out.",
    )


def fields_to_leave_out(initial: Sequence[str]) -> FieldNamesField:
    return FieldNamesField(
        required=False,
        initial=list(initial),
        label="Fields to leave out",
        widget=FieldPatternsInput,
        help_text="Names of fields, * standing for any letters: *phone* is mobilePhone too.",
    )

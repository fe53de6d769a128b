"""The forms of a transform: its head, its known values and its steps. They check the input of pages and programs alike."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django import forms

from config.core.forms.controls import FilePasswordField
from config.core.forms.layout import Fields, Folded
from config.core.forms.page_form import PageForm
from config.core.models.names import validate_name
from processr.job_types.settings_fields import FieldNameField, validate_text
from processr.transforms import expressions
from processr.transforms.dates import HELP, InvalidDateFormat, parse_format
from processr.transforms.php_regex import ExpressionSyntaxError
from processr.transforms.steps import CASES

LONGEST_VALUE = 2_000
LONGEST_GROUP = 120
STEPS_AT_MOST = 20
VALUES_AT_MOST = 5_000
PARTS_AT_MOST = 50
LONGEST_FIELD, LONGEST_TEXT = 80, 500
_DATE_PARTS = ("year", "month", "day")
_PART = re.compile(r'\s*(?:"(?P<text>(?:[^"]|"")*)"\s*(?:,|$)|(?P<field>[^,]*)(?:,|$))')


class TextField(forms.CharField):
    default_validators = [validate_text]


class HeadForm(PageForm):
    label = TextField(max_length=120, validators=[validate_name], help_text="What this transform is called in lists and logs.")
    source_field = FieldNameField(label="Original field", help_text="The field to read. Capital and small letters matter.")
    new_field = FieldNameField(
        label="New field",
        help_text="The field the result goes into. With the name of a captured field, the result is shown and used in its stead; "
        "what was captured is kept.",
    )


class GroupedHeadForm(HeadForm):
    """The head of an advertiser's transform, which may belong to a group."""

    group_name = TextField(
        max_length=LONGEST_GROUP,
        required=False,
        validators=[validate_name],
        label="Group",
        help_text="Transforms of one group are imported into a campaign together.",
    )


class TransformGroupForm(PageForm):
    name = TextField(max_length=LONGEST_GROUP, validators=[validate_name], label="Name")


class KnownValueForm(PageForm):
    """A known value, and the value it becomes."""

    original = TextField(max_length=LONGEST_VALUE, label="Original value")
    new = TextField(max_length=LONGEST_VALUE, required=False, label="New value")


class MoreValuesForm(PageForm):
    """Known values as text, a pair on each line, and how all values are compared."""

    layout = Fields(Folded("Many values at once", "pasted"), "any_case")

    pasted = forms.CharField(
        required=False,
        strip=False,
        label="Lines",
        help_text="A value a line: the original, a comma (or a tab, as two columns of a spreadsheet are copied), the new one. "
        "A value with a comma in it stands in quotation marks.",
        widget=forms.Textarea(attrs={"class": "form-control mono", "rows": 8, "spellcheck": "false"}),
    )
    any_case = forms.BooleanField(
        required=False,
        label="Capital and small letters are the same",
        help_text="Otherwise a value is known only in the case it is written in here. It is always the whole value that is compared.",
    )


class PreviewLeadForm(PageForm):
    lead = forms.CharField(
        required=False,
        max_length=254,
        label="Lead",
        help_text="Its id or its e-mail address. Empty, or “last”: the last one that came.",
        widget=forms.TextInput(attrs={"list": "known-leads", "autocomplete": "off"}),
    )


class TransformFileForm(PageForm):
    file = forms.FileField(
        allow_empty_file=True,
        label="CSV or XLSX file",
        help_text="CSV with commas, semicolons, tabs or bars between the columns, or XLSX, up to 1 MB; alone in a ZIP file or not. "
        "You see what it would do before anything is imported.",
        error_messages={"required": "Choose a file."},
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.xlsx,.zip,text/csv"}),
    )
    password = FilePasswordField()


class StepForm(PageForm):
    kind: ClassVar[str]
    title: ClassVar[str]


def read_parts(line: str) -> list[dict[str, str]]:
    """Parse the parts of a join: `firstName, "of", company`.

    A quotation mark inside a text is doubled; empty parts are left out.
    """
    parts: list[dict[str, str]] = []
    position = 0
    while position < len(line) and (match := _PART.match(line, position)):
        position = match.end()
        if match["text"] is not None:
            parts.append({"text": match["text"].replace('""', '"')})
        elif name := match["field"].strip():
            parts.append({"field": name})
    return parts


def format_parts(parts: Sequence[Mapping[str, str]]) -> str:
    return ", ".join(part["field"] if "field" in part else '"{}"'.format(part["text"].replace('"', '""')) for part in parts)


def _is_part(part: Any) -> bool:
    if not isinstance(part, Mapping) or len(part) != 1:
        return False
    ((name, text),) = part.items()
    return name in ("field", "text") and isinstance(text, str)


class PartsField(forms.Field):
    """Names of fields, and texts in quotation marks, as a list or as one line with commas between them."""

    widget = forms.TextInput

    def to_python(self, value: Any) -> list[dict[str, str]]:
        if isinstance(value, str | None):
            parts = read_parts(value or "")
        elif isinstance(value, list) and all(_is_part(part) for part in value):
            parts = [dict(part) for part in value]
        else:
            raise forms.ValidationError('Give a list of {"field": …} and {"text": …}.')
        if len(parts) > PARTS_AT_MOST:
            raise forms.ValidationError(f"Join at most {PARTS_AT_MOST} fields and texts.")
        for part in parts:
            name, text = part.get("field", ""), part.get("text", "")
            if len(name) > LONGEST_FIELD or len(text) > LONGEST_TEXT:
                raise forms.ValidationError("One of them is too long to be the name of a field. Texts stand in quotation marks.")
            validate_text(name + text)
        return parts

    def prepare_value(self, value: Any) -> str:
        return format_parts(value) if isinstance(value, list) else value or ""


class JoinForm(StepForm):
    kind, title = "join", "Join fields"
    parts = PartsField(
        label="Fields and texts",
        help_text='With commas between them, texts in quotation marks: firstName, "of", company. '
        "The original field stands for the value as the steps before have left it. Empty fields are left out.",
    )
    separator = TextField(
        max_length=100, required=False, strip=False, initial=" ", label="Between them", help_text=r"\n is a line break, \t a tab."
    )


class ReplaceForm(StepForm):
    kind, title = "replace", "Find and replace"
    find = TextField(
        max_length=expressions.LONGEST_EXPRESSION,
        help_text="A regular expression between two of the same sign, such as /, then flags: i (capitals do not matter), m, s, u, x. "
        r"/(\d{4})\-(\d{2})\-(\d{2})$/ finds a date.",
        widget=forms.TextInput(attrs={"class": "form-control mono", "spellcheck": "false", "autocapitalize": "off"}),
    )
    replacement = TextField(
        max_length=expressions.LONGEST_EXPRESSION,
        required=False,
        strip=False,
        label="Replace with",
        help_text="$1 is what the first brackets found, $0 all that was found. Empty: take it away.",
        widget=forms.TextInput(attrs={"class": "form-control mono", "spellcheck": "false", "autocapitalize": "off"}),
    )

    def clean_find(self) -> str:
        try:
            self.groups = expressions.compile_expression(self.cleaned_data["find"]).groups
        except ExpressionSyntaxError as error:
            raise forms.ValidationError(str(error)) from error
        return str(self.cleaned_data["find"])

    def clean(self) -> dict[str, Any]:
        last = expressions.Replacement.parse(self.cleaned_data.get("replacement", "")).last_group
        if "find" in self.cleaned_data and last > self.groups:
            self.add_error("replacement", f"The expression has {self.groups or 'no'} pairs of brackets, so there is no ${last}.")
        return self.cleaned_data


class CaseForm(StepForm):
    kind, title = "case", "Capital and small letters"
    to = forms.ChoiceField(choices=[(key, label) for key, (label, _) in CASES.items()], initial="upper", label="Write it in")


class TrimForm(StepForm):
    kind, title = "trim", "Take spaces away"
    inner = forms.BooleanField(required=False, label="Inside as well: several spaces become one")


class DateForm(StepForm):
    kind, title = "date", "Write a date another way"
    reads = TextField(
        max_length=60, label="Date comes as", help_text=f"Such as DD/MM/YYYY. {HELP} A value that is no such date has no result."
    )
    writes = TextField(max_length=60, label="Write it as", help_text="Such as YYYY-MM-DD.")

    def clean_reads(self) -> str:
        return self._clean_format("reads")

    def clean_writes(self) -> str:
        return self._clean_format("writes")

    def _clean_format(self, name: str) -> str:
        try:
            parse_format(self.cleaned_data[name])
        except InvalidDateFormat as error:
            raise forms.ValidationError(str(error)) from error
        return str(self.cleaned_data[name])

    def clean(self) -> dict[str, Any]:
        if {"reads", "writes"} <= self.cleaned_data.keys():
            read, written = (parse_format(self.cleaned_data[name]).parts for name in ("reads", "writes"))
            if missing := next((part for part in _DATE_PARTS if part in written and part not in read), None):
                self.add_error("writes", f"The {missing} is not in the date as it comes.")
        return self.cleaned_data


STEPS: Mapping[str, type[StepForm]] = {form.kind: form for form in (JoinForm, ReplaceForm, CaseForm, TrimForm, DateForm)}

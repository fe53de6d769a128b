"""A form field for a list of rows, such as conditions, keys and values, or mappings of fields."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils.datastructures import MultiValueDict
from django.utils.safestring import SafeString
from typing_extensions import override

from processr.job_types.settings_fields import fault_of_value

AT_MOST = 100
EMPTY: tuple[Any, ...] = (None, "", [], ())

_NUMBER = re.compile(r"([0-9]{1,6})-")

RowValues = dict[str, Any]


class RowsWidget(forms.Widget):
    """The widget of `RowsField`: inputs named `<field>-<number>-<name>`.

    Programs give the list itself. The numbers only order the rows and may have gaps.
    """

    template_name = "processr/widgets/rows.html"
    use_fieldset = True

    def __init__(self, row: type[forms.Form], *, at_most: int, of_fields: Sequence[str] = ()) -> None:
        super().__init__()
        self.row, self.at_most, self.of_fields = row, at_most, of_fields

    def value_from_datadict(self, data: Mapping[str, Any], files: MultiValueDict, name: str) -> Any:
        """Return the rows. No more are read than it takes to see that there are too many."""
        if name in data:
            return data[name]
        fields = self.row.base_fields.items()
        return [
            {key: field.widget.value_from_datadict(data, files, f"{name}-{number}-{key}") for key, field in fields}
            for number in sorted(_row_numbers(name, data))[: self.at_most + 1]
        ]

    @override
    def value_omitted_from_data(self, data: Mapping[str, Any], files: MultiValueDict, name: str) -> bool:
        return not any(key == name or key.startswith(f"{name}-") for key in data)

    @override
    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Return the context with at least one row to fill in."""
        rows = [row for row in value if isinstance(row, Mapping)] if isinstance(value, list | tuple) else []
        row_forms = [self._row_form(f"{name}-{number}", row) for number, row in enumerate(rows or [{}])]
        all_attrs = self.build_attrs(self.attrs, attrs)
        if all_attrs.get("aria-invalid"):
            _mark_cell(row_forms, all_attrs)
        return {"widget": {"name": name, "rows": row_forms, "of_fields": self.of_fields}}

    @override
    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        """Render with the project's own template engine; Django would look for a widget's template in the app only."""
        return render_to_string(self.template_name, self.get_context(name, value, attrs))

    def _row_form(self, prefix: str, row: Mapping[str, Any]) -> forms.Form:
        """Return the form of one row. In a row that was only just added, for which no values were sent, the first field gets the focus."""
        is_new = bool(row) and all(value in (None, False, []) for value in row.values())
        form = self.row(initial=None if is_new else dict(row), prefix=prefix)
        if is_new:
            next(iter(form.fields.values())).widget.attrs["autofocus"] = True
        return form


class BoundRows(BoundField):
    """The rows of a form. The widget gets the cell with the first error as the attribute `cell`."""

    def build_widget_attrs(self, attrs: dict[str, Any], widget: forms.Widget | None = None) -> dict[str, Any]:
        attrs = super().build_widget_attrs(attrs, widget)
        return {**attrs, "cell": self.errors.as_data()[0].code} if self.errors else attrs


def _mark_cell(row_forms: Sequence[forms.Form], attrs: Mapping[str, Any]) -> None:
    """Mark the cell that the error names, or else the first one, and give it the focus that the field as a whole would get.

    In rows within rows, the error stands beside the outer ones: `aria-describedby` is theirs.
    """
    number, _, name = str(attrs.get("cell", "")).partition("-")
    index = int(number) - 1 if number.isdecimal() else 0
    form = row_forms[index if index < len(row_forms) else 0]
    cell = form[name if name in form.fields else next(iter(form.fields))]
    descriptions = [cell.aria_describedby, attrs.get("aria-describedby") or f"{attrs.get('id', '')}_error"]
    cell.field.widget.attrs |= {
        "aria-invalid": "true", "aria-describedby": " ".join(filter(None, descriptions)), "autofocus": attrs.get("autofocus", False)
    }  # fmt: skip


class RowsField(forms.Field):
    """A list of objects, each checked by the form `row`.

    Empty rows are left out. An error names its row, counted from 1, and has row and cell as its code. `of_fields` are the
    cells that hold the name of a field in a row for it, if rows for all fields can be added at once.
    """

    bound_field_class = BoundRows

    def __init__(self, row: type[forms.Form], *, at_most: int = AT_MOST, of_fields: Sequence[str] = (), **options: Any) -> None:
        self.row, self.at_most, self.of_fields = row, at_most, of_fields
        super().__init__(**{"widget": RowsWidget(row, at_most=at_most, of_fields=of_fields), **options})

    def to_python(self, value: Any) -> list[RowValues]:
        if value in EMPTY:
            return []
        if not isinstance(value, Sequence) or isinstance(value, str | bytes) or not all(isinstance(row, Mapping) for row in value):
            raise forms.ValidationError("Give a list of rows.")
        if len(value) > self.at_most:
            raise forms.ValidationError(f"Give at most {self.at_most} rows.")
        return [self._cleaned_row(number, row) for number, row in enumerate(value, start=1) if not self._is_empty(row)]

    def _is_empty(self, row: Mapping[str, Any]) -> bool:
        """Return whether nothing was entered in the row. Its drop-downs do not count: they always have a value."""
        fields = self.row.base_fields
        if not set(row) <= set(fields):
            return False
        return all(_is_blank(fields[name], value) for name, value in row.items())

    def _cleaned_row(self, number: int, row: Mapping[str, Any]) -> RowValues:
        if unknown := set(row) - set(self.row.base_fields):
            known = ", ".join(self.row.base_fields)
            raise forms.ValidationError(f"Row {number}: “{min(map(str, unknown))}” is not known; a row says {known}.")
        for name, value in row.items():
            if fault := fault_of_value(self.row.base_fields[name], value):
                raise forms.ValidationError(f"Row {number}, {self.row.base_fields[name].label or name}: {fault}", code=f"{number}-{name}")
        form = self.row({name: row.get(name, field.initial) for name, field in self.row.base_fields.items()})
        if not form.is_valid():
            name, errors = next(iter(form.errors.items()))
            label = form.fields[name].label or name if name in form.fields else ""
            raise forms.ValidationError(f"Row {number}{f', {label}' if label else ''}: {errors[0]}", code=f"{number}-{name}")
        return form.cleaned_data


def _is_blank(field: forms.Field, value: Any) -> bool:
    """Return whether the value is empty. Rows within a row may be empty rows too."""
    if isinstance(field, RowsField) and isinstance(value, list):
        return all(isinstance(row, Mapping) and field._is_empty(row) for row in value)
    return isinstance(field, forms.ChoiceField | forms.BooleanField) or value in EMPTY


def _row_numbers(rows: str, data: Mapping[str, Any]) -> set[int]:
    prefix = f"{rows}-"
    return {int(match[1]) for key in data if key.startswith(prefix) and (match := _NUMBER.match(key, len(prefix)))}


def with_row(data: QueryDict, rows: str) -> QueryDict:
    """Return the data with one more row in the list named `rows`."""
    if rows:
        data[f"{rows}-{max(_row_numbers(rows, data), default=-1) + 1}-new"] = ""
    return data


def with_rows_of_fields(data: QueryDict, rows: str, field: RowsField, names: Sequence[str]) -> QueryDict:
    """Return the data with a row for each of the fields that no row names yet, in place of rows with nothing in them."""
    numbers, cell = _row_numbers(rows, data), field.of_fields[-1]
    for number in numbers:
        if not any(data.get(f"{rows}-{number}-{name}") for name in (*field.of_fields, "value")):
            data = without_row(data, f"{rows}-{number}")
    present = {data.get(f"{rows}-{number}-{cell}") for number in numbers}
    missing = [name for name in names if name not in present]
    for number, name in enumerate(missing, start=max(numbers, default=-1) + 1):
        data.update({f"{rows}-{number}-{key}": name for key in field.of_fields})
    return data


def without_row(data: QueryDict, row: str) -> QueryDict:
    for name in [name for name in data if row and name.startswith(f"{row}-")]:
        del data[name]
    return data

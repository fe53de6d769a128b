"""A setting that is a list of rows: conditions, keys and values, what goes into which field."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.datastructures import MultiValueDict

AT_MOST = 100
EMPTY: tuple[Any, ...] = (None, "", [], ())

Row = dict[str, Any]


class RowsWidget(forms.Widget):
    """Inputs named `<field>-<number>-<name>`; programs give the list itself. Numbers only order the rows, and may have gaps."""

    template_name = "processr/widgets/rows.html"

    def __init__(self, row: type[forms.Form]) -> None:
        super().__init__()
        self.row = row

    def value_from_datadict(self, data: Mapping[str, Any], files: MultiValueDict, name: str) -> Any:
        if name in data:
            return data[name]
        numbers = sorted({int(found[1]) for key in data if (found := re.match(rf"{re.escape(name)}-([0-9]{{1,6}})-", key))})
        return [self._row(data, files, f"{name}-{number}") for number in numbers]

    def value_omitted_from_data(self, data: Mapping[str, Any], files: MultiValueDict, name: str) -> bool:  # noqa: ARG002
        return not any(key == name or key.startswith(f"{name}-") for key in data)

    def _row(self, data: Mapping[str, Any], files: MultiValueDict, prefix: str) -> Row:
        fields = self.row.base_fields.items()
        return {name: field.widget.value_from_datadict(data, files, f"{prefix}-{name}") for name, field in fields}


class Rows(forms.Field):
    """A list of objects, each checked by the form `row`; empty rows are left out. An error names its row, counted from 1."""

    def __init__(self, row: type[forms.Form], *, at_most: int = AT_MOST, **options: Any) -> None:
        self.row, self.at_most = row, at_most
        super().__init__(**{"widget": RowsWidget(row), **options})

    def to_python(self, value: Any) -> list[Row]:
        if value in EMPTY:
            return []
        if not isinstance(value, Sequence) or isinstance(value, str | bytes) or not all(isinstance(row, Mapping) for row in value):
            raise forms.ValidationError("Give a list of rows.")
        if len(value) > self.at_most:
            raise forms.ValidationError(f"Give at most {self.at_most} rows.")
        return [self._cleaned(number, row) for number, row in enumerate(value, start=1) if not self._is_empty(row)]

    def _is_empty(self, row: Mapping[str, Any]) -> bool:
        """A row as the page adds it: nothing written into it, whatever its drop-downs stand at."""
        fields = self.row.base_fields
        if not set(row) <= set(fields):
            return False
        return all(value in EMPTY for name, value in row.items() if not isinstance(fields[name], forms.ChoiceField | forms.BooleanField))

    def _cleaned(self, number: int, row: Mapping[str, Any]) -> Row:
        if unknown := set(row) - set(self.row.base_fields):
            raise forms.ValidationError(f"Row {number} has no {min(map(str, unknown))!r}.")
        given = {name: row.get(name, field.initial) for name, field in self.row.base_fields.items()}
        form = self.row(given)
        if not form.is_valid():
            name, errors = next(iter(form.errors.items()))
            label = form.fields[name].label or name if name in form.fields else ""
            raise forms.ValidationError(f"Row {number}{f', {label}' if label else ''}: {errors[0]}")
        return form.cleaned_data

"""The draft of a transform while a user edits it: the rows that were entered, with the errors beside them."""

import re
from collections.abc import Callable, Mapping
from functools import cached_property
from io import StringIO
from typing import Any

from config.core.errors import DomainError
from config.core.forms.page_form import PageForm, share_focus
from config.core.tabular.csv_writer import CsvFormat, format_rows
from config.core.tabular.records import records
from processr.models import ValueTransform
from processr.transforms.definitions import MANIPULATE, TRANSFORM, Definition, clean_definition, definition_of
from processr.transforms.forms import STEPS, STEPS_AT_MOST, GroupedHeadForm, HeadForm, KnownValueForm, MoreValuesForm

ROWS_SHOWN = 300
"""The most known values shown as rows. More are shown as text, since a page with thousands of inputs is of no use."""
_ROW = {TRANSFORM: re.compile(r"values-([0-9]{1,6})-(\w+)"), MANIPULATE: re.compile(r"steps-([0-9]{1,6})-(\w+)")}
DraftRow = dict[str, Any]
ROWS_AT_MOST = {TRANSFORM: ROWS_SHOWN, MANIPULATE: STEPS_AT_MOST}


class TransformDraft:
    """A transform that is being edited.

    `rows` are the known values or the steps. `pasted` are further values as text, one pair per line.
    """

    def __init__(
        self,
        kind: str,
        *,
        grouped: bool,
        head: Mapping[str, Any],
        rows: list[DraftRow],
        pasted: str = "",
        any_case: bool = False,
        seen: str = "",
    ) -> None:
        self.kind, self.grouped, self.rows, self.pasted, self.any_case, self.seen = kind, grouped, rows, pasted, any_case, seen
        self._head_values = dict(head)
        self.head = self._head_form(initial=head)
        self.more_values = MoreValuesForm(initial={"pasted": pasted, "any_case": any_case})
        self.forms = [self._form(number, initial=row) for number, row in enumerate(rows)]

    @classmethod
    def new(cls, kind: str, *, grouped: bool) -> "TransformDraft":
        return cls(kind, grouped=grouped, head={}, rows=[{}] if kind == TRANSFORM else [])

    @classmethod
    def of(cls, transform: ValueTransform, *, grouped: bool) -> "TransformDraft":
        definition = definition_of(transform)
        rows: list[DraftRow] = [dict(step) for step in definition.config.get("steps", [])]
        pasted = ""
        if definition.type == TRANSFORM:
            pairs = sorted(definition.config.get("values", {}).items(), key=lambda pair: (pair[0].casefold(), pair[0]))
            if len(pairs) > ROWS_SHOWN:
                rows, pasted = [], format_rows(pairs, CsvFormat(line_end="\n", neutralises=False))
            else:
                rows = [{"original": original, "new": new} for original, new in pairs]
        return cls(
            definition.type,
            grouped=grouped,
            head={name: getattr(definition, name) for name in GroupedHeadForm.base_fields},
            rows=rows,
            pasted=pasted,
            any_case=bool(definition.config.get("any_case")),
            seen=definition.digest,
        )

    @classmethod
    def posted(cls, kind: str, data: Mapping[str, Any], *, grouped: bool, group_name: str = "") -> "TransformDraft":
        """Return the draft that a form submitted. `group_name` is the group to keep where the form has no group field."""
        head = GroupedHeadForm.base_fields if grouped else HeadForm.base_fields
        return cls(
            kind,
            grouped=grouped,
            head={"group_name": group_name} | {field: str(data.get(field, "")) for field in head},
            rows=_posted_rows(kind, data),
            pasted=str(data.get("pasted", "")),
            any_case="any_case" in data,
            seen=str(data.get("seen", "")),
        )

    def copy(self) -> "TransformDraft":
        """Return a copy that can be validated without marking the rows that are still empty."""
        return TransformDraft(
            self.kind, grouped=self.grouped, head=self._head_values, rows=list(self.rows), pasted=self.pasted, any_case=self.any_case
        )

    @property
    def is_transform(self) -> bool:
        return self.kind == TRANSFORM

    @property
    def may_add(self) -> bool:
        return len(self.rows) < ROWS_AT_MOST[self.kind]

    def apply_button(self, value: str) -> None:
        """Apply a button of the page to the rows: `add`, `add case`, `out 2`, `up 2`, `down 2`. Anything else does nothing."""
        verb, _, argument = value.partition(" ")
        number = int(argument) if argument.isdecimal() and len(argument) < 7 else -1
        if verb == "add" and self.may_add:
            self._add_row(argument)
        elif verb in ("out", "up", "down") and number in range(len(self.rows)):
            row = self.rows.pop(number)
            if verb == "up":
                self.rows.insert(max(0, number - 1), row)
            elif verb == "down":
                self.rows.insert(number + 1, row)
        self.forms = [self._form(number, initial=row) for number, row in enumerate(self.rows)]

    def is_valid(self) -> bool:
        """Validate the draft; afterwards, each form holds its errors."""
        self.head = self._head_form(data=self._head_values)
        if self.is_transform:
            self.rows = [row for row in self.rows if any(row.values())] or [{}]
        self.forms = [self._form(number, data=row) for number, row in enumerate(self.rows)]
        if not self.is_transform and not self.rows:
            self.head.add_error(None, "Add at least one step.")
        if len(self.rows) > ROWS_AT_MOST[self.kind]:
            elsewhere = " Write the others under “Many values at once”." if self.is_transform else ""
            self.head.add_error(None, f"There can be at most {ROWS_AT_MOST[self.kind]} rows.{elsewhere}")
        self.more_values = MoreValuesForm({"pasted": self.pasted, "any_case": self.any_case})
        try:
            self._pairs = parse_pairs(self.pasted)
        except DomainError as refusal:
            self._pairs = []
            self.more_values.add_error("pasted", refusal.message)
        self._refuse_repeated()
        share_focus(self.head, *self.forms, self.more_values)
        forms_to_check = [self.head, self.more_values, *self._filled_forms]
        return all([form.is_valid() for form in forms_to_check])

    @cached_property
    def definition(self) -> Definition:
        """Return the definition of a valid draft."""
        head = {"group_name": str(self._head_values.get("group_name", "")), **self.head.cleaned_data}
        if self.is_transform:
            values = {form.cleaned_data["original"]: form.cleaned_data["new"] for form in self._filled_forms}
            config: dict[str, Any] = {"values": values | dict(self._pairs), "any_case": self.any_case}
        else:
            config = {"steps": [{"kind": row["kind"], **form.cleaned_data} for row, form in zip(self.rows, self.forms, strict=True)]}
        return clean_definition(Definition(type=self.kind, config=config, **head))

    @property
    def problems(self) -> list[str]:
        """Return the errors of a validated draft in words, with the field they belong to."""
        problems = []
        for form in [self.head, *self._filled_forms]:
            problems += [f"{form[name].label}: {errors[0]}" for name, errors in form.errors.items() if name in form.fields]
        return [*problems, *self.more_values.errors.get("pasted", ()), *self.head.non_field_errors()]

    def refuse(self, refusal: DomainError) -> None:
        self.head.add_error(refusal.field if refusal.field in self.head.fields else None, refusal.message)

    def _refuse_repeated(self) -> None:
        seen: set[str] = set()
        fold: Callable[[str], str] = str.casefold if self.any_case else str
        for form in self._filled_forms if self.is_transform else []:
            original = fold(str(form.data.get(form.add_prefix("original"), "")).strip())
            if original and original in seen:
                form.add_error("original", "This value stands above already.")
            seen.add(original)
        for original, _ in self._pairs:
            if fold(original) in seen:
                self.more_values.add_error("pasted", f"“{original}” is in it more than once.")
            seen.add(fold(original))

    @property
    def _filled_forms(self) -> list[PageForm]:
        """Return the forms to validate: all but the one empty row of known values if other values were pasted."""
        if not self.is_transform:
            return self.forms
        return [form for form, row in zip(self.forms, self.rows, strict=True) if any(row.values()) or not self.pasted.strip()]

    def _add_row(self, kind: str) -> None:
        if self.is_transform:
            self.rows.append({})
        elif kind in STEPS:
            self.rows.append({"kind": kind, **{name: field.initial or "" for name, field in STEPS[kind].base_fields.items()}})

    def _head_form(self, **options: Any) -> PageForm:
        return (GroupedHeadForm if self.grouped else HeadForm)(**options)

    def _form(self, number: int, *, initial: DraftRow | None = None, data: DraftRow | None = None) -> PageForm:
        prefix = f"{'values' if self.is_transform else 'steps'}-{number}"
        form_class = KnownValueForm if self.is_transform else STEPS[str((initial or data or {})["kind"])]
        if data is not None:
            return form_class({f"{prefix}-{name}": value for name, value in data.items()}, prefix=prefix)
        values = {name: value for name, value in (initial or {}).items() if name != "kind"}
        return form_class(initial=values, prefix=prefix)


def parse_pairs(text: str) -> list[tuple[str, str]]:
    """Return the original and new values, one pair per line.

    They are separated by a tab, as spreadsheets copy them, or else by a semicolon or comma.
    """
    first = text.strip().partition("\n")[0]
    delimiter = next((character for character in "\t;" if character in first), ",")
    pairs: list[tuple[str, str]] = []
    for record in records(StringIO(text, newline=""), delimiter):
        cells = [cell.strip() for cell in record.cells]
        if record.fault:
            raise DomainError(f"Line {record.line}: {record.fault}", field="pasted")
        while len(cells) > 2 and not cells[-1]:
            cells.pop()
        if len(cells) != 2 or not cells[0]:
            raise DomainError(f"Line {record.row}: write the original value, a comma, and the new value.", field="pasted")
        pairs.append((cells[0], cells[1]))
    return pairs


def _posted_rows(kind: str, data: Mapping[str, Any]) -> list[DraftRow]:
    """Return the rows in the order of their numbers, which may have gaps. Steps of an unknown kind are left out.

    No more are read than it takes to see that there are too many.
    """
    rows: dict[int, DraftRow] = {}
    for key, value in data.items():
        if match := _ROW[kind].match(key):
            rows.setdefault(int(match[1]), {})[match[2]] = value
    known = [rows[number] for number in sorted(rows) if kind == TRANSFORM or rows[number].get("kind") in STEPS]
    return known[: ROWS_AT_MOST[kind] + 1]

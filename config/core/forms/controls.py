"""Widgets as the design shows them: with their CSS class, the focus on the first error, and marks for what they show or hide."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.forms.widgets import ChoiceWidget
from django.utils.safestring import SafeString

from config.core.forms.page_form import PageForm
from config.core.lists.dropdown import Dropdown

Mark = Callable[[object], str]
"""Returns the slots that an option shows, as the attribute `data-shows`."""


def control(field: BoundField) -> SafeString:
    """Return the HTML of a field's widget."""
    widget, form = field.field.widget, field.form
    attrs: dict[str, Any] = {} if field.is_hidden or "class" in widget.attrs else {"class": _css_class(widget)}
    mark = None
    if isinstance(form, PageForm):
        if form.is_bound and (field.errors or "autofocus" in widget.attrs) and (first := form.first_invalid):
            attrs["autofocus"] = form.may_focus and field.name == first
        mark = _mark(form.dependents_on(field.name))
        if mark and isinstance(widget, forms.CheckboxInput):
            attrs["data-shows"] = mark(True)
        elif mark and isinstance(widget, forms.TextInput):
            # The style sheet sees by its placeholder whether it is empty.
            attrs |= {"data-shows": mark(""), "placeholder": widget.attrs.get("placeholder", " ")}
    return field.as_widget(_marked(widget, mark), attrs=attrs)


def _css_class(widget: forms.Widget) -> str:
    if isinstance(widget, forms.CheckboxSelectMultiple | forms.RadioSelect):
        return "checks"
    if isinstance(widget, forms.CheckboxInput):
        return "form-check-input"
    return "form-select" if isinstance(widget, forms.Select) else "form-control"


def _mark(dependents: Mapping[Any, int]) -> Mark | None:
    if not dependents:
        return None
    return lambda value: " ".join(str(slot) for part, slot in dependents.items() if part.allows(value))


def _marked(widget: forms.Widget, mark: Mark | None) -> forms.Widget:
    """Return the widget to render in place of a field's own."""
    if type(widget) is forms.Select:
        return Dropdown(widget.attrs, widget.choices, mark=mark)
    if type(widget) is forms.RadioSelect:
        return Radios(widget.attrs, widget.choices, mark=mark)
    if type(widget) is forms.CheckboxSelectMultiple:
        return Checkboxes(widget.attrs, widget.choices)
    return widget


class FilePasswordField(forms.CharField):
    """The password of an uploaded file, which most files do not have."""

    def __init__(self) -> None:
        widget = forms.PasswordInput(attrs={"autocomplete": "off"})
        help_text = "Of a ZIP file or a workbook that is protected by one."
        super().__init__(label="Password of the file", required=False, strip=False, widget=widget, help_text=help_text)


class _Options(ChoiceWidget):
    """Options of which the first alone gets the focus, and which have marks."""

    def __init__(self, attrs: dict[str, Any] | None = None, choices: Iterable[Any] = (), *, mark: Mark | None = None) -> None:
        super().__init__(attrs, choices)
        self.mark = mark

    def create_option(self, name: str, value: Any, *args: Any, **options: Any) -> dict[str, Any]:
        option: dict[str, Any] = super().create_option(name, value, *args, **options)
        if option["index"] not in ("0", "0_0"):  # alone, or in the first group
            option["attrs"].pop("autofocus", None)
        if self.mark and (slots := self.mark(value)):
            option["attrs"]["data-shows"] = slots
        return option


class Radios(_Options, forms.RadioSelect):
    pass


class Checkboxes(_Options, forms.CheckboxSelectMultiple):
    pass

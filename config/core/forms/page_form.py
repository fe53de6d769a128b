"""The base of the forms that pages show."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, ClassVar

from crispy_forms.helper import FormHelper
from django import forms

from config.core.forms.layout import Fields, ShownWhen


class PageForm(forms.Form):
    """A form that `{% crispy form %}` renders by its `layout`, without the tag around it: the page adds that, and the buttons.

    Fields that the layout does not name come last, in their order.
    """

    layout: ClassVar[Fields] = Fields()
    forms_above: "Sequence[PageForm]" = ()
    """The other forms of the page that stand above this one, as `share_focus` sets them."""

    @property
    def helper(self) -> FormHelper:
        helper = FormHelper()
        helper.form_tag, helper.disable_csrf, helper.include_media = False, True, False
        named = set(self.layout.names)
        helper.layout = Fields(*self.layout.fields, *(name for name in self.fields if name not in named))
        return helper

    @property
    def dependents(self) -> list[ShownWhen]:
        return self.layout.dependents

    def dependents_on(self, controller: str) -> Mapping[ShownWhen, int]:
        """Return the parts that a field shows or hides, with their slots."""
        return {part: slot for slot, part in enumerate(self.dependents, start=1) if part.controller == controller}

    def full_clean(self) -> None:
        """Validate the form. Fields that are not shown are not required, and nothing is wrong with them."""
        spared = [self.fields[name] for name in self._names_not_shown() if self.fields[name].required]
        for field in spared:
            field.required = False
        super().full_clean()
        for field in spared:
            field.required = True

    def _clean_fields(self) -> None:
        super()._clean_fields()  # type: ignore[misc]  # Django's own, missing from the stubs
        for name in self._names_not_shown() & self.errors.keys():
            del self.errors[name]
            self.cleaned_data[name] = self._initial_or_empty(name)

    def _initial_or_empty(self, name: str) -> Any:
        """Return what stands in for the wrong value of a field that is not shown, where nobody could mend it."""
        field = self.fields[name]
        for value in (self.get_initial_for_field(field, name), None):
            with suppress(forms.ValidationError):
                return field.clean(value)
        return None

    def _names_not_shown(self) -> set[str]:
        hidden = [part for part in self.dependents if not part.is_shown(self)] if self.is_bound else []
        return {name for part in hidden for name in part.names if name in self.fields}

    @property
    def first_invalid(self) -> str:
        """The name of the first field on the page that has errors, or an empty string."""
        names = dict.fromkeys([*self.layout.names, *self.fields])
        return next((name for name in names if name in self.errors), "")

    @property
    def focuses_problem(self) -> bool:
        """Whether the message about the form as a whole gets the focus: no field has errors, and none takes the focus anyway."""
        takes_focus = any("autofocus" in field.widget.attrs for field in self.fields.values())
        return self.may_focus and not self.first_invalid and not takes_focus

    @property
    def may_focus(self) -> bool:
        """Whether what is wrong with this form may get the focus: nothing is wrong above it."""
        return not any(form.errors for form in self.forms_above)


def share_focus(*forms: PageForm) -> None:
    """Give the focus to the first form with errors among `forms`, which stand on the page in this order."""
    for place, form in enumerate(forms):
        form.forms_above = forms[:place]

"""Layouts of forms: fields in sections, side by side, or shown only when another field says so."""

from functools import cached_property
from typing import TYPE_CHECKING, Any

from crispy_forms import layout
from django.template.loader import get_template
from django.utils.safestring import SafeString, mark_safe

if TYPE_CHECKING:
    from config.core.forms.page_form import PageForm


class Fields(layout.Layout):
    """Fields, by name, and other parts, one after another. Fields that the form does not have are left out."""

    template = ""
    demanded = False
    """Whether these fields are required while they are shown, so that those declared optional are not marked so."""

    def render(self, form: "PageForm", context: Any, template_pack: str, **options: Any) -> SafeString:
        html = self.get_rendered_fields(form, context, template_pack, **options)
        if self.template and html:
            return mark_safe(get_template(f"{template_pack}/layout/{self.template}").render({"fields": html, **self.details(form)}))
        return html

    def get_rendered_fields(self, form: "PageForm", context: Any, template_pack: str, **options: Any) -> SafeString:
        """Render the parts. A field gets a context of its own: Crispy would copy the whole page's, anew for each field."""
        field_template = get_template(f"{template_pack}/field.html")
        html: list[str] = []
        for part in self.fields:
            if isinstance(part, Fields):
                html.append(part.render(form, context, template_pack, **options))
            elif part in form.fields:
                html.append(field_template.render({"field": form[part], "demanded": self.demanded}))
        return mark_safe("".join(html))

    def details(self, form: "PageForm") -> dict[str, Any]:  # noqa: ARG002  (for subclasses)
        """Return what the template of this part needs besides its fields."""
        return {}

    @cached_property
    def names(self) -> list[str]:
        """The names of the fields, in their order on the page."""
        return [pointer.name for pointer in self.get_field_names()]

    @cached_property
    def dependents(self) -> "list[ShownWhen]":
        """The parts that are shown only when another field says so, inner ones after outer ones."""
        found = []
        for part in self.fields:
            if isinstance(part, Fields):
                found += [part, *part.dependents] if isinstance(part, ShownWhen) else part.dependents
        return found


class Section(Fields):
    """Fields under a heading."""

    template = "section.html"

    def __init__(self, heading: str, *fields: "str | Fields") -> None:
        super().__init__(*fields)
        self.heading = heading

    def details(self, form: "PageForm") -> dict[str, Any]:
        return {"heading": self.heading, "id": f"section_{form.add_prefix(self.names[0])}"}


class Folded(Fields):
    """Fields behind a summary, which opens them. They are open from the start if one has a value or errors."""

    template = "folded.html"

    def __init__(self, summary: str, *fields: "str | Fields") -> None:
        super().__init__(*fields)
        self.summary = summary

    def details(self, form: "PageForm") -> dict[str, Any]:
        names = [name for name in self.names if name in form.fields]
        return {"summary": self.summary, "is_open": any(form[name].value() or name in form.errors for name in names)}


class SideBySide(Fields):
    """Short fields beside each other, where the page is wide enough."""

    template = "side_by_side.html"


ANY = object()
"""Any value but an empty one."""
EMPTY = object()
"""An empty text."""


class ShownWhen(Fields):
    """Fields that are shown while the field `controller` has `value`: one, a list of several, `ANY` or `EMPTY`.

    The controller is a choice or a tick, and for `EMPTY` a text. No value is demanded of fields that are not shown.
    `sluice.css` hides them, with a rule for each of the first twelve such parts of a form. `demanded` says that the form's
    `clean` asks for the values of fields that are declared optional, as they are wherever they are not shown.
    """

    template = "shown_when.html"

    def __init__(self, controller: str, value: object, *fields: "str | Fields", demanded: bool = False) -> None:
        super().__init__(*fields)
        self.controller, self.takes_any, self.takes_empty, self.demanded = controller, value is ANY, value is EMPTY, demanded
        self.values = frozenset(map(str, value if isinstance(value, list | tuple) else [value]))

    def allows(self, value: object) -> bool:
        if self.takes_empty:
            return value in (None, "", [])
        return value not in (None, "", False) if self.takes_any else str(value) in self.values

    def is_shown(self, form: "PageForm") -> bool:
        return self.controller not in form.fields or self.allows(form[self.controller].value())

    def details(self, form: "PageForm") -> dict[str, Any]:
        """Return the slot that the style sheet hides. Fields with errors have none: somebody has to mend them."""
        always = self.controller not in form.fields or any(name in form.errors for name in self.names)
        return {"slot": "" if always else form.dependents.index(self) + 1}

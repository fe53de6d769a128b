"""Forms of pages: what the template pack makes of a field, and layouts with parts that depend on another field."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django import forms
from django.template import engines

from config.core.forms.layout import ANY, Fields, Folded, Section, ShownWhen, SideBySide
from config.core.forms.page_form import PageForm
from processr.job_types.registry import job_types
from processr.job_types.rows_field import RowsField

ROOT = Path(__file__).resolve().parents[3]
WRITTEN_BY_HAND = {
    "core/_bar.html": "the search box of the top bar, which is on every page and has no label to see",
    "core/_list_foot.html": "the number of rows a page, a parameter of the list and no form's field",
    "core/_filters.html": "the chip of a search is a label of the search box in the top bar",
    "core/_views.html": "columns to add and to put in order, and roles to tick, in a menu of a list",
    "core/change_password.html": "the user name that password managers look for; it is neither seen nor read",
    "campaigns/_sending.html": "the key of a campaign, shown to be copied; nothing is sent",
    "leads/_flag_form.html": "two flags side by side, each with the reasons of its own",
    "leads/_pick_head.html": "all rows of the page, to select",
    "leads/_selection.html": "all rows that match, to select",
    "leads/wizard/type.html": "each type with the number of leads it can touch, and closed ones with the reason",
    "processr/add.html": "a search box",
    "processr/copy.html": "a search box, and rows to select among those found",
    "processr/transforms/import.html": "rows to select",
    "processr/transforms/import_file.html": "the text of the file, carried unseen from the preview to the import",
    "processr/widgets/field_names.html": "one more name to pick, which is added to those in the field above it",
    "processr/_row.html": "a row of a table that is edited in place: the heads of its columns are the labels",
    "batches/_choose.html": "all leads of the page, to select",
    "integrations/_choose.html": "all rows of the page, to select",
    "integrations/_dismiss.html": "all rows of the page, to select",
}
"""Templates that write a control or a label themselves, with the reason."""


class RowOfTwo(forms.Form):
    name = forms.CharField(label="Name")
    size = forms.IntegerField(label="Size", help_text="In metres.")


class OrderForm(PageForm):
    layout = Fields(
        Section("Where to", "place", ShownWhen("place", "other", "reason", Fields("detail"))),
        SideBySide("first", "second"),
        ShownWhen("gift", True, "greeting"),
        ShownWhen("colour", ANY, "shade", "tint", demanded=True),
        Folded("More", "remark"),
        "not_in_this_form",
    )

    rows = RowsField(RowOfTwo, required=False)
    second = forms.IntegerField(required=False)
    first = forms.IntegerField(help_text="A number.")
    place = forms.ChoiceField(widget=forms.RadioSelect, choices=[("home", "Home"), ("other", "Other")], initial="home")
    reason = forms.CharField()
    detail = forms.IntegerField(initial=1)
    gift = forms.BooleanField(required=False)
    greeting = forms.CharField()
    colour = forms.ChoiceField(required=False, choices=[("", "None"), ("Dark", [("r", "Red"), ("b", "Blue")])])
    shade = forms.CharField()
    tint = forms.CharField(required=False)
    remark = forms.CharField(required=False)
    secret = forms.CharField(required=False, widget=forms.PasswordInput)
    token = forms.CharField(required=False, widget=forms.HiddenInput)


class Elements(HTMLParser):
    """The elements of a page with their attributes, and the groups around each."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.all: list[dict[str, str | None]] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.all.append({"tag": tag, **dict(attrs)})

    def named(self, name: str) -> dict[str, str | None]:
        return next(element for element in self.all if element.get("name") == name)

    def having(self, attribute: str) -> list[dict[str, str | None]]:
        return [element for element in self.all if attribute in element]


def rendered(form: forms.Form) -> str:
    return engines["django"].from_string("{% load crispy_forms_tags %}{% crispy form %}").render({"form": form})


def sent(**changes: object) -> dict[str, object]:
    return {"first": "1", "place": "home", **changes}


def test_a_field_has_its_label_above_its_error_beside_and_its_help_below():
    html = rendered(OrderForm(sent(first="x")))
    parts = ['<label class="form-label" for="id_first">', 'name="first"', 'id="id_first_error"', 'id="id_first_helptext"']
    assert sorted(parts, key=html.index) == parts
    field = Elements(html).named("first")
    assert (field["aria-invalid"], field["aria-describedby"]) == ("true", "id_first_helptext id_first_error")
    assert re.search(r'for="id_second">Second <span class="soft">\(optional\)</span>', html)
    assert not re.search(r'for="id_first">First <span', html)
    assert not re.search(r'for="id_tint">Tint <span', html), "the form asks for it wherever it is shown"


def test_the_first_invalid_field_of_the_layout_gets_the_focus_and_no_other():
    assert [field["name"] for field in Elements(rendered(OrderForm(sent(first="x", second="x")))).having("autofocus")] == ["first"]
    assert Elements(rendered(OrderForm(sent()))).having("autofocus") == []
    assert Elements(rendered(OrderForm())).having("autofocus") == []


def test_of_several_radio_buttons_the_first_gets_the_focus():
    focused = Elements(rendered(OrderForm(sent(place="")))).having("autofocus")
    assert [(field["name"], field["value"]) for field in focused] == [("place", "home")]


def test_the_focus_goes_to_the_cell_that_the_error_of_a_list_of_rows_names():
    sent_rows = {"rows-0-name": "A", "rows-0-size": "1", "rows-3-name": "B", "rows-3-size": "many"}
    html = rendered(OrderForm(sent(**sent_rows)))
    assert "Row 2, Size: Enter a whole number." in html
    (cell,) = Elements(html).having("autofocus")
    assert (cell["name"], cell["aria-invalid"]) == ("rows-1-size", "true")
    assert cell["aria-describedby"] == "id_rows-1-size_helptext id_rows_error"


def test_a_message_about_the_form_as_a_whole_gets_the_focus_if_no_field_does():
    form = OrderForm(sent())
    form.add_error(None, "It is too late.")
    (message,) = Elements(rendered(form)).having("autofocus")
    assert (message["role"], message["tabindex"]) == ("alert", "-1")
    form.add_error("second", "Too much.")
    assert [field.get("name") for field in Elements(rendered(form)).having("autofocus")] == ["second"]


def test_whatever_a_page_refuses_as_a_whole_gets_the_focus():
    alerts = {path: re.findall(r"<\w+[^>]*class=\"word error\"[^>]*>", path.read_text()) for path in (ROOT / "templates").rglob("*.html")}
    without = {
        str(path) for path, found in alerts.items() if any("autofocus" not in alert or 'tabindex="-1"' not in alert for alert in found)
    }
    assert sum(map(len, alerts.values())) >= 3
    assert without == set()


def test_fields_that_the_layout_does_not_name_come_last_and_names_without_a_field_are_left_out():
    elements = Elements(rendered(OrderForm()))
    names = list(dict.fromkeys(element["name"] for element in elements.having("name") if element["tag"] != "button"))
    assert names[0] == "place"
    assert names[-3:] == ["gift", "secret", "token"] or set(names[-5:]) >= {"gift", "secret", "token"}
    assert elements.named("token")["type"] == "hidden"
    assert [label for label in elements.having("for") if label["for"] == "id_token"] == []


@pytest.mark.parametrize(
    ("changes", "demanded"),
    [
        ({}, set()),
        ({"place": "other"}, {"reason", "detail"}),
        ({"place": "other", "reason": "Far", "detail": "2"}, set()),
        ({"place": "mars"}, {"place"}),
        ({"gift": "on"}, {"greeting"}),
        ({"colour": "r"}, {"shade"}),
    ],
)
def test_no_value_is_demanded_of_a_field_that_is_not_shown(changes, demanded):
    form = OrderForm(sent(**changes))
    assert set(form.errors) == demanded
    assert form.fields["reason"].required, "the page must not call it optional afterwards"


def test_options_say_which_parts_they_show_and_the_style_sheet_hides_the_others():
    elements = Elements(rendered(OrderForm()))
    shows = {(element.get("name"), element.get("value")): element["data-shows"] for element in elements.having("data-shows")}
    assert shows == {("place", "other"): "1", ("gift", None): "2", (None, "r"): "3", (None, "b"): "3"}
    assert [element["data-slot"] for element in elements.having("data-slot")] == ["1", "2", "3"]
    assert "dependent" in {element.get("class") for element in elements.all}


def test_a_wrong_value_of_a_field_that_is_not_shown_counts_as_its_initial_value():
    form = OrderForm(sent(detail="x", shade="\x00"))
    assert form.errors == {}
    assert (form.cleaned_data["detail"], form.cleaned_data["shade"]) == (1, "")
    stored = OrderForm(sent(detail="x"), initial={"detail": 7})
    assert (stored.errors, stored.cleaned_data["detail"]) == ({}, 7)
    no_longer_valid = OrderForm(sent(detail="x"), initial={"detail": "y"})
    assert (no_longer_valid.errors, no_longer_valid.cleaned_data["detail"]) == ({}, None)
    assert set(OrderForm(sent(detail="x", place="other", reason="Far")).errors) == {"detail"}


def test_a_field_with_an_error_is_shown_even_where_nobody_asks_for_it():
    form = OrderForm(sent())
    form.add_error("detail", "Not this one.")
    elements = Elements(rendered(form))
    assert [element["data-slot"] for element in elements.having("data-slot")] == ["2", "3"]


def test_folded_fields_open_by_themselves_when_one_has_a_value():
    assert '<details class="folded">' in rendered(OrderForm())
    assert '<details class="folded" open>' in rendered(OrderForm(initial={"remark": "Soon"}))


def test_a_form_without_a_layout_is_rendered_too():
    class Plain(forms.Form):
        name = forms.CharField()

    assert '<label class="form-label" for="id_name">' in rendered(Plain())
    html = engines["django"].from_string("{% load crispy_forms_tags %}{{ form|crispy }}").render({"form": OrderForm()})
    assert html.index('name="second"') < html.index('name="first"')


def page_forms(base: type[PageForm] = PageForm) -> set[type[PageForm]]:
    return {found for form in base.__subclasses__() for found in {form, *page_forms(form)} if not form.__module__.startswith("tests.")}


def test_layouts_name_fields_of_their_forms():
    assert len(list(job_types)) > 10, "the settings forms are not loaded"
    unknown = {form.__name__: set(form.layout.names) - set(form.base_fields) for form in page_forms()}
    assert {name: names for name, names in unknown.items() if names} == {}
    controllers = {(form, part.controller) for form in page_forms() for part in form.layout.dependents}
    assert [(form, name) for form, name in controllers if name not in form.base_fields] == []
    assert controllers, "no form has fields that depend on another"


def test_the_style_sheet_has_a_rule_for_each_part_that_depends_on_another_field():
    rules = re.findall(
        r'\.dependent:not\(:has\(\[data-shows~="(\d+)"\]:is\(:checked, :placeholder-shown\)\)\) \[data-slot="(\d+)"\]',
        (ROOT / "static/css/sluice.css").read_text(),
    )
    assert rules == [(str(slot), str(slot)) for slot in range(1, len(rules) + 1)]
    assert max(len(form.layout.dependents) for form in page_forms()) <= len(rules)


def test_no_template_writes_the_controls_of_a_form_by_hand():
    """Hidden inputs carry state. Those of the admin are Django's, and those of the template pack are what all others use."""
    control = re.compile(r'<label\b|<(?:select|textarea)\b|<input\b(?![^>]*type="hidden")')
    templates = {str(path.relative_to(ROOT / "templates")): path.read_text() for path in (ROOT / "templates").rglob("*.html")}
    found = {name for name, text in templates.items() if control.search(text) and not name.startswith(("sluice/", "admin/"))}
    assert found == set(WRITTEN_BY_HAND)
    loops = re.compile(
        r"\{\{ *(?:form|field)\.(?:as_p|as_div|as_table|label_tag)|\{% for \w+ in (?:\w+\.)?form(?:\.(?:visible|hidden)_fields)? %\}"
    )
    assert {name for name, text in templates.items() if loops.search(text)} == {"sluice/uni_form.html"}

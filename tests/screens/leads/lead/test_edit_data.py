"""The Edit Data tab of a lead: values changed in place, new fields, refusals beside what was typed, and two editors at once."""

import re
from html import unescape

import pytest

from campaigns.models import FormField
from config.core.accounts import roles
from leads import lifecycle
from leads.editing import service
from leads.models import Lead, LeadNote
from leads.views.value_forms import row_id
from tests.leads.acts import again, judge_all

pytestmark = pytest.mark.django_db
EDITS = (roles.ADMIN, roles.SUPER, roles.AGENCY)


@pytest.fixture
def jo(campaign, make_leads) -> Lead:
    return make_leads(campaign, firstName="Jo", email="jo@example.com", company="Acme", shoeSize="39")[0]


@pytest.fixture
def screen(reader):
    return reader()


def tab(screen, lead: Lead, query: str = "", *, htmx: bool = False):
    return screen.client.get(f"/v2/leads/{lead.pk}/edit_data{query}", headers={"HX-Request": "true"} if htmx else {})


def save(screen, lead: Lead, name: str, value: str, *, seen: str | None = None, htmx: bool = True, **more):
    sent = {"name": name, "value": value, "seen": service.digest_of(lead.captured.get(name) if seen is None else seen), **more}
    return screen.client.post(f"/v2/leads/{lead.pk}/edit_data/save", sent, headers={"HX-Request": "true"} if htmx else {})


def add(screen, lead: Lead, name: str, value: str, *, htmx: bool = True, seen: str = "", seen_of: str = ""):
    sent = {"name": name, "value": value, "seen": seen, "seen_of": seen_of, "add": "1"}
    return screen.client.post(f"/v2/leads/{lead.pk}/edit_data/save", sent, headers={"HX-Request": "true"} if htmx else {})


def html(answer) -> str:
    return unescape(answer.content.decode())


def row(answer, name: str) -> str:
    return re.search(rf'<tr id="{row_id(name)}">.*?</tr>', html(answer), re.DOTALL)[0]


def test_each_captured_value_has_a_pen_and_the_forms_blank_fields_too(screen, jo):
    page = tab(screen, jo)
    assert "jo@example.com" in row(page, "email")
    assert 'aria-label="Edit Company"' in row(page, "company")
    assert "shoeSize" in row(page, "shoeSize")
    assert "New Fieldname" in html(page)
    assert "<form" not in row(page, "company")


def test_the_pen_opens_an_input_of_the_fields_type(screen, jo, form):
    make = lambda name, kind, **more: FormField.objects.create(form=form, name=name, label=name, type=kind, **more)  # noqa: E731
    make("size", "dropdown", options=[["1-10", "Small"], ["11-50", "Middle"]])
    make("born", "date")
    make("news", "checkbox")
    make("story", "textarea")
    Lead.objects.filter(pk=jo.pk).update(captured=jo.captured | {"size": "gone", "born": "31 January", "two": "a\nb", "news": "yes"})
    for name, wanted in (
        ("email", 'type="email"'), ("telephone", 'type="tel"'), ("size", "gone (no option of the form)"), ("size", ">Small<"),
        ("born", 'type="text"'), ("story", "<textarea"), ("two", "<textarea"), ("news", 'value="yes" selected'),
    ):  # fmt: skip
        assert wanted in row(tab(screen, jo, f"?edit={name}", htmx=True), name), name
    Lead.objects.filter(pk=jo.pk).update(captured=jo.captured | {"born": "2026-01-31"})
    assert 'type="date"' in row(tab(screen, jo, "?edit=born"), "born")


@pytest.mark.parametrize("htmx", [True, False])
def test_a_value_is_saved_and_reprocess_is_offered(screen, jo, htmx):
    judge_all(jo.campaign)
    answer = save(screen, jo, "company", " Navy ", htmx=htmx)
    assert again(jo).captured["company"] == "Navy"
    if htmx:
        assert answer.status_code == 200
        assert "Navy" in row(answer, "company")
        assert "Company was changed. Its status is still that of the last run." in html(answer)
        assert f"/v2/leads/{jo.pk}/reprocess" in html(answer)
        assert "autofocus" in row(answer, "company")
    else:
        assert (answer.status_code, answer["Location"]) == (302, f"/v2/leads/{jo.pk}/edit_data")
        assert "Company was changed." in html(tab(screen, jo))
    note = LeadNote.objects.filter(lead_id=jo.pk).latest("pk")
    assert (note.kind, note.changes, note.actor_id) == ("data", [["company", "Acme", "Navy"]], screen.user.pk)


@pytest.mark.parametrize("htmx", [True, False])
@pytest.mark.parametrize(
    ("name", "typed", "why"),
    [
        ("email", "nobody", "not a valid email address"), ("telephone", "call me", "This value"), ("email", "", "should not be blank"),
        ("company", "x" * 2001, "too long"), ("shoeSize", "a\x00b", "not text"),
    ],
)  # fmt: skip
def test_what_is_refused_comes_back_as_it_was_typed(screen, jo, name, typed, why, htmx):
    answer = save(screen, jo, name, typed, htmx=htmx)
    assert answer.status_code == 422
    assert why in row(answer, name)
    assert typed.replace("\x00", "") in row(answer, name).replace("\x00", "")
    assert 'aria-invalid="true"' in row(answer, name)
    assert again(jo).captured == jo.captured


def test_the_second_of_two_editors_is_told_and_may_save_over_it(screen, jo, bob):
    lifecycle.edit({jo.pk: {"company": "Navy"}}, actor=bob)
    answer = save(screen, jo, "company", "Army")
    told = row(answer, "company")
    assert answer.status_code == 409
    assert f"changed meanwhile by {bob.name}" in told
    assert [text in told for text in ("Acme", "Navy", 'value="Army"', "Save over it")] == [True] * 4
    assert again(jo).captured["company"] == "Navy"
    seen = re.search(r'name="seen" value="([0-9a-f]{64})"', told)[1]
    assert seen == service.digest_of("Navy")
    assert save(screen, jo, "company", "Army", seen="Navy").status_code == 200
    assert again(jo).captured["company"] == "Army"


def test_another_change_of_the_lead_keeps_nobody_from_saving(screen, jo, bob):
    lifecycle.edit({jo.pk: {"firstName": "Joan"}}, actor=bob)
    lifecycle.flag([jo.pk], "invalid", actor=bob, reason="Returned")
    assert save(screen, jo, "company", "Army").status_code == 200
    assert (again(jo).captured["company"], again(jo).captured["firstName"]) == ("Army", "Joan")


def test_an_answer_has_the_other_values_as_they_are_by_now(screen, jo, bob):
    lifecycle.edit({jo.pk: {"firstName": "Joan", "crmId": "7"}}, actor=bob)
    for answer in (save(screen, jo, "company", "Navy"), save(screen, jo, "email", "nobody"), add(screen, jo, "stage", "Won")):
        assert "Joan" in row(answer, "firstName")
        assert "7" in row(answer, "crmId")


def test_what_came_back_refused_is_marked_as_typed(screen, jo):
    assert "data-typed" not in row(tab(screen, jo, "?edit=email"), "email")
    assert "data-typed" in row(save(screen, jo, "email", "nobody"), "email")
    assert "data-typed" in html(add(screen, jo, "", "7"))


def test_without_scripts_a_conflict_is_a_page_with_what_was_typed(screen, jo, bob):
    lifecycle.edit({jo.pk: {"company": "Navy"}}, actor=bob)
    answer = save(screen, jo, "company", "Army", htmx=False)
    assert answer.status_code == 409
    assert "Edit Data of lead" in html(answer)
    assert 'value="Army"' in row(answer, "company")


def test_a_new_field_is_added(screen, jo):
    answer = add(screen, jo, " crmId ", "7")
    assert again(jo).captured["crmId"] == "7"
    assert "crmId was added." in html(answer)
    assert "7" in row(answer, "crmId")
    assert add(screen, jo, "stage", "Won", htmx=False)["Location"] == f"/v2/leads/{jo.pk}/edit_data"


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("", "7", "required"), ("crmId", "", "required"), ("\u200b", "7", "blank"), ("x" * 81, "7", "at most 80"), ("a\u202eb", "7", "direction mark"),
        ("crm", "x" * 2001, "too long"), ("Telephone", "call me", "This value"),
    ],
    ids=ascii,
)  # fmt: skip
def test_a_new_field_that_is_none_comes_back_as_it_was_typed(screen, jo, name, value, why):
    answer = add(screen, jo, name, value)
    assert answer.status_code == 422
    assert why in html(answer)
    assert name in html(answer)
    assert value in html(answer)
    assert again(jo).captured == jo.captured


def test_a_new_field_of_a_known_name_does_not_save_over_it_unseen(screen, jo):
    answer = add(screen, jo, "COMPANY", "Navy")
    assert answer.status_code == 409
    assert "company has a value already: “Acme”. Add saves over it." in html(answer)
    assert 'value="Navy"' in html(answer)
    answer = add(screen, jo, "COMPANY", "Navy", seen=service.digest_of("Acme"), seen_of="company")
    assert answer.status_code == 200
    assert (again(jo).captured["company"], "COMPANY" in again(jo).captured) == ("Navy", False)
    assert "Navy" in row(answer, "company")


def test_a_delivered_lead_says_why_it_has_no_pens(screen, jo, bob):
    judge_all(jo.campaign)
    lifecycle.mark_delivered([jo.pk], actor=bob)
    page = tab(screen, jo, "?edit=company")
    assert "The values of this lead cannot be edited: already delivered." in html(page)
    assert [text in html(page) for text in ("Edit Company", "New Fieldname", "value-form")] == [False] * 3
    answer = save(screen, jo, "company", "Navy")
    assert (answer.status_code, "cannot be edited: already delivered" in html(answer), "Navy" in html(answer)) == (409, True, True)
    assert [text in html(answer) for text in ("Edit E-mail", "New Fieldname")] == [False] * 2
    assert "New Fieldname" in html(add(screen, jo, "crmId", "7"))  # with what was typed
    assert again(jo).captured["company"] == "Acme"


def test_hostile_names_and_values_are_shown_as_text(screen, jo):
    Lead.objects.filter(pk=jo.pk).update(captured={'"><script>x</script>': "<b>", "a/b?c#d": "שלום", "🚀": "1"})
    page = tab(screen, jo).content.decode()
    assert "<script>x" not in page
    assert "<b>" not in page.replace("<body>", "")
    for name in ('"><script>x</script>', "a/b?c#d", "🚀"):
        link = re.search(rf'<tr id="{row_id(name)}">.*?hx-get="([^"]+)"', page, re.DOTALL)[1]
        assert "<form" in row(screen.client.get(unescape(link), headers={"HX-Request": "true"}), name)


def test_line_breaks_are_kept_as_they_were(screen, jo):
    Lead.objects.filter(pk=jo.pk).update(captured={"a": "1\n2", "b": "1\r\n2"})
    jo.captured = {"a": "1\n2", "b": "1\r\n2"}
    for name in "ab":
        assert "is as it was" in html(save(screen, jo, name, "1\r\n2"))
    assert again(jo).captured == jo.captured


@pytest.mark.parametrize("role", sorted(roles.ALL))
def test_only_three_roles_have_the_tab(jo, reader, role):
    screen = reader(role)
    codes = {tab(screen, jo).status_code, tab(screen, jo, htmx=True).status_code, save(screen, jo, "company", role).status_code}
    assert codes == ({200} if role in EDITS else {403})
    assert (again(jo).captured["company"] == role) == (role in EDITS)


def test_the_tab_of_a_lead_that_is_not_seen_does_not_exist(jo, reader, bob):
    lifecycle.delete([jo.pk], actor=bob)
    screen = reader()
    assert {tab(screen, jo).status_code, save(screen, jo, "company", "x").status_code} == {404}


def test_many_values_cost_as_many_queries_as_few(screen, jo):
    address = f"/v2/leads/{jo.pk}/edit_data"
    screen.get(address)
    few = len(screen.queries(address))
    Lead.objects.filter(pk=jo.pk).update(captured={f"f{n}": "x" for n in range(300)})
    assert len(screen.queries(address)) == few


def test_a_new_name_after_a_refused_one_is_a_field_of_its_own(screen, jo):
    refused = add(screen, jo, "company", "Navy")
    assert refused.status_code == 409
    hidden = dict(re.findall(r'name="(seen(?:_of)?)" value="([^"]*)"', html(refused)))
    assert hidden == {"seen": service.digest_of("Acme"), "seen_of": "company"}
    sent = {"name": "crmId", "value": "7", "add": "1", **hidden}
    answer = screen.client.post(f"/v2/leads/{jo.pk}/edit_data/save", sent, headers={"HX-Request": "true"})
    assert (answer.status_code, again(jo).captured["crmId"]) == (200, "7")
    assert "None" not in html(answer)
    other = screen.client.post(f"/v2/leads/{jo.pk}/edit_data/save", {**sent, "name": "shoeSize"}, headers={"HX-Request": "true"})
    assert (other.status_code, "“39”" in html(other)) == (409, True)


def test_a_required_field_is_not_called_optional(screen, jo):
    assert "(optional)" not in row(tab(screen, jo, "?edit=email"), "email")
    assert "(optional)" in row(tab(screen, jo, "?edit=shoeSize"), "shoeSize")
    refused = row(save(screen, jo, "email", ""), "email")
    assert refused.count("should not be blank") == 1


@pytest.mark.parametrize("value", ["", "   ", "\u200b\u3164", "\r\n"])
@pytest.mark.parametrize("by_pen", [True, False])
def test_a_new_field_needs_a_value(screen, jo, value, by_pen):
    sent = {"name": "remark", "value": value, "seen": ""} | ({} if by_pen else {"add": "1"})
    answer = screen.client.post(f"/v2/leads/{jo.pk}/edit_data/save", sent, headers={"HX-Request": "true"})
    assert answer.status_code == 422
    jo.refresh_from_db()
    assert "remark" not in jo.captured

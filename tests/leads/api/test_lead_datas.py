"""`lead-datas` and `lead-editable-fields`: the values of a lead as programs read and edit them."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.models import FormField
from config.core.accounts import roles
from config.core.models import AuditEntry
from leads import lifecycle
from leads.models import Lead, LeadNote
from tests.leads.acts import again
from tests.processr.api.program import wrong

pytestmark = pytest.mark.django_db
EDITS = (roles.ADMIN, roles.SUPER, roles.AGENCY)


@pytest.fixture
def lead(judged) -> Lead:
    Lead.objects.filter(pk=judged[0].pk).update(
        captured={"firstName": "Grace", "email": "grace@navy.example", "company": "Navy", "a.b/c": "odd"},
        email="grace@navy.example",
        transformed={"company": "NAVY"},
        enriched={"employees": "250"},
    )
    return again(judged[0])


@pytest.fixture
def save(lead, program):
    """save(name, value, …): as an admin's program."""
    return lambda name, value, **more: program.post("lead-datas", {"lead": lead.pk, "name": name, "value": value, **more})


def test_all_values_are_on_one_page_with_stable_ids(lead, program):
    Lead.objects.filter(pk=lead.pk).update(captured=lead.captured | {f"extra{n}": str(n) for n in range(150)})
    answer = program.get(f"lead-datas?lead.id={lead.pk}").json()
    members = {member["@id"].removeprefix(f"/api/v4/lead-datas/{lead.pk}."): member for member in answer["hydra:member"]}
    assert (answer["hydra:totalItems"], answer["sluice:revision"], answer["hydra:view"].get("hydra:next")) == (159, 1, None)
    assert members["captured.company"] == {
        "@id": f"/api/v4/lead-datas/{lead.pk}.captured.company", "@type": "LeadData", "type": "core.data", "name": "company", "value": "Navy",
    }  # fmt: skip
    assert {key: members[key]["value"] for key in ("transformed.company", "enriched.employees", "derived.emailDomain", "derived.leadHash")} == {
        "transformed.company": "NAVY", "enriched.employees": "250", "derived.emailDomain": "@navy.example", "derived.leadHash": lead.lead_hash,
    }  # fmt: skip
    assert members["derived.createdDate"]["value"] == f"{lead.created_at:%Y-%m-%d}"
    assert program.get(f"leads/{lead.pk}").json()["leadData"] == answer["hydra:member"]
    for key in ("captured.company", "derived.emailDomain", "captured.a.b%2Fc"):
        one = program.get(members[key]["@id"]).json()
        assert {name: one[name] for name in members[key]} == members[key]


@pytest.mark.parametrize("role", sorted(roles.ALL))
def test_each_role_reads_what_the_lead_shows_it(role, lead, program_of):
    answer = program_of(role).get(f"lead-datas?lead.id={lead.pk}")
    if role == roles.REPORT:
        assert wrong(answer, 403) == set()
        return
    values = {member["@id"].split(".", 1)[1]: member["value"] for member in answer.json()["hydra:member"]}
    if role == roles.AGENCY_CALL_CENTRE:
        assert values == {}, "its campaign is not open to the call centre"
        return
    is_masked = role in (roles.ADMIN_MASKED, roles.ADVERTISER, roles.ADVERTISER_REPORT)  # the last, as nobody pays for the lead
    assert values["captured.email"] == ("g••••" if is_masked else "grace@navy.example")
    assert ("derived.leadHash" in values) == (role in EDITS)
    assert ("enriched.employees" in values) == (role != roles.PUBLISHER)
    if is_masked:
        assert "navy" not in answer.content.decode().lower()


def test_a_lead_that_is_not_seen_has_no_values(lead, program_of, program, bob):
    stranger = program_of(roles.AGENCY, member=False)
    assert stranger.members(f"lead-datas?lead.id={lead.pk}") == []
    assert stranger.members(f"lead-editable-fields?lead.id={lead.pk}") == []
    assert stranger.get(f"lead-datas/{lead.pk}.captured.email").status_code == 404
    assert stranger.post("lead-datas", {"lead": lead.pk, "name": "company", "value": "x"}).status_code == 404
    lifecycle.delete([lead.pk], actor=bob)
    assert program.members(f"lead-datas?lead.id={lead.pk}") == []
    assert program.post("lead-datas", {"lead": lead.pk, "name": "company", "value": "x"}).status_code == 404


@pytest.mark.parametrize("path", ["lead-datas", "lead-editable-fields"])
@pytest.mark.parametrize(
    "query",
    ["", "?lead.id=x", "?lead.id=1&name=email", "?lead.id=1&lead.id=2", "?lead.id=99999999999999999999", "?lead.id=1&order[id]=asc"],
)
def test_what_is_asked_wrongly_selects_nothing(path, query, program):
    assert program.get(path + query).status_code == 400


@pytest.mark.parametrize("pk", ["1.captured.nothing", "99999999999999999999.captured.email", "1.secret.email", "x", "1", "1.captured."])
def test_an_id_of_no_value_is_not_found(pk, lead, program):
    assert program.get(f"lead-datas/{pk}").status_code == 404


def test_a_new_field_is_created_and_a_known_one_changed(lead, save, program):
    new = save("crmId", "7")
    assert (new.status_code, new["Location"]) == (201, f"/api/v4/lead-datas/{lead.pk}.captured.crmId")
    assert {name: new.json()[name] for name in ("@type", "type", "name", "value", "revision")} == {
        "@type": "LeadData", "type": "core.data", "name": "crmId", "value": "7", "revision": 2,
    }  # fmt: skip
    changed = save("COMPANY", " Army ")
    assert (changed.status_code, changed.json()["name"], changed.json()["value"], changed.json()["revision"]) == (200, "company", "Army", 3)
    same = save("company", "Army")
    assert (same.status_code, same.json()["revision"]) == (200, 3)
    note = LeadNote.objects.filter(lead_id=lead.pk).latest("pk")
    assert (note.kind, note.changes, note.actor_name) == ("data", [["company", "Navy", "Army"]], str(program.user))
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.severity, entry.after, "Army" in str(entry.__dict__)) == (
        "Edited a value of a lead", "medium", {"field": "company"}, False,
    )  # fmt: skip


@pytest.mark.parametrize("reference", ["{pk}", "/api/v4/leads/{pk}", "object"])
def test_the_lead_is_named_by_id_or_address(reference, lead, program):
    named = {"@id": f"/api/v4/leads/{lead.pk}"} if reference == "object" else reference.format(pk=lead.pk)
    assert program.post("lead-datas", {"lead": named, "name": "company", "value": "Army"}).status_code == 200


def test_an_old_revision_is_in_conflict_and_tells_what_is_there(lead, save, program_of, bob):
    lifecycle.edit({lead.pk: {"company": "Army"}}, actor=bob)
    answer = save("company", "Guard", revision=1)
    assert wrong(answer, 409) == {"revision"}
    told = answer.json()
    assert {name: told[name] for name in ("name", "value", "revision", "changedBy")} == {
        "name": "company", "value": "Army", "revision": 2, "changedBy": bob.name,
    }  # fmt: skip
    assert again(lead).captured["company"] == "Army"
    assert save("company", "Guard", revision=told["revision"]).status_code == 200


def test_a_revision_is_old_by_changes_of_values_alone(lead, save, bob):
    lifecycle.flag([lead.pk], "invalid", actor=bob, reason="Returned")
    assert again(lead).revision == 2
    assert save("company", "Army", revision=1).status_code == 200
    assert save("company", "Army", revision=1).status_code == 200, "it is as it should be"
    assert save("company", "Guard", revision=1).status_code == 409
    assert save("company", "Guard").status_code == 200, "without a revision the last one wins"


def test_a_lead_that_cannot_be_edited_says_why(lead, save, program, bob):
    assert program.get(f"lead-editable-fields?lead.id={lead.pk}").json()["sluice:refusal"] is None
    lifecycle.mark_delivered([lead.pk], actor=bob)
    answer = save("company", "Army")
    assert wrong(answer, 409) == {"lead"}
    (told,) = answer.json()["violations"]
    assert told["message"] == "The values of this lead cannot be edited: already delivered."
    assert program.get(f"lead-editable-fields?lead.id={lead.pk}").json()["sluice:refusal"] == told["message"]


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"name": ""}, "name"), ({"name": " \u200b"}, "name"), ({"name": "x" * 81}, "name"), ({"name": 5}, "name"),
        ({"name": None}, "name"), ({"value": None}, "value"), ({"value": ["x"]}, "value"), ({"value": {"a": 1}}, "value"),
        ({"value": "x" * 2001}, "value"), ({"name": "email", "value": "nobody"}, "value"),
        ({"name": "email", "value": ""}, "value"), ({"name": "Telephone", "value": "call me"}, "value"), ({"revision": "one"}, "revision"),
        ({"revision": -1}, "revision"), ({"lead": "me"}, "lead"), ({"lead": 0}, "lead"), ({"label": "x"}, "label"),
    ],
    ids=lambda value: ascii(value)[:40],
)  # fmt: skip
def test_what_is_wrong_is_named_and_changes_nothing(body, path, lead, program):
    answer = program.post("lead-datas", {"lead": lead.pk, "name": "city", "value": "Leeds", **body})
    assert wrong(answer) == {path}
    assert again(lead).captured == lead.captured


@pytest.mark.parametrize("missing", ["lead", "name", "value"])
def test_what_is_missing_is_named(missing, lead, program):
    body = {"lead": lead.pk, "name": "city", "value": "Leeds"}
    del body[missing]
    assert wrong(program.post("lead-datas", body)) == {missing}


@pytest.mark.parametrize(("value", "stored"), [(5, "5"), (1.50, "1.5"), (True, "true"), ("🚀 שלום", "🚀 שלום"), (" x ", "x")])
def test_values_are_stored_as_texts(value, stored, lead, save):
    assert save("note", value).status_code == 201
    assert again(lead).captured["note"] == stored


def test_choices_dates_and_numbers_follow_the_form(lead, save, form):
    make = lambda name, kind, **more: FormField.objects.create(form=form, name=name, label=name, type=kind, **more)  # noqa: E731
    make("size", "dropdown", options=[["1-10", "Small"], ["11-50", "Middle"]])
    make("born", "date")
    make("staff", "number")
    make("news", "checkbox")
    for name, value, status in (
        ("size", "1-10", 201), ("size", "5", 400), ("born", "2026-02-30", 400), ("born", "2026-02-28", 201), ("staff", "many", 400),
        ("staff", 12.5, 201), ("news", "perhaps", 400), ("news", True, 201),
    ):  # fmt: skip
        assert save(name, value).status_code == status, (name, value)
    assert {name: again(lead).captured[name] for name in ("size", "born", "staff", "news")} == {
        "size": "1-10", "born": "2026-02-28", "staff": "12.5", "news": "true",
    }  # fmt: skip


@pytest.mark.parametrize("role", sorted(roles.ALL))
def test_only_roles_with_the_tab_edit(role, lead, program_of):
    program = program_of(role)
    answers = (
        program.post("lead-datas", {"lead": lead.pk, "name": "company", "value": role}),
        program.get(f"lead-editable-fields?lead.id={lead.pk}"),
    )
    assert {answer.status_code for answer in answers} == ({200} if role in EDITS else {403})
    assert (again(lead).captured["company"] == role) == (role in EDITS)


def test_the_fields_that_can_be_edited_are_those_of_the_form_and_what_else_was_captured(lead, program, form):
    FormField.objects.create(form=form, name="size", label="Size", type="dropdown", required=True, options=[["1-10", "Small"]])
    members = program.members(f"lead-editable-fields?lead.id={lead.pk}")
    by_name = {member["name"]: member for member in members}
    assert by_name["size"] == {
        "@id": f"/api/v4/lead-editable-fields/{lead.pk}.size", "@type": "LeadEditableField", "name": "size", "label": "Size", "type": "dropdown", "required": True,
        "options": [{"value": "1-10", "label": "Small"}], "value": None,
    }  # fmt: skip
    assert (by_name["email"]["type"], by_name["email"]["value"], by_name["a.b/c"]["value"]) == ("email", "grace@navy.example", "odd")
    assert "employees" not in by_name
    assert [member["name"] for member in members][-1] == "a.b/c"


def test_a_repeated_post_with_a_key_is_executed_once(lead, program, bob):
    body = {"lead": lead.pk, "name": "company", "value": "Army"}
    first = program.ask("POST", "lead-datas", body, Idempotency_Key="k1")
    lifecycle.edit({lead.pk: {"company": "Guard"}}, actor=bob)
    again_ = program.ask("POST", "lead-datas", body, Idempotency_Key="k1")
    assert (first.status_code, again_.status_code, again_.json()) == (200, 200, first.json())
    assert again(lead).captured["company"] == "Guard"
    assert program.ask("POST", "lead-datas", {**body, "value": "x"}, Idempotency_Key="k1").status_code == 409


def test_reading_takes_as_many_queries_for_one_value_as_for_many(lead, program):
    program.get(f"lead-datas?lead.id={lead.pk}")  # leaves the entry in the audit trail
    counts = []
    for values in ({"email": "a@b.example"}, {f"f{n}": str(n) for n in range(200)}):
        Lead.objects.filter(pk=lead.pk).update(captured=values)
        for path in ("lead-datas", "lead-editable-fields"):
            with CaptureQueriesContext(
                connection,
            ) as queries:
                assert program.get(f"{path}?lead.id={lead.pk}").status_code == 200
            counts.append(len(queries))
    assert counts[:2] == counts[2:]


def test_bodies_that_are_none_are_refused(program):
    for body, status in (
        (b"[]", 400),
        (b'{"lead": 1, "name": "a\\u0000b", "value": "x"}', 400),
        (b"{", 400),
        (json.dumps({"a": "x" * 600_000}).encode(), 413),
    ):
        assert program.ask("POST", "lead-datas", body).status_code == status


@pytest.mark.parametrize(
    "path", ["leads/{pk}", "lead-datas?lead.id={pk}", "lead-datas/{pk}.captured.email", "lead-editable-fields?lead.id={pk}"]
)
@pytest.mark.parametrize("role", sorted(roles.SEES_LEADS))
def test_staff_who_read_a_lead_unmasked_leave_one_entry_as_the_page_does(role, path, lead, program_of):
    program, path = program_of(role), path.format(pk=lead.pk)
    answers = {program.get(path).status_code for _ in range(2)}
    entries = [(entry.actor_id, entry.object_id, entry.campaign_id) for entry in AuditEntry.objects.filter(action="lead viewed unmasked")]
    reads = role in EDITS and answers == {200}
    assert entries == ([(program.user.pk, str(lead.pk), lead.campaign_id)] if reads else [])


def test_a_list_of_leads_and_what_is_not_seen_leave_no_entry(lead, program_of, program):
    program.get("leads")
    program.get(f"lead-datas?lead.id={lead.pk + 1000}")
    program_of(roles.AGENCY, member=False).get(f"leads/{lead.pk}")
    assert not AuditEntry.objects.filter(action="lead viewed unmasked").exists()


@pytest.mark.parametrize("name", ["leadHash", "emailDomain", "createdDate", "LEADHASH", " leadhash "])
def test_what_each_lead_has_by_itself_cannot_be_captured(name, lead, save):
    answer = save(name, "x")
    assert wrong(answer) == {"name"}
    assert "has by itself" in answer.json()["hydra:description"]
    assert again(lead).captured == lead.captured


def test_a_field_of_a_form_named_as_a_derived_value_comes_after_it(lead, program):
    Lead.objects.filter(pk=lead.pk).update(captured={"emailDomain": "@false.example", "leadHash": "0" * 32} | lead.captured)
    found = program.members(f"lead-datas?lead.id={lead.pk}")
    first = {name: next(one["value"] for one in found if one["name"] == name) for name in ("emailDomain", "leadHash")}
    assert first == {"emailDomain": "@navy.example", "leadHash": lead.lead_hash}


@pytest.mark.parametrize(("written", "kept"), [("12345.50", "12345.50"), ("1e3", "1e3"), ("-0.0", "-0.0"), ("7", "7"), ("true", "true")])
def test_numbers_are_kept_as_they_are_written(written, kept, lead, program):
    body = f'{{"lead": {lead.pk}, "name": "amount", "value": {written}}}'.encode()
    assert program.post("lead-datas", body).json()["value"] == kept
    assert again(lead).captured["amount"] == kept


def test_a_revision_is_one_that_was_given(lead, save):
    present = lead.revision
    assert save("company", "Army", revision=str(present)).status_code == 200
    for revision in (present + 2, str(present + 2), 10**18, "01", "x", "", -1, 1.0, True, "-1", "9" * 30):
        assert wrong(save("company", "Air Force", revision=revision)) == {"revision"}, revision
    assert "it is at" in save("company", "Air Force", revision=present + 2).json()["hydra:description"]
    assert again(lead).captured["company"] == "Army"


def test_a_new_field_has_a_value_and_a_known_one_may_be_emptied(lead, save):
    for blank in ("", "  "):
        assert wrong(save("crmId", blank)) == {"value"}
    assert save("a.b/c", "").status_code == 200
    assert (again(lead).captured["a.b/c"], "crmId" in again(lead).captured) == ("", False)


def test_a_refusal_names_its_property_in_the_description_whatever_it_comes_from(save, program):
    for answer in (save("email", "nobody"), save("company", ["a"]), save("", "x"), program.get("lead-datas?lead.id=x")):
        (violation,) = answer.json()["violations"]
        assert answer.json()["hydra:description"] == f"{violation['propertyPath']}: {violation['message']}"
    assert "There is one order only here." in program.get("lead-datas?lead.id=1&order[id]=asc").json()["hydra:description"]

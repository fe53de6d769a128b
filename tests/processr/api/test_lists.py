"""Lists in API v4: changed by those who manage campaigns, read by publishers' systems, suppression by admins."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns import services as campaigns
from config.core.accounts import roles
from config.core.background.runs import work_on
from config.core.models import AuditEntry
from processr import services as jobs
from processr.lists import files, services
from processr.lists.importing import ValueImportRun
from processr.models import SuppressedEmail, ValidationList, ValidationListValue, ValueImport
from tests.processr.api.program import BASE, Program, wrong
from tests.processr.lists.conftest import values_of

LISTS, VALUES = "suppression-lists", "suppression-list-values"


def of(listed: ValidationList, **more: str) -> str:
    return f"{VALUES}?suppressionList.id={listed.pk}" + "".join(f"&{name}={value}" for name, value in more.items())


def send(program: Program, path: str, data: bytes, **fields: object):
    """A file, as forms send it."""
    said = {"Authorization": f"Bearer {program.token}"}
    return program.client.post(BASE + path, {"file": SimpleUploadedFile("values.csv", data), **fields}, headers=said)


# Lists


def test_a_list_is_made_read_changed_and_deleted(program, acme):
    made = program.post(LISTS, {"name": "Accounts", "advertiser": {"id": acme.pk}, "private": True})
    assert made.status_code == 201
    record = made.json()
    assert (record["@type"], record["advertiser"]["name"], record["private"], record["valueCount"]) == ("SuppressionList", "Acme", True, 0)
    assert program.get(made["Location"]).json()["id"] == record["id"]
    for method in ("PUT", "PATCH"):
        changed = program.ask(method, f"{LISTS}/{record['id']}", {"name": f"By {method}", "private": False})
        assert (changed.json()["name"], changed.json()["private"]) == (f"By {method}", False)
    assert program.delete(f"{LISTS}/{record['id']}").status_code == 204
    assert program.get(f"{LISTS}/{record['id']}").status_code == 404


def test_a_list_stays_its_advertisers_and_a_value_on_its_list_and_both_may_be_sent_back(program, acme, bob):
    mine, system = services.create_list("Mine", advertiser=acme, actor=bob), services.create_list("System", advertiser=None, actor=bob)
    services.add_values(mine, ["Nova"], actor=bob)
    (value,) = program.members(of(mine))
    other = campaigns.create_advertiser("Other", actor=bob)
    for method in ("PUT", "PATCH"):
        for listed, moved in ((mine, None), (mine, other.pk), (mine, f"/api/v4/advertisers/{other.pk}"), (mine, {"id": other.pk}), (mine, [1]),
                              (mine, True), (mine, {}), (mine, "x"), (system, acme.pk), (system, {"@id": f"/api/v4/advertisers/{acme.pk}"})):  # fmt: skip
            assert wrong(program.ask(method, f"{LISTS}/{listed.pk}", {"name": "Moved", "advertiser": moved})) == {"advertiser"}
        for listed, same in ((mine, acme.pk), (mine, str(acme.pk)), (mine, {"id": acme.pk, "name": "Any"}), (system, None)):
            assert program.ask(method, f"{LISTS}/{listed.pk}", {"advertiser": same}).status_code == 200
        assert wrong(program.ask(method, f"{VALUES}/{value['id']}", {"value": "Nova", "suppressionList": system.pk})) == {"suppressionList"}
        assert program.ask(method, f"{LISTS}/{mine.pk}", program.get(f"{LISTS}/{mine.pk}").json()).status_code == 200
    kept = program.patch(f"{VALUES}/{value['id']}", {"value": "Nova 2", "suppressionList": value["suppressionList"]})
    assert (kept.status_code, values_of(mine), values_of(system)) == (200, ["Nova 2"], [])
    assert list(ValidationList.objects.order_by("pk").values_list("name", "advertiser")) == [("Mine", acme.pk), ("System", None)]


@pytest.mark.parametrize(
    ("body", "about"),
    [
        ({}, {"name"}),
        ({"name": " "}, {"name"}),
        ({"name": 5}, {"name"}),
        ({"name": "x" * 161}, {"name"}),
        ({"name": "Key accounts"}, {"name"}),
        ({"name": "A", "private": True}, {"private"}),
        ({"name": "A", "private": "yes"}, {"private"}),
        ({"name": "A", "advertiser": 99999}, {"advertiser"}),
        ({"name": "A", "advertiser": []}, {"advertiser"}),
        ({"name": "A", "values": []}, {"values"}),
    ],
)
def test_a_list_that_cannot_be_is_refused_with_the_property_named(program, make_list, body, about):
    make_list()
    answer = program.post(LISTS, body)
    assert wrong(answer, answer.status_code) == about
    assert 400 <= answer.status_code < 500
    assert ValidationList.objects.count() == 1


def test_lists_are_found_by_their_filters(program, make_list, acme):
    system, own = make_list(name="System"), make_list(name="Own", advertiser=acme, private=True)
    assert [one["id"] for one in program.members(LISTS)] == [system.pk, own.pk]
    assert [one["id"] for one in program.members(f"{LISTS}?advertiser.id={acme.pk}")] == [own.pk]
    assert [one["id"] for one in program.members(f"{LISTS}?private=false")] == [system.pk]
    assert [one["id"] for one in program.members(f"{LISTS}?name=OWN&order[name]=desc")] == [own.pk]
    assert wrong(program.get(f"{LISTS}?colour=red")) == {"colour"}


def test_a_list_in_use_is_not_deleted_and_its_jobs_are_named(program, make_list, campaign, add_job):
    listed = make_list("a")
    add_job(campaign, "suppression_list", label="Accounts", config={"list": listed.pk, "field": "company"})
    answer = program.delete(f"{LISTS}/{listed.pk}")
    assert answer.status_code == 409
    assert "Accounts" in answer.json()["hydra:description"]


@pytest.mark.parametrize("role", sorted(roles.ALL - {roles.ADMIN, roles.SUPER, roles.ADVERTISER_REPORT}))
def test_who_does_not_see_private_values_neither_reads_nor_changes_them(program_of, make_list, acme, role):
    listed = make_list("Hidden", advertiser=acme, private=True)
    value = listed.values.get()
    program = program_of(role)
    asked = [
        program.get(of(listed)),
        program.get(f"{VALUES}/{value.pk}"),
        program.delete(f"{VALUES}/{value.pk}"),
        program.post(VALUES, {"suppressionList": listed.pk, "value": "x"}),
        program.patch(f"{VALUES}/{value.pk}", {"value": "x"}),
        program.post("suppression-list-download", {"suppressionList": listed.pk}),
        program.patch(f"{LISTS}/{listed.pk}", {"private": False}),
        program.delete(f"{LISTS}/{listed.pk}"),
        send(program, f"{VALUES}/import", b"x\n", suppressionList=listed.pk),
    ]
    assert {answer.status_code for answer in asked} <= {400, 403, 404}
    assert all(b"Hidden" not in answer.content for answer in asked)
    listed.refresh_from_db()
    assert (listed.private, values_of(listed)) == (True, ["Hidden"])


# Values


def test_values_are_read_in_pages_by_key_with_the_exact_total(program, make_list):
    listed = make_list(*(f"v{n:03}" for n in range(250)))
    page, seen = program.get(of(listed, itemsPerPage="100")).json(), []
    assert page["hydra:totalItems"] == 250
    while True:
        seen += [member["value"] for member in page["hydra:member"]]
        if "hydra:next" not in page["hydra:view"]:
            break
        page = program.get(page["hydra:view"]["hydra:next"]).json()
    assert seen == [f"v{n:03}" for n in range(250)]
    assert [one["value"] for one in program.members(of(listed, value="V007"))] == ["v007"]
    assert program.members(of(listed, value="zzz")) == []
    assert wrong(program.get(VALUES)) == {"suppressionList.id"}


def test_a_page_of_a_hundred_values_costs_as_many_queries_as_a_page_of_two(program, make_list):
    few, many = make_list("a", "b"), make_list(*map(str, range(200)), name="Many")

    def queries(listed) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert program.get(of(listed, itemsPerPage="100")).status_code == 200
        return len(captured)

    assert queries(many) == queries(few)


def test_values_are_added_one_by_one_or_many_changed_and_removed(program, make_list):
    listed = make_list()
    made = program.post(VALUES, {"suppressionList": f"/api/v4/{LISTS}/{listed.pk}", "value": " Acme "})
    assert (made.status_code, made.json()["value"]) == (201, "Acme")
    again = program.post(VALUES, {"suppressionList": listed.pk, "value": "ACME"})
    assert again.json()["id"] == made.json()["id"], "what is there stays as it is"
    many = program.post(VALUES, {"suppressionList": listed.pk, "values": ["acme", "Beta"]})
    assert (many.status_code, many.json()["added"], many.json()["repeated"]) == (200, 1, 1)
    changed = program.ask("PUT", f"{VALUES}/{made.json()['id']}", {"value": "Gamma"})
    assert (changed.status_code, changed.json()["value"]) == (200, "Gamma")
    assert program.delete(f"{VALUES}/{changed.json()['id']}").status_code == 204
    listed.refresh_from_db()
    assert (values_of(listed), listed.value_count) == (["Beta"], 1)


@pytest.mark.parametrize(
    ("body", "about"),
    [
        ({"value": "a"}, {"suppressionList"}),
        ({"suppressionList": 99999, "value": "a"}, {"suppressionList"}),
        ({"suppressionList": None, "value": "a"}, {"suppressionList"}),
        ({"list": True}, {"values"}),
        ({"list": True, "value": "a", "values": ["b"]}, {"values"}),
        ({"list": True, "values": "a"}, {"values"}),
        ({"list": True, "values": [1]}, {"values"}),
        ({"list": True, "values": ["a", " "]}, {"values"}),
        ({"list": True, "value": "x" * 501}, {"value"}),
        ({"list": True, "value": None}, {"value"}),
    ],
)
def test_values_that_cannot_be_are_refused_with_the_property_named(program, make_list, body, about):
    listed = make_list()
    if body.pop("list", None):
        body = {"suppressionList": listed.pk, **body}
    assert wrong(program.post(VALUES, body)) == about
    assert not ValidationListValue.objects.exists()


# Publishers


@pytest.fixture
def rule(campaign, add_job, make_list):
    listed = make_list("Acme", "Beta")
    return listed, add_job(campaign, "suppression_list", config={"list": listed.pk, "field": "company"})


def test_a_publisher_reads_the_lists_of_the_rules_it_is_shown_and_no_others(program_of, rule, make_list):
    listed, _ = rule
    other = make_list("Secret", name="Other")
    publisher = program_of(roles.PUBLISHER)
    assert [one["id"] for one in publisher.members(LISTS)] == [listed.pk]
    assert [one["value"] for one in publisher.members(of(listed))] == ["Acme", "Beta"]
    assert publisher.get(of(other)).status_code == publisher.get(f"{LISTS}/{other.pk}").status_code == 404
    assert b"Acme" in b"".join(publisher.post("suppression-list-download", {"suppressionList": listed.pk}).streaming_content)
    for answer in (
        publisher.post(VALUES, {"suppressionList": listed.pk, "value": "x"}),
        publisher.post(LISTS, {"name": "x"}),
        publisher.delete(f"{LISTS}/{listed.pk}"),
    ):
        assert answer.status_code == 403


@pytest.mark.parametrize("hide", ["visible", "enabled", "private", "somebody else's campaign", "removed"])
def test_what_a_publisher_is_not_shown_it_does_not_read(program_of, rule, acme, bob, hide):
    listed, job = rule
    if hide == "private":
        ValidationList.objects.filter(pk=listed.pk).update(advertiser=acme, private=True)
    elif hide == "removed":
        jobs.remove_job(job.pk, actor=bob)
    elif hide != "somebody else's campaign":
        jobs.update_job(job.pk, actor=bob, changes={hide: False})
    publisher = program_of(roles.PUBLISHER, member=hide != "somebody else's campaign")
    assert publisher.members(LISTS) == []
    assert publisher.get(of(listed)).status_code == 404


def test_a_copy_that_is_still_right_costs_no_second_reading(program_of, rule, bob):
    listed, _ = rule
    publisher = program_of(roles.PUBLISHER)
    for path in (of(listed), f"{LISTS}/{listed.pk}"):
        first = publisher.get(path)
        assert publisher.get(path, If_None_Match=first["ETag"]).status_code == 304
        assert publisher.get(path, If_None_Match='"another"').status_code == 200
    tag = publisher.get(of(listed))["ETag"]
    assert publisher.get(of(listed, page="2"))["ETag"] != tag
    services.add_values(listed, ["ACME"], actor=bob)
    assert publisher.get(of(listed), If_None_Match=tag).status_code == 304, "nothing is different"
    services.add_values(listed, ["Gamma"], actor=bob)
    answer = publisher.get(of(listed), If_None_Match=tag)
    assert (answer.status_code, len(answer.json()["hydra:member"])) == (200, 3)


# Files


def test_a_file_is_taken_in_as_a_run_that_can_be_asked_after(program, make_list):
    listed = make_list("Acme")
    begun = send(program, f"{VALUES}/import", b"value\nacme\nBeta\n", suppressionList=listed.pk)
    assert (begun.status_code, begun.json()["state"]) == (202, "queued")
    work_on(ValueImportRun, begun.json()["id"])
    over = program.get(begun["Location"]).json()
    assert (over["state"], over["total"], over["done"], over["added"], over["repeated"]) == ("done", 2, 2, 1, 1)
    assert [one["id"] for one in program.members(f"value-imports?suppressionList.id={listed.pk}&state=done")] == [over["id"]]
    assert values_of(listed) == ["Acme", "Beta"]


def test_the_refused_lines_of_an_import_are_fetched(program, make_list):
    begun = send(program, f"{VALUES}/import", b"value\nacme\n" + b"x" * 501, suppressionList=make_list().pk)
    address = f"{begun['Location']}/refused"
    assert wrong(program.get(address), 404) == set()
    work_on(ValueImportRun, begun.json()["id"])
    answer = program.get(address)
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/csv; charset=utf-8")
    assert (
        b"".join(answer.streaming_content).decode("utf-8-sig").startswith("line,message,value\r\n3,Line 3 is longer than 500 characters.")
    )


def test_values_in_json_are_taken_in_as_a_file_would_be(program, make_list):
    listed, odd = make_list(), ["Acme, Inc", 'the "best"', "=1+1", "'=1", "two\nlines", "a;b", "ä"]
    begun = program.post(f"{VALUES}/import", {"suppressionList": listed.pk, "values": odd})
    work_on(ValueImportRun, begun.json()["id"])
    assert sorted(values_of(listed)) == sorted([value.replace("\n", " ") for value in odd])


def test_an_import_is_stopped(program, make_list):
    begun = send(program, f"{VALUES}/import", b"a\n", suppressionList=make_list().pk)
    assert program.post(f"value-imports/{begun.json()['id']}/stop", {}).json()["state"] == "stopped"
    refused = program.post(f"value-imports/{begun.json()['id']}/stop", {})
    assert wrong(refused, 409) == set()
    assert "over already" in refused.json()["hydra:description"]
    assert AuditEntry.objects.filter(action="import asked to stop").count() == 1


@pytest.mark.parametrize(
    ("data", "fields", "about"),
    [
        (b"", {}, {"file"}),
        (b"\x81", {}, {"file"}),
        (b"PK\x03\x04", {}, {"file"}),
        (b"a,b\n", {}, {"file"}),
        (b"a\n", {"delimiter": "colon"}, {"delimiter"}),
        (b"a\n", {"suppressionList": "x"}, {"suppressionList"}),
        (b"a\n", {"colour": "red"}, {"colour"}),
    ],
)
def test_a_file_that_cannot_be_taken_in_is_refused(program, make_list, data, fields, about):
    assert wrong(send(program, f"{VALUES}/import", data, **{"suppressionList": make_list().pk, **fields})) == about
    assert not ValueImport.objects.exists()
    assert not files.folder().is_dir() or list(files.folder().iterdir()) == []


def test_a_download_is_the_whole_list(program, make_list):
    listed = make_list("=1+1", "Acme")
    answer = program.ask("POST", "suppression-list-download", {"suppressionList": listed.pk}, Idempotency_Key="one")
    assert b"".join(answer.streaming_content).decode() == "\ufeffvalue\r\n'=1+1\r\nAcme\r\n"


# Suppression


@pytest.mark.parametrize(
    ("name", "body", "shown", "found"),
    [
        ("invalid-emails", {"email": " Jo@Example.com"}, {"email": "jo@example.com"}, "email=JO@example.com"),
        (
            "invalid-names",
            {"firstName": "Mickey", "lastName": "Mouse"},
            {"firstName": "Mickey", "lastName": "Mouse"},
            "name=mickey%20MOUSE",
        ),
        ("telephones", {"telephone": "+44 (20) 7946"}, {"telephone": "+44207946"}, "telephone=%2B44 20 7946"),
        ("telephones", {"telephone": "(+44) 20 7946 0001"}, {"telephone": "+442079460001"}, "telephone=tel:%2B44-20-79460001"),
    ],
)
def test_something_is_suppressed_found_and_let_in_again(program, name, body, shown, found):
    made = program.post(name, body)
    assert (made.status_code, {key: made.json()[key] for key in shown}) == (201, shown)
    assert program.post(name, body).json()["id"] == made.json()["id"]
    assert [one["id"] for one in program.members(f"{name}?{found}")] == [made.json()["id"]]
    assert program.get(made["Location"]).json()["createdTs"]
    assert program.delete(made["Location"]).status_code == 204
    assert program.members(name) == []


@pytest.mark.parametrize(
    ("name", "body", "about"),
    [
        ("invalid-emails", {"email": "jo"}, {"email"}),
        ("invalid-emails", {}, {"email"}),
        ("invalid-names", {"firstName": "Mickey"}, {"lastName"}),
        ("invalid-names", {"firstName": "Mickey", "lastName": 5}, {"lastName"}),
        ("telephones", {"telephone": "none"}, {"telephone"}),
        ("telephones", {"telephone": "4.47912E+11"}, {"telephone"}),
        ("telephones", {"phone": "123"}, {"phone"}),
    ],
)
def test_what_cannot_be_suppressed_is_refused(program, name, body, about):
    assert wrong(program.post(name, body)) == about


@pytest.mark.parametrize(
    ("name", "data"),
    [("invalid-emails-import", b"jo@example.com\n"), ("invalid-names-import", b"Jo,Doe\n"), ("invalid-telephone-import", b"020 7946\n")],
)
def test_suppression_lists_take_files(program, name, data):
    begun = send(program, name, data)
    work_on(ValueImportRun, begun.json()["id"])
    assert program.get(begun["Location"]).json()["added"] == 1


def test_names_in_json_have_two_parts(program):
    begun = program.post("invalid-names-import", {"values": [{"firstName": "Jo", "lastName": "Doe"}]})
    assert begun.status_code == 202
    assert wrong(program.post("invalid-names-import", {"values": ["Jo Doe"]})) == {"values[0]"}


@pytest.mark.parametrize("role", sorted(roles.ALL - {roles.ADMIN, roles.SUPER}))
def test_suppression_is_seen_by_admin_and_super_only(program_of, suppressed, role):
    program = program_of(role)
    for name in ("invalid-emails", "invalid-names", "telephones"):
        assert program.get(name).status_code == program.post(name, {}).status_code == 403
    assert program.get(f"invalid-emails/{suppressed.pk}").status_code == 403
    assert send(program, "invalid-emails-import", b"a@b.c\n").status_code == 403
    assert SuppressedEmail.objects.count() == 1


@pytest.fixture
def suppressed(db) -> SuppressedEmail:
    return SuppressedEmail.objects.create(email="jo@example.com")


def test_nobody_comes_in_without_a_token(client, db):
    for name in (LISTS, VALUES, "invalid-emails", "value-imports"):
        assert client.get(BASE + name).status_code == 401


def test_agencies_add_lists_of_their_advertisers_only(program_of, acme, bob):
    gail = program_of(roles.AGENCY)
    other = campaigns.create_advertiser("Other", actor=bob)
    assert gail.post(LISTS, {"name": "Ours", "advertiser": acme.pk}).status_code == 201
    assert wrong(gail.post(LISTS, {"name": "Theirs", "advertiser": other.pk})) == {"advertiser"}
    assert wrong(gail.post(LISTS, {"name": "Hidden", "advertiser": acme.pk, "private": True}), 403) == {"private"}

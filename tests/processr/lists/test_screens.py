"""The pages of lists: find, fill, search, export and delete, for each role."""

import re
from urllib.parse import quote

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from campaigns import services as campaigns
from config.core.accounts import roles
from config.core.background.runs import work_on
from processr.lists.importing import ValueImportRun
from processr.models import SuppressedName, ValidationList, ValueImport
from tests.cast import make_user
from tests.processr.lists.conftest import values_of
from tests.screens.reading import Reader

pytestmark = pytest.mark.django_db
LISTS, SUPPRESSION = "/v2/system/validation-list", "/v2/system/suppression-list"


@pytest.fixture
def reader(acme, pat, bob):
    agency = campaigns.create_agency("Brightfield", advertisers=[acme], actor=bob)
    party = dict.fromkeys(roles.AGENCY_SIDE, agency) | dict.fromkeys(roles.ADVERTISER_SIDE, acme) | {roles.PUBLISHER: pat}

    def sign_in(role: str = roles.ADMIN) -> Reader:
        user, client = make_user(role), Client()
        if role in party:
            campaigns.add_member(user, party[role], actor=bob)
        client.force_login(user)
        return Reader(client, user)

    return sign_in


def sent(reader: Reader, address: str, data: bytes, **fields: str):
    return reader.client.post(address, {"file": SimpleUploadedFile("values.csv", data), **fields}, follow=True)


def test_a_list_is_added_named_filled_and_found(reader):
    ada = reader()
    page = ada.post(f"{LISTS}/add", name="Key accounts")
    assert "Key accounts was added. Add its values now." in page.words
    listed = ValidationList.objects.get()
    page = ada.post(f"{LISTS}/{listed.pk}/add", entries="Acme\r\n\r\nExample, Inc\nACME")
    assert "2 values added; 1 was there already." in page.words
    assert [row["Value"] for row in page.rows] == ["Acme", "Example, Inc"]
    (row,) = ada.get(LISTS).rows
    assert (row["ID"], row["Name"], row["Value Count"]) == (str(listed.pk), "Key accounts", "2")
    assert [row["Value"] for row in ada.get(f"{LISTS}/{listed.pk}?value=EXAMPLE").rows] == ["Example, Inc"]
    assert "No values match" in ada.get(f"{LISTS}/{listed.pk}?value=zzz").words


def test_what_was_typed_is_not_lost_when_it_is_refused(reader, listed):
    page = reader().client.post(f"{LISTS}/{listed.pk}/add", {"entries": f"fine\n{'x' * 501}"})
    assert page.status_code == 422
    assert "Number 2 is longer than 500 characters." in page.content.decode()
    assert "fine\n" in page.content.decode()
    assert values_of(listed) == []


@pytest.mark.parametrize(
    ("fields", "why"),
    [({"name": " "}, "required"), ({"name": "Key accounts"}, "There is a list with this name already"), ({"name": "x" * 161}, "160")],
)
def test_a_name_that_cannot_be_is_refused_beside_the_field(reader, listed, fields, why):
    page = reader().client.post(f"{LISTS}/add", fields)
    assert re.search(rf'class="wrong"[^>]*>[^<]*{why}', page.content.decode())


def test_a_value_is_removed_and_the_page_stays_where_it_was(reader, make_list):
    listed = make_list("aa", "ab", "b")
    gone = listed.values.get(key="ab")
    answer = reader().client.post(f"{LISTS}/{listed.pk}/remove", {"id": gone.pk, "query": "value=a&sort=value"})
    assert answer.url == f"{LISTS}/{listed.pk}?value=a&sort=value"
    assert values_of(listed) == ["aa", "b"]


@pytest.mark.parametrize("ids", [[], ["x"], ["99999999999999999999"], ["1" * 5_000], ["-1"], ["٣"]])
def test_what_is_no_row_removes_nothing(reader, make_list, ids):
    listed = make_list("a")
    page = reader().client.post(f"{LISTS}/{listed.pk}/remove", {"id": ids, "query": "\r\nX: y"}, follow=True)
    assert page.status_code == 200
    assert values_of(listed) == ["a"]


def test_a_file_is_imported_with_progress_and_its_result_is_told(reader, listed):
    ada = reader()
    page = sent(ada, f"{LISTS}/{listed.pk}/import", b"value\nAcme\nExample\n" + b"x" * 501)
    run = ValueImport.objects.get()
    assert "Waiting for a worker." in page.content.decode()
    assert f'hx-get="{LISTS}/imports/{run.pk}"' in page.content.decode()
    fragment = ada.client.get(f"{LISTS}/imports/{run.pk}", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in fragment
    work_on(ValueImportRun, run.pk)
    over = ada.get(f"{LISTS}/imports/{run.pk}")
    assert "2 values added; 1 line refused." in over.words
    assert "Line 4 is longer than 500 characters." in over.words
    assert "hx-get" not in over.html.split('id="import-')[1].split("</section>")[0]


def test_an_import_is_stopped(reader, listed):
    ada = reader()
    sent(ada, f"{LISTS}/{listed.pk}/import", b"a\n")
    run = ValueImport.objects.get()
    assert "Stopped after 0 of 1 lines" in ada.post(f"{LISTS}/imports/{run.pk}/stop").words


@pytest.mark.parametrize(("data", "fields", "why"), [
    (b"", {}, "The file is empty."),
    (b"PK\x03\x04", {}, "The workbook is damaged"),
    ("Café\x81".encode("latin-1"), {}, "The file is not UTF-8, nor"),
    (b"a,b\nc,d\n", {}, "no heading says which"),
    (b"a\n", {"delimiter": "colon"}, "Select a valid choice"),
])  # fmt: skip
def test_a_file_that_cannot_be_read_is_refused_in_words(reader, listed, data, fields, why):
    page = sent(reader(), f"{LISTS}/{listed.pk}/import", data, **fields)
    assert page.status_code == 422
    assert why in page.content.decode()
    assert not ValueImport.objects.exists()


def test_a_list_is_exported_harmless_and_there_is_a_sample(reader, make_list):
    listed = make_list("=1+1", "Acme, Inc")
    answer = reader().client.get(f"{LISTS}/{listed.pk}/export")
    assert b"".join(answer.streaming_content).decode() == '\ufeffvalue\r\n\'=1+1\r\n"Acme, Inc"\r\n'
    assert answer["Content-Disposition"] == 'attachment; filename="key-accounts.csv"'
    assert reader().client.get(f"{LISTS}/{listed.pk}/sample").content.decode().startswith("\ufeffvalue\r\n")


def test_a_list_is_deleted_after_a_page_that_says_what_goes(reader, make_list, campaign, add_job):
    listed, ada = make_list("a", "b"), reader()
    job = add_job(campaign, "suppression_list", label="Accounts", config={"list": listed.pk, "field": "company"})
    assert "Accounts" in ada.get(f"{LISTS}/{listed.pk}").words
    assert f"job {job.pk}" in ada.get(f"{LISTS}/{listed.pk}/delete").words
    assert "is in use by" in ada.post(f"{LISTS}/{listed.pk}/delete").words
    type(job).objects.filter(pk=job.pk).update(enabled=False)
    assert "2 values are deleted" in ada.get(f"{LISTS}/{listed.pk}/delete").words
    assert "Key accounts is deleted, with 2 values." in ada.post(f"{LISTS}/{listed.pk}/delete").words
    assert not ValidationList.objects.exists()


def test_private_is_for_lists_of_advertisers_and_hides_the_values_from_agencies(reader, acme):
    ada, gail = reader(), reader(roles.AGENCY)
    ada.post(f"/v2/advertisers/{acme.pk}/validation-lists/add", name="Secret", private="on")
    listed = ValidationList.objects.get()
    assert listed.private
    ada.post(f"{LISTS}/{listed.pk}/add", entries="Hidden Corp")
    page = gail.get(f"{LISTS}/{listed.pk}")
    assert "The values are private" in page.words
    assert "Hidden" not in page.html
    assert "Hidden" not in gail.get(f"{LISTS}/{listed.pk}?value=hidden").html
    for below in ("import", "export", "settings", "delete"):
        assert gail.get(f"{LISTS}/{listed.pk}/{below}").status == 403, below
    for below in ("add", "remove", "import", "settings", "delete"):
        assert gail.client.post(f"{LISTS}/{listed.pk}/{below}", {"name": "x", "entries": "x"}).status_code == 403, below
    assert 'name="private"' not in gail.get(f"/v2/advertisers/{acme.pk}/validation-lists/add").html
    assert 'name="private"' not in ada.get(f"{LISTS}/add").html


def test_a_report_user_of_an_advertiser_keeps_lists_there(reader, acme, listed):
    rhys = reader(roles.ADVERTISER_REPORT)
    assert rhys.get(LISTS).status == 403
    assert "Secret was added" in rhys.post(f"/v2/advertisers/{acme.pk}/validation-lists/add", name="Secret", private="on").words
    assert [row["Name"] for row in rhys.get(f"{LISTS}/of-advertisers").rows] == ["Secret"]
    assert rhys.get(f"{LISTS}/{listed.pk}").status == 404
    assert f'href="{LISTS}/of-advertisers"' in rhys.get(f"{LISTS}/of-advertisers").html, "the rail leads there"


@pytest.mark.parametrize(
    ("slug", "entries", "shown"),
    [
        ("email", "Jo@Example.com", {"E-mail": "jo@example.com"}),
        ("name", "Mickey , Mouse", {"First name": "Mickey", "Last name": "Mouse"}),
        ("telephone", "+44 20 7946 0000", {"Telephone": "+442079460000"}),
    ],
)
def test_the_three_suppression_lists(reader, slug, entries, shown):
    ada = reader(roles.ADMIN)
    page = ada.post(f"{SUPPRESSION}/{slug}/add", entries=entries)
    assert {name: page.rows[0][name] for name in shown} == shown
    (pk,) = re.findall(r'name="id" value="(\d+)"', page.html)
    assert "1 " in ada.post(f"{SUPPRESSION}/{slug}/remove", id=pk).words
    assert ada.get(f"{SUPPRESSION}/{slug}").rows == []


@pytest.mark.sql
def test_a_suppressed_number_is_found_in_another_spelling_and_a_shortened_one_refused(reader, suppress):
    suppress("phone", "(+44) 20 7946 0000", "030 901820", "+49 30 901821")
    ada = reader()
    found = {
        text: [row["Telephone"] for row in ada.get(f"{SUPPRESSION}/telephone?telephone={quote(text)}").rows]
        for text in ("020 79", "+44 (0)20", "tel:+44-20-7946-0000", "(030) 90", "+49 30", "05", "none", "4.47912E+11")
    }
    assert found == {
        "020 79": ["+442079460000"], "+44 (0)20": ["+442079460000"], "tel:+44-20-7946-0000": ["+442079460000"],
        "(030) 90": ["+4930901821", "030901820"], "+49 30": ["+4930901821"], "05": [], "none": [], "4.47912E+11": [],
    }  # fmt: skip
    page = ada.client.post(f"{SUPPRESSION}/telephone/add", {"entries": "4,47912E+11"})
    assert "Number 1 was shortened by a spreadsheet, so its last digits are lost." in page.content.decode()


def test_a_name_needs_both_parts(reader):
    page = reader().client.post(f"{SUPPRESSION}/name/add", {"entries": "Madonna"})
    assert "Number 1 needs firstName and lastName" in page.content.decode()
    assert not SuppressedName.objects.exists()


@pytest.mark.parametrize("role", sorted(roles.ALL - {roles.ADMIN, roles.SUPER}))
def test_suppression_is_seen_by_admin_and_super_only(reader, role):
    somebody = reader(role)
    assert {somebody.get(f"{SUPPRESSION}{below}").status for below in ("", "/name", "/email/export", "/email/import", "/email/sample")} == {
        403
    }
    assert {somebody.client.post(f"{SUPPRESSION}/email/{below}").status_code for below in ("add", "remove", "import")} == {403}


def test_an_unknown_kind_does_not_exist(reader):
    assert {reader().get(f"{SUPPRESSION}/{kind}").status for kind in ("list", "phone", "x")} == {404}


@pytest.mark.parametrize("address", [LISTS, f"{LISTS}/of-advertisers", "{list}", f"{SUPPRESSION}/name"])
def test_a_page_of_twenty_costs_as_many_queries_as_a_page_of_two(reader, make_list, suppress, acme, address):
    ada = reader()

    def fill(first: int, last: int) -> None:
        for n in range(first, last):
            make_list(name=f"List {n}", advertiser=acme if n % 2 else None)
            suppress("name", (f"First{n}", "Last"))

    fill(0, 4)
    listed = ValidationList.objects.order_by("pk")[0]
    address = address.replace("{list}", f"{LISTS}/{listed.pk}")
    ada.get(address)
    few = len(ada.queries(address))
    fill(4, 40)
    assert len(ada.queries(address)) == few

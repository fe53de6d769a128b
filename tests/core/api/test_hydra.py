"""The base of API v4: authentication, filters and pages of collections, bodies, and the shape of every answer."""

import json
from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, get_resolver
from hypothesis import given
from hypothesis import strategies as some

from config.core import audit, enterprise
from config.core.accounts import bearer, roles
from config.core.actor import SYSTEM
from config.core.api import hydra
from config.core.api.hydra import vocabulary
from config.core.models import AuditEntry
from tests.cast import make_user
from tests.publisher.limits import allow

__all__ = ["allow"]

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.core.api.entries_api")]
JSON = "application/json"


class Program:
    def __init__(self, role: str = roles.ADMIN) -> None:
        self.token = bearer.issue(make_user(role), source=bearer.PASSWORD).access_token
        self.client = Client(raise_request_exception=False)

    def ask(self, method: str, path: str, body: bytes | str = b"", kind: str = JSON, **headers: str):
        said = {"Authorization": f"Bearer {self.token}", **{name.replace("_", "-"): value for name, value in headers.items()}}
        return self.client.generic(method, f"/api/v4/{path}", body, kind, headers=said)

    def get(self, path: str = "entries", **headers: str):
        return self.ask("GET", path, **headers)

    def post(self, body: bytes | str, kind: str = JSON, **headers: str):
        return self.ask("POST", "entries", body, kind, **headers)

    def actions(self, path: str) -> list[str]:
        answer = self.get(path)
        assert answer.status_code == 200, answer.content
        return [member["action"] for member in answer.json()["hydra:member"]]


@pytest.fixture(autouse=True)
def _documentation_of_this_api_alone():
    vocabulary._documentation.cache_clear()
    yield
    vocabulary._documentation.cache_clear()


@pytest.fixture
def program() -> Program:
    enterprise.current()
    return Program()


@pytest.fixture
def entries() -> list[AuditEntry]:
    return [audit.record(actor=SYSTEM, page="Test", action=f"act {n}", campaign_id=n % 3 or None) for n in range(1, 8)]


def violations(answer) -> dict[str, str]:
    assert answer.status_code == 400, answer.content
    return {violation["propertyPath"]: violation["message"] for violation in answer.json()["violations"]}


def test_a_collection_and_its_items_read_as_the_clients_of_this_trade_know_them(program, entries):
    collection, item = program.get().json(), program.get(f"entries/{entries[0].pk}").json()
    member = {
        "@id": f"/api/v4/entries/{entries[0].pk}",
        "@type": "Entry",
        "id": entries[0].pk,
        "action": "act 1",
        "createdTs": item["createdTs"],
    }
    assert (collection["@context"], collection["@id"], collection["@type"]) == (
        "/api/v4/contexts/Entry",
        "/api/v4/entries",
        "hydra:Collection",
    )
    assert (collection["hydra:totalItems"], collection["sluice:totalIsExact"]) == (7, True)
    assert collection["hydra:member"][0] == member
    assert item == {"@context": "/api/v4/contexts/Entry", **member}
    assert item["createdTs"].endswith("+00:00")


def test_with_the_suffix_it_is_linked_json_and_tells_its_filters(program, entries):
    plain, linked = program.get(), program.get("entries.jsonld?itemsPerPage=2")
    assert (plain["Content-Type"], linked["Content-Type"]) == (JSON, "application/ld+json")
    assert "hydra:search" not in plain.json()
    search = linked.json()["hydra:search"]
    assert {"campaign.id", "campaign.id[]", "createdTs[after]", "order[action]"} <= {entry["variable"] for entry in search["hydra:mapping"]}
    assert linked.json()["hydra:view"]["hydra:next"].startswith("/api/v4/entries.jsonld?")
    assert program.get(f"entries/{entries[0].pk}.jsonld").json()["action"] == "act 1"
    accepted = program.get("entries?itemsPerPage=2", Accept="text/html, application/ld+json")
    assert (accepted["Content-Type"], accepted.json()["hydra:search"]) == ("application/ld+json", search)


@pytest.mark.sql
def test_pages_follow_each_other_by_key_and_can_be_counted_out(program, entries):
    seen, path = [], "entries?itemsPerPage=3&order[action]=desc"
    while path:
        answer = program.get(path).json()
        seen += [member["action"] for member in answer["hydra:member"]]
        path = answer["hydra:view"].get("hydra:next", "").removeprefix("/api/v4/")
    assert seen == [f"act {n}" for n in range(7, 0, -1)]
    assert program.actions("entries?itemsPerPage=3&page=2") == ["act 4", "act 5", "act 6"]
    assert program.actions("entries?itemsPerPage=3&page=4") == []
    view = program.get("entries?itemsPerPage=3&page=2&action=act%201").json()["hydra:view"]
    assert view["hydra:first"] == "/api/v4/entries?itemsPerPage=3&action=act+1&page=1"
    assert view["hydra:previous"] == view["hydra:last"] == view["hydra:first"]


def test_a_page_goes_on_where_the_one_before_ended_though_rows_came_meanwhile(program, entries):
    first = program.get("entries?itemsPerPage=3&order[id]=desc").json()
    audit.record(actor=SYSTEM, page="Test", action="act 8")
    assert program.actions(first["hydra:view"]["hydra:next"].removeprefix("/api/v4/")) == ["act 4", "act 3", "act 2"]


def test_rows_without_a_value_are_on_some_page_too(program, entries):
    seen, path = [], "entries?itemsPerPage=2&order[campaign.id]=asc"
    while path:
        answer = program.get(path).json()
        seen += [member["action"] for member in answer["hydra:member"]]
        path = answer["hydra:view"].get("hydra:next", "").removeprefix("/api/v4/")
    assert [action[-1] for action in seen] == ["1", "4", "7", "2", "5", "3", "6"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("campaign.id=1", "147"),
        ("campaign.id[]=1&campaign.id[]=2", "12457"),
        ("campaign.id=1&campaign.id=2", "12457"),
        ("action=act%201&action=act%204", "14"),
        ("campaign.id=9223372036854775807", ""),
        ("campaign.id=1&action=act%204", "4"),
        ("notes=nobody", ""),
        ("high=no", "1234567"),
        ("high=yes", ""),
        ("known=true", "36"),
        ("createdTs[after]=2000-01-01", "1234567"),
        ("createdTs[before]=2000-01-01", ""),
        ("createdTs[strictly_after]=2999-01-01T00:00:00Z", ""),
        ("createdTs[after]=2000-01-01T00:00:00+02:00&createdTs[before]=2999-12-31", "1234567"),
        ("access_token=", "1234567"),
        ("campaign.id=1&campaign.id[]=2", "12457"),
        ("campaign.id[]=1&campaign.id=2&campaign.id=1", "12457"),
        ("campaign.id[]=1&campaign.id[]=1", "147"),
        ("campaign.id%5B%5D=1", "147"),
        ("action=act%201&action[]=act%204", "14"),
        ("action[]=act%201", "1"),
        ("notes[]=nobody", ""),
        ("high[]=no", "1234567"),
        ("high=yes&high[]=no", "1234567"),
        ("known[]=true", "36"),
        ("known=1&known[]=0", "1234567"),
        ("known=true&known[]=1", "36"),
        ("createdTs[after][]=2000-01-01", "1234567"),
        ("createdTs[after]=2000-01-01&createdTs[after][]=2000-01-01T00:00:00Z", "1234567"),
        ("createdTs[before][]=2000-01-01", ""),
        ("campaign.id[]=1&action[]=act%204", "4"),
    ],
)
def test_filters_narrow(program, entries, query, expected):
    assert "".join(action[-1] for action in program.actions(f"entries?{query}")) == expected


@pytest.mark.parametrize(
    ("query", "about"),
    [
        ("colour=red", "colour"), ("campaign_id=1", "campaign_id"), ("campaign.id=", "campaign.id"), ("campaign.id=x", "campaign.id"),
        ("campaign.id=0", "campaign.id"), ("campaign.id=-1", "campaign.id"), ("campaign.id=9223372036854775808", "campaign.id"),
        ("campaign.id[]=1&campaign.id[]=x", "campaign.id[]"), ("high=maybe", "high"),
        ("createdTs[after]=yesterday", "createdTs[after]"), ("createdTs=2000-01-01", "createdTs"), ("createdTs[after]=", "createdTs[after]"),
        ("createdTs[before]=0001-01-01T00:00:00%2B14:00", "createdTs[before]"), ("action=%00", "action"), ("action=%ff", "action"),
        ("action=" + "x" * 501, "action"), ("page=0", "page"), ("page=-1", "page"), ("page=1e3", "page"), ("page=", "page"), ("page=1001", "page"),
        ("page=" + "9" * 4000, "page"), ("page=1&page=2", "page"), ("itemsPerPage=101", "itemsPerPage"), ("itemsPerPage=0", "itemsPerPage"),
        ("itemsPerPage=", "itemsPerPage"), ("after=x", "after"), ("after=1:2", "after"), ("page=2000&after=zz", "after"),
        ("order[colour]=asc", "order[colour]"), ("order[id]=up", "order[id]"), ("order[id]=asc&order[action]=asc", "order[action]"),
        ("order=id", "order"), ("campaign.id[0]=1", "campaign.id[0]"), ("campaign.id[][]=1", "campaign.id[][]"), ("[]=1", "[]"),
        ("campaign.id[]=", "campaign.id[]"), ("known[]=maybe", "known[]"), ("colour[]=red", "colour[]"), ("createdTs[]=2000-01-01", "createdTs[]"),
        ("createdTs[after]=2000-01-01&createdTs[after]=2000-01-02", "createdTs[after]"),
        ("createdTs[after]=2000-01-01&createdTs[after][]=2000-01-02", "createdTs[after]"),
        ("createdTs[after][]=2000-01-01&createdTs[after][]=2000-01-02", "createdTs[after][]"),
        ("_=1", "_"), ("%F0%9F%99%82=1", "🙂"), ("%ff=1", "?"),
    ],
)  # fmt: skip
def test_what_is_not_understood_selects_nothing_and_is_named(program, entries, query, about):
    answer = program.get(f"entries?{query}")
    assert list(violations(answer)) == [about]
    assert (answer.json()["@type"], answer.json()["@context"]) == ("hydra:Error", "/api/v4/contexts/Error")
    assert answer.json()["hydra:title"]
    assert answer.json()["hydra:description"]


def test_everything_that_is_wrong_is_told_at_once(program):
    assert set(violations(program.get("entries?colour=red&page=0&campaign.id=x"))) == {"colour", "page", "campaign.id"}


def test_a_page_beyond_the_thousandth_names_the_way_to_it(program, entries):
    assert "after" in violations(program.get("entries?page=1001"))["page"]
    assert program.actions(f"entries?page=1001&after={entries[4].pk}") == ["act 6", "act 7"]


def test_a_filter_that_is_needed_is_asked_for(program, entries):
    assert violations(program.get("scoped-entries")) == {"campaign.id": "This filter is needed here."}
    assert program.actions("scoped-entries?campaign.id[]=2") == ["act 2", "act 5"]


def test_a_page_costs_as_many_queries_however_many_rows_there_are(program, entries):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert program.get("entries?itemsPerPage=100").status_code == 200
        return len(captured)

    few = queries()
    for n in range(50):
        audit.record(actor=SYSTEM, page="Test", action=f"more {n}")
    assert queries() == few


def test_where_there_are_very_many_their_number_is_the_least_there_are(program, entries, monkeypatch):
    monkeypatch.setattr("config.core.api.hydra.pagination.count_capped", lambda rows: (5, False))
    answer = program.get("entries?itemsPerPage=2").json()
    assert (answer["hydra:totalItems"], answer["sluice:totalIsExact"]) == (5, False)
    assert "hydra:last" not in answer["hydra:view"]
    assert "hydra:next" in answer["hydra:view"]


@pytest.mark.parametrize("path", ["entries", "entries.jsonld", "entries/1"])
def test_without_a_token_it_is_oauths_refusal(program, path):
    program.token = "wrong"
    answer = program.get(path)
    assert (answer.status_code, set(answer.json())) == (401, {"error", "error_description"})
    assert answer["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("role", sorted(roles.ALL))
def test_each_method_has_its_roles(entries, role):
    program = Program(role)
    answers = [program.get().status_code, program.post('{"action": "done"}').status_code]
    assert answers == {roles.ADMIN: [200, 201], roles.SUPER: [200, 403]}.get(role, [403, 403])


def test_too_many_calls_wait(program, allow):
    allow(all=1)
    assert [program.get().status_code for _ in range(2)] == [200, 429]
    refused = program.get()
    assert (refused.json()["@type"], int(refused["Retry-After"]) > 0) == ("hydra:Error", True)


def test_other_methods_are_named_those_that_are_there_and_options_lists_them(program):
    refused, options = program.ask("PUT", "entries"), program.ask("OPTIONS", "entries")
    assert (refused.status_code, refused.json()["@type"]) == (405, "hydra:Error")
    assert refused["Allow"] == options["Allow"] == "GET, HEAD, POST, OPTIONS"
    assert options.status_code == 204


def test_head_tells_what_get_would_without_saying_it(program, entries):
    answer = program.ask("HEAD", "entries")
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize(
    "path",
    ["entries/0", "entries/x", "entries/1/more", "entries/", "nothing", "entries/1%0A", "entries%0A"],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_an_address_that_is_none_is_a_hydra_404(program, path, method):
    answer = program.ask(method, path)
    assert (answer.status_code, answer.json()["@type"], answer.json()["violations"]) == (404, "hydra:Error", [])


@pytest.mark.parametrize("pk", [2**63 - 1, 2**63])
def test_an_item_that_is_not_there_is_a_hydra_404(program, pk):
    answer = program.get(f"entries/{pk}")
    assert (answer.status_code, answer.json()["@type"]) == (404, "hydra:Error")


def test_a_client_finds_its_way_from_the_entry_point(client):
    entry = client.get("/api/v4")
    assert (entry["Content-Type"], entry.json()["@type"], entry.json()["entries"]) == (
        "application/ld+json",
        "EntryPoint",
        "/api/v4/entries",
    )
    scoped = entry.json()["scopedEntries"]
    assert scoped["@id"] == "/api/v4/scoped-entries"
    needed = {mapping["variable"] for mapping in scoped["hydra:search"]["hydra:mapping"] if mapping["required"]}
    assert needed == {"campaign.id"}
    assert client.get("/api/v4/").json() == entry.json()
    assert client.post("/api/v4").status_code == 405


def test_every_answer_links_to_the_documentation_which_names_classes_and_their_operations(program):
    link = program.get("entries")["Link"]
    assert link == '<http://testserver/api/v4/docs.jsonld>; rel="http://www.w3.org/ns/hydra/core#apiDocumentation"'
    document = Client().get("/api/v4/docs.jsonld")
    assert document["Content-Type"] == "application/ld+json"
    classes = {entry["hydra:title"]: entry for entry in document.json()["hydra:supportedClass"]}
    properties = {entry["hydra:title"]: entry for entry in classes["Entry"]["hydra:supportedProperty"]}
    assert (properties["id"]["hydra:writeable"], properties["action"]["hydra:required"], properties["notes"]["hydra:readable"]) == (
        False,
        True,
        False,
    )
    assert [operation["hydra:method"] for operation in classes["Entry"]["hydra:supportedOperation"]] == ["GET", "DELETE"]


def test_contexts_are_open_to_everybody(client):
    assert "hydra" in client.get("/api/v4/contexts/Entry").json()["@context"]
    assert client.get("/api/v4/contexts/Nothing").status_code == 404


@pytest.mark.parametrize("path", ["", "/", "/docs.jsonld", "/contexts/Entry", "/contexts/Nothing", "/entries", "/entries/1", "/nothing"])
def test_whatever_is_answered_links_to_the_documentation(client, path):
    assert client.get(f"/api/v4{path}")["Link"].startswith("<http://testserver/api/v4/docs.jsonld>")


def test_what_is_made_names_its_address(program):
    answer = program.post('{"@context": "/x", "@id": "/y", "@type": "Z", "action": "done"}')
    assert answer.status_code == 201
    assert answer["Location"] == answer.json()["@id"] == f"/api/v4/entries/{AuditEntry.objects.get().pk}"


@pytest.mark.parametrize(
    "kind", ["application/json", "application/ld+json", "application/merge-patch+json", "application/json; charset=UTF-8"]
)
def test_every_kind_of_json_is_read(program, kind):
    assert program.post('\ufeff{"action": "dône"}'.encode(), kind).json()["action"] == "dône"


def test_a_refusal_of_a_service_names_its_property_and_keeps_its_status(program):
    answer = program.post('{"action": "nothing"}')
    assert answer.status_code == 409
    assert answer.json()["violations"] == [{"propertyPath": "action", "message": "Nothing cannot be done."}]


def test_properties_that_are_none_and_those_that_are_missing_are_named(program):
    assert set(violations(program.post('{"colour": 1, "taste": 2}'))) == {"colour", "taste"}
    assert set(violations(program.post('{"action": ""}'))) == {"action"}
    assert not AuditEntry.objects.exists()


HOSTILE = {
    "nothing": (b"", 400), "a list": (b"[]", 400), "null": (b"null", 400), "text": (b'"x"', 400), "half": (b'{"action":', 400),
    "two": (b"{}{}", 400), "not UTF-8": (b'{"action": "\xff"}', 400), "UTF-16": ('{"action": "x"}'.encode("utf-16"), 400),
    "twice": (b'{"action": "a", "action": "b"}', 400), "twice within": (b'{"action": {"a": 1, "a": 2}}', 400),
    "NUL": (b'{"action": "a\\u0000"}', 400), "NUL in a name": (b'{"action": {"\\u0000": 1}}', 400), "half a character": (b'{"action": "\\ud800"}', 400),
    "half a character in a name": (b'{"\\udfff": 1}', 400), "NaN": (b'{"action": NaN}', 400), "infinity": (b'{"action": -Infinity}', 400),
    "much": (b'{"action": 1e999999}', 400), "large": (b'{"action": 99999999999999999999}', 400), "very large": (b'{"action": 1' + b"0" * 400_000 + b"}", 400),
    "deep": (b'{"action": ' + b"[" * 12 + b"]" * 12 + b"}", 400), "very deep": (b'{"action": ' + b"[" * 100_000, 400),
    "wide": (b'{"action": [' + b"[]," * 30_000 + b"[]]}", 400), "too much": (b'{"action": "' + b"x" * 600_000 + b'"}', 413),
    "a byte order mark alone": (b"\xef\xbb\xbf", 400), "unknown": (b'{"constructor": {"prototype": 1}}', 400),
}  # fmt: skip


@pytest.mark.parametrize("label", HOSTILE)
def test_hostile_bodies_are_refused_in_words_and_nothing_is_kept_of_them(program, label):
    body, status = HOSTILE[label]
    answer = program.post(body)
    assert (answer.status_code, answer.json()["@type"]) == (status, "hydra:Error")
    assert answer.json()["hydra:description"]
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(
    "kind",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=b",
        "application/json; charset=utf-16",
        "application/xml",
    ],
)
def test_bodies_of_other_kinds_are_refused(program, kind):
    answer = program.post(b'{"action": "x"}', kind)
    assert (answer.status_code, answer.json()["@type"]) == (415, "hydra:Error")


VALUES = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(),
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(some.text(), inner, max_size=4),
    max_leaves=12,
)


@given(body=VALUES | some.dictionaries(some.sampled_from(["action", "notes", "@id"]), VALUES) | some.binary(max_size=60))
def test_whatever_is_sent_is_made_or_refused(program, body):
    answer = program.post(body if isinstance(body, bytes) else json.dumps(body))
    assert answer.status_code in (201, 400, 409)
    assert answer.json()["@type"] in ("Entry", "hydra:Error")


@given(
    name=some.sampled_from(["campaign.id", "action", "createdTs[after]", "page", "itemsPerPage", "after", "order[id]", "x"]),
    value=some.text(max_size=40),
)
def test_whatever_is_asked_is_answered_or_refused(program, name, value):
    answer = program.client.get(
        "/api/v4/entries", {name: value.encode(errors="surrogatepass")}, headers={"Authorization": f"Bearer {program.token}"}
    )
    assert answer.status_code in (200, 400)


@pytest.mark.sql
def test_the_same_request_with_a_key_is_done_once(program):
    first, second = (program.post('{"action": "done"}', Idempotency_Key="k1") for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert (first.json(), first["Location"]) == (second.json(), second["Location"])
    assert AuditEntry.objects.count() == 1
    assert program.post('{"action": "other"}', Idempotency_Key="k1").status_code == 409
    assert program.post('{"action": "nothing"}', Idempotency_Key="k2").status_code == 409
    assert AuditEntry.objects.count() == 1


def test_what_the_caller_has_already_is_not_sent_again(program, entries):
    path = f"entries/{entries[0].pk}"
    first = program.get(path)
    assert first["ETag"] == f'"{entries[0].pk}"'
    for known in (first["ETag"], f'"other", W/{first["ETag"]}', "*"):
        again = program.get(path, If_None_Match=known)
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    assert program.get(path, If_None_Match='"other"').status_code == 200


def patterns(of) -> Iterator[URLPattern]:
    for pattern in of:
        yield from [pattern] if isinstance(pattern, URLPattern) else patterns(pattern.url_patterns)


def test_every_address_of_the_api_is_a_viewsets():
    found = [pattern for pattern in patterns(get_resolver("config.urls").url_patterns) if str(pattern.pattern).startswith("^api/v4/")]
    plain = [pattern.name for pattern in found if not issubclass(getattr(pattern.callback, "cls", object), hydra.HydraViewSet)]
    assert set(plain) == {"api_entry_point", "api_context"}
    assert len(found) > 30

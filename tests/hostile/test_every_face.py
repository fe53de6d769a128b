"""Hostile requests to every API: each gets a clear refusal in the API's own shape, soon, and leaves nothing behind.

Each table is sent in full to one operation of every group that is read by the same code (see readers.py), and in part to all others.
"""

import json

import pytest
from django.db import transaction

from config.core.errors import HOSTS
from leads.models import Lead
from tests.hostile.description import Operation, operations
from tests.hostile.readers import with_ids_of_their_own, with_parameters_of_their_own, with_readers_of_their_own
from tests.hostile.wire import BOUND
from tests.hostile.world import V4
from tests.laws.writes import recorded_writes

pytestmark = pytest.mark.django_db

OPERATIONS = list(operations())
WITH_IDS = [operation for operation in OPERATIONS if operation.parameters("path")]
WITH_BODIES = [operation for operation in OPERATIONS if operation.bodies]
WITHOUT_BODIES = [operation for operation in OPERATIONS if not operation.bodies and operation.method == "get"]
URLENCODED, MULTIPART, JSON = "application/x-www-form-urlencoded", "multipart/form-data; boundary=b", "application/json"
LEAD = "form[firstName]=A&form[lastName]=B&form[email]=a@example.com"
VERDICT = "reason=Returned&user=Ann"
FIELDS = f"{LEAD}&username=a&password=b&grant_type=password".encode()

WITH_IDS_OF_THEIR_OWN, WITH_PARAMETERS_OF_THEIR_OWN = with_ids_of_their_own(), with_parameters_of_their_own()

every_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=str)
every_post = pytest.mark.parametrize("operation", WITH_BODIES, ids=str)


@pytest.fixture(scope="module")
def in_full(world) -> set[Operation]:
    """The operations that get the full tables."""
    with transaction.atomic():
        found = with_readers_of_their_own(world)
        transaction.set_rollback(True)
    return found


def complaints(operation: Operation, answers: dict) -> dict:
    """Label → what is wrong with the answer to it: an error of ours, an answer that nobody described, a wait."""
    wrong = {}
    for label, answer in answers.items():
        complaint = operation.complaint(answer) if answer.status < 500 else answer.body.decode()
        if answer.status >= 500 or complaint or answer.seconds > BOUND:
            wrong[label] = (answer.status, complaint, round(answer.seconds, 2))
    return wrong


AUDITED_READS = {"leads/{id}", "lead-datas", "lead-datas/{id}", "lead-editable-fields", "campaign-lead-batches/{id}/download"}
"""They leave an entry in the audit trail: staff that read a lead unmasked, and whoever downloads a file."""


@every_operation
def test_with_valid_credentials_one_gets_past_the_door(operation, world):
    """Otherwise all further requests would test the authentication alone."""
    with recorded_writes() as written:
        if URLENCODED in operation.bodies:
            answer = world.ask(operation, f"{LEAD}&{VERDICT}&{world.login}&{world.feedback}".encode(), {"Content-Type": URLENCODED})
        elif operation.bodies:
            answer = world.ask(operation, world.example(operation), {"Content-Type": JSON})
        else:
            answer = world.ask(operation, query=world.needed(operation))
    assert answer.status in (200, 201, 202, 204), answer.body
    audited = operation.path.removeprefix(V4) in AUDITED_READS
    written = [entry for entry in written if not (audited and entry.startswith('INSERT INTO "core_auditentry"'))]
    assert operation.method != "get" or not operation.security or written == []
    assert operation.complaint(answer) == ""


LARGEST_ID = str(2**63 - 1)
ODD_IDS = [
    "0", "-1", "+1", "1.0", "1e3", "0x1", "01", "1_000", LARGEST_ID, str(2**63), "9" * 30, "9" * 3000, "%00", "1%00", "%ff", "%C3%28", "%ED%A0%80",
    "%D9%A1", "%EF%BC%91", "1%20", "%201", "1%0A", "1%0D%0AX:y", "..", "%2e%2e%2f1", "1%2F2", "1;2", "1'--", "1%20OR%201=1", "null",
    "undefined", "NaN", "true", "[]", "{}", "%7B7*7%7D", "$%7Bjndi%7D", "%F0%9F%99%82", "%25", "%", "%zz", "x" * 3000, "", "*",
]  # fmt: skip


A_FEW_ODD_IDS = ["0", "01", LARGEST_ID, str(2**63), "9" * 3000, "%00", "%ff", "x" * 3000]


@pytest.mark.parametrize("operation", WITH_IDS, ids=str)
def test_an_odd_id_in_any_place_of_an_address_is_not_found(operation, world):
    """A face that knows nobody there may as well ask first who it is. What is sent with the id is a body the operation would read."""
    body, kind = (FIELDS, URLENCODED) if URLENCODED in operation.bodies else (b"{}", JSON)
    for place in [parameter["name"] for parameter in operation.parameters("path")]:
        answers = {
            odd: world.ask(operation, body, {"Content-Type": kind}, target=world.target(operation, **{place: odd}))
            for odd in (ODD_IDS if operation in WITH_IDS_OF_THEIR_OWN else A_FEW_ODD_IDS)
        }
        largest = answers.pop(LARGEST_ID)
        assert largest.status == 404 or (largest.status == 400 and operation.bodies), "the body may be refused before the row is looked for"
        assert complaints(operation, {LARGEST_ID: largest}) == {}
        assert {odd: answer.status for odd, answer in answers.items() if answer.status != 404} == {}
        assert complaints(operation, {odd: answer for odd, answer in answers.items() if odd}) == {}


ODD_QUERIES = [
    "%ff", "%", "%zz=%", "=", "&&&&", "a=%00", "=1", "%00=1", "a[]=1&a[]=2", "a[b][c]=1", "__proto__=1", "&".join(f"a{n}" for n in range(5000)),
    "a=" + "x" * 1_000_000, ";a=1;b=2", "%F0%9F%99%82=%F0%9F%99%82", "?" * 3000, "#", "+" * 1000, "format=" + "y" * 1000,
]  # fmt: skip
ODD_VALUES = [
    "",
    "%00",
    "1%00",
    "%ff",
    "%ED%A0%80",
    "-1",
    "0",
    str(2**63),
    "9" * 5000,
    "x" * 100_000,
    "%F0%9F%99%82",
    "1&{}=2",
    "1&{}=%ff",
    "[]",
    "'",
    "null",
]


NUMBERS = [
    "-0",
    "+1",
    "01",
    "1.0",
    "1e3",
    "1e400",
    "1_000",
    "1,000",
    "0x1f",
    "%D9%A5",
    "%EF%BC%95",
    "NaN",
    str(2**31),
    str(2**63 - 1),
    "-" + "9" * 5000,
]
DAYS = [
    "0001-01-01", "9999-12-31", "0000-01-01", "10000-01-01", "2023-02-29", "2026-W01-1", "20260131", "0001-01-01T00:00:00%2B14:00", "now",
    "9999-12-31T23:59:59-14:00", "9999-12-31T23:59:59.999999Z", "0001-01-01T00:00:00Z", "2026-01-31T24:00:00Z", "2026-01-31%00", "infinity",
    "%D9%A2%D9%A0%D9%A2%D9%A6-01-31",
]  # fmt: skip
ENDS_OF_THE_CALENDAR = ("0001-01-01", "9999-12-31", "9999-12-31T23:59:59.999999Z", "0001-01-01T00:00:00Z")
A_FEW_ODD_VALUES = ["", "%00", str(2**63), "x" * 300, "[]"]
A_FEW_ODD_QUERIES = ["%ff", "%00=1", "a[b][c]=1"]


@every_operation
def test_odd_queries_are_refused_or_not_looked_at(operation, world, in_full, nothing_half_done):
    """Each parameter alone: with all values where its parser or its description is the first of its kind, with a few elsewhere."""
    named = [parameter["name"] for parameter in operation.parameters("query")]
    alone = [name for name in named if (operation, name) in WITH_PARAMETERS_OF_THEIR_OWN]
    if operation in in_full:
        asked, alone = list(ODD_QUERIES), [*alone, "access_token", "apikey"]
    else:
        asked = list(A_FEW_ODD_QUERIES)
    for names in (named, *([name] for name in alone)):
        asked += ["&".join(f"{name}={value.replace('{}', name)}" for name in names) for value in ODD_VALUES if names]
    asked += [f"{name}={value}" for name in named if name not in alone for value in A_FEW_ODD_VALUES]
    answers = {f"{query[:60]}…{query[-30:]}": world.ask(operation, query=query) for query in asked}
    assert complaints(operation, answers) == {}


@pytest.mark.parametrize("operation", WITHOUT_BODIES, ids=str)
def test_every_date_and_number_of_every_parameter_is_answered(operation, world):
    """The ends of the calendar are dates like any other."""
    for parameter in operation.parameters("query"):
        name, schema = parameter["name"], parameter["schema"]
        values = DAYS if name.endswith(("after]", "before]")) else NUMBERS if "integer" in str(schema) or name == "after" else []
        needed = "&".join(part for part in world.needed(operation).split("&") if part and not part.startswith(f"{name}="))
        answers = {value: world.ask(operation, query=f"{needed}&{name}={value}") for value in values}
        assert complaints(operation, answers) == {}, name
        ends = [end for end in ENDS_OF_THE_CALENDAR if schema.get("format") != "date" or "T" not in end]
        assert not values or values is NUMBERS or {answers[end].status for end in ends} == {200}, name


ODD_HEADERS = {
    "charset nobody knows": {"Content-Type": f"{URLENCODED}; charset=nonsense"},
    "charset that is none for texts": {"Content-Type": f"{URLENCODED}; charset=rot13"},
    "charset that refuses everything": {"Content-Type": f"{URLENCODED}; charset=undefined"},
    "charset with a NUL": {"Content-Type": f"{URLENCODED}; charset=a\x00"},
    "charset of two bytes": {"Content-Type": f"{URLENCODED}; charset=utf-16"},
    "encoded parameter in no charset": {"Content-Type": f"{URLENCODED}; charset*=nonsense''x"},
    "parameter in pieces and whole": {"Content-Type": f"{URLENCODED}; charset*=a; charset*0=b"},
    "a thousand parameters": {"Content-Type": URLENCODED + ";a=b" * 1000},
    "no kind": {"Content-Type": ";"},
    "bytes": {"Content-Type": "\xff\xfe\x80"},
    "boundary in no charset": {"Content-Type": "multipart/form-data; boundary*=nonsense''b"},
    "session with a NUL": {"Cookie": 'NAME="aaaaaaaaaaaa\\000"'},
    "session of another kind": {"Cookie": "NAME=%00%ff; NAME=../../etc/passwd"},
    "cookies of bytes": {"Cookie": "\xff=\xfe; =; ;;; a"},
    "two kinds of credentials": {"Authorization": "Basic YTpi"},
    "bearer of nothing": {"Authorization": "Bearer"},
    "bearer of bytes": {"Authorization": "Bearer \xff\x00\xfe"},
    "bearer of much": {"Authorization": "Bearer " + "x" * 8000},
    "bearer twice": {"Authorization": "Bearer a, Bearer b"},
    "key for once that is blank": {"Idempotency-Key": " "},
    "key for once of bytes": {"Idempotency-Key": "\xff\x80"},
    "key for once of control characters": {"Idempotency-Key": "a\x00\x1b"},
    "key for once that is long": {"Idempotency-Key": "k" * 8000},
    "request id of bytes": {"X-Request-ID": "\xff\r\n" * 9},
    "forwarded for nobody": {"X-Forwarded-For": "\xff,,,%00," * 99},
    "browser of bytes": {"User-Agent": "\x00\xff" * 4000},
    "accepts nonsense": {"Accept": ";;q=,,*/\xff" * 99, "Accept-Language": "x" * 8000, "Accept-Encoding": "\xff"},
    "a hundred headers": {f"X-{n}": "x" for n in range(100)},
    "asks for a switch": {"Upgrade": "h2c", "Connection": "Upgrade", "Expect": "nonsense", "Range": "bytes=-1", "If-None-Match": "\xff"},
    "another method in a header": {"X-HTTP-Method-Override": "DELETE"},
}  # fmt: skip


A_FEW_ODD_HEADERS = (
    "charset nobody knows", "bytes", "session with a NUL", "two kinds of credentials", "bearer of bytes", "key for once of bytes",
    "key for once of control characters", "key for once that is long",
)  # fmt: skip


@every_operation
def test_odd_headers_are_refused_or_not_looked_at(operation, world, in_full, settings, nothing_half_done):
    kind = {"Content-Type": URLENCODED} if operation.bodies else {}
    answers = {}
    for label in ODD_HEADERS if operation in in_full else A_FEW_ODD_HEADERS:
        headers = ODD_HEADERS[label]
        sent = {name: value.replace("NAME", settings.SESSION_COOKIE_NAME) for name, value in {**kind, **headers}.items()}
        answers[label] = world.ask(operation, FIELDS if operation.bodies else b"", sent)
    assert complaints(operation, answers) == {}


ODD_HOSTS = ["elsewhere.example", "", "\xff", "[::1", "127.0.0.1/..", "a b"]


@every_operation
def test_another_host_name_is_refused_in_the_shape_of_the_face(operation, world, in_full):
    hosts = ODD_HOSTS if operation in in_full else ODD_HOSTS[:2]
    answers = {host: world.ask(operation, headers={"Host": host}) for host in hosts}
    assert {host: (answer.status, answer.kind) for host, answer in answers.items()} == dict.fromkeys(hosts, (400, "application/json"))
    assert all(answer.json == {"code": 400, "message": HOSTS.lifts("This host name is not one of ours.")} for answer in answers.values())


ODD_BODIES = {
    "empty": b"", "bytes": bytes(range(256)), "NULs": b"\x00" * 9999, "not UTF-8": b"form[firstName]=\xff&username=%ff&grant_type=%ED%A0%80",
    "BOM": b"\xef\xbb\xbf" + FIELDS, "UTF-16": FIELDS.decode().encode("utf-16"), "half a percent": b"form[firstName]=%&username=%z",
    "no names": b"&=&==&" * 100, "a hundred thousand fields": b"&".join(b"f%d=" % n for n in range(60_000)),
    "a megabyte": b"form[firstName]=" + b"x" * 1_000_000, "nearly half a megabyte": b"username=" + b"x" * 500_000,
    "nested names": b"form[a][b]=1&form[]=2&form=3&form[=4&form]=5&[form]=6&username[]=7", "PHP's": b"form[firstName][]=1&form[firstName][]=2",
    "unicode in names": "form[ﬁrstName]=1&form[first\u200bName]=2&form[\u202eemail]=3&ｆorm[email]=4&form[email\x00]=5".encode(),
    "twice": FIELDS + b"&" + FIELDS.replace(b"=A", b"=C").replace(b"=a", b"=c"), "another encoding": b"\x1f\x8b\x08" + bytes(999),
    "an object": b"{}", "a list": b"[]", "null": b"null", "nothing but an opening": b"{", "twice the same": b'{"form":{"a":1,"a":2},"form":{},"username":"a","username":"b"}',
    "deep lists": b"[" * 100_000, "deep objects": b'{"form":' * 50_000, "deep and whole": b'{"form":{"firstName":' + b"[" * 400 + b"]" * 400 + b'},"username":' + b"[" * 400 + b"]" * 400 + b"}",
    "wide": b'{"form":{"firstName":[' + b"[]," * 100_000 + b"[]]}}", "huge numbers": b'{"form":{"firstName":1' + b"0" * 400_000 + b',"lastName":1e999999},"username":1' + b"0" * 9999 + b"}",
    "no numbers": b'{"form":{"firstName":NaN,"lastName":-Infinity}}', "half characters": b'{"form":{"firstName":"\\ud800","\\udfff":1},"username":"\\ud800","password":"\\udc00","grant_type":"\\ud800"}',
    "NUL characters": b'{"form":{"firstName":"\\u0000","\\u0000":1},"username":"\\u0000","password":"\\u0000","grant_type":"\\u0000"}',
    "wrong types": b'{"form":[],"username":{"a":1},"password":[1],"grant_type":true,"client_id":1.5,"externalId":{},"ip":[]}',
    "form is no object": b'{"form":"x","username":null}', "many keys": json.dumps({f"k{n}": n for n in range(30_000)}).encode(),
    "a part without an end": b'--b\r\nContent-Disposition: form-data; name="username"\r\n\r\nx',
    "a part without a name": b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n",
    "a name in no charset": b"--b\r\nContent-Disposition: form-data; name*=nonsense''x\r\n\r\nx\r\n--b--\r\n",
    "a name in pieces and whole": b"--b\r\nContent-Disposition: form-data; name*=x; name*0=y\r\n\r\nx\r\n--b--\r\n",
    "a file": b'--b\r\nContent-Disposition: form-data; name="username"; filename="../../x"\r\nContent-Type: \xff; charset=rot13\r\n\r\nx\r\n--b--\r\n',
    "base64 that is none": b'--b\r\nContent-Disposition: form-data; name="username"\r\nContent-Transfer-Encoding: base64\r\n\r\n=====!\r\n--b--\r\n',
    "ten thousand parts": b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n\r\n' * 9_000 + b"--b--\r\n",
    "a part of headers": b"--b\r\n" + b"X: y\r\n" * 50_000 + b"\r\nx\r\n--b--\r\n",
    "files": b'--b\r\nContent-Disposition: form-data; name="x"; filename="y"\r\n\r\n\r\n' * 5_000 + b"--b--\r\n",
}  # fmt: skip
KINDS = (URLENCODED, MULTIPART, JSON, "text/plain", "text/xml", "application/octet-stream", "nonsense", "")


READABLE_BODIES = {
    JSON: (
        "not UTF-8", "an object", "a list", "null", "twice the same", "deep and whole", "huge numbers", "half characters", "NUL characters",
        "wrong types", "form is no object", "many keys",
    ),
    URLENCODED: ("not UTF-8", "an object", "half a percent", "no names", "nested names", "PHP's", "unicode in names", "twice"),
    MULTIPART: ("an object", "a part without a name", "a file", "base64 that is none"),
}  # fmt: skip
"""Bodies that a parser may accept, so that the operation itself has to refuse them, and bodies that break careless parsers."""
OF_A_KIND_THAT_IS_NOT_READ = ("empty", "bytes", "an object", "nothing but an opening", "a part without an end", "a megabyte")


def odd_bodies(operation: Operation, *, in_full: bool) -> list[tuple[str, str]]:
    """Return pairs of a content type and the label of a body."""
    read = [kind for kind in READABLE_BODIES if kind.partition(";")[0] in operation.bodies]
    unread = [kind for kind in KINDS if kind not in read] if in_full else ["text/plain"]
    labels = dict.fromkeys(read, ODD_BODIES) if in_full else {kind: READABLE_BODIES[kind] for kind in read}
    labels |= dict.fromkeys(unread, OF_A_KIND_THAT_IS_NOT_READ if in_full else ("bytes",))
    return [(kind, label) for kind in labels for label in labels[kind]]


@every_post
def test_odd_bodies_are_refused_in_words_and_nothing_is_kept_of_them(operation, world, in_full, nothing_half_done):
    before = Lead.objects.count()
    sent = odd_bodies(operation, in_full=operation in in_full)
    answers = {(kind, label): world.ask(operation, ODD_BODIES[label], {"Content-Type": kind}) for kind, label in sent}
    assert complaints(operation, answers) == {}
    taken = {sent for sent, answer in answers.items() if not 400 <= answer.status < 500}
    if operation.method in ("put", "patch"):
        taken.discard((JSON, "an object"))  # to change nothing is no mistake
    if URLENCODED in operation.bodies and "additionalProperties" in operation.details["requestBody"]["content"][URLENCODED]["schema"]:
        taken = {(kind, label) for kind, label in taken if kind not in (URLENCODED, MULTIPART)}  # any text is the name of a field
    assert taken == set()
    assert Lead.objects.count() == before


@pytest.mark.parametrize("operation", WITHOUT_BODIES, ids=str)
def test_a_body_where_none_is_asked_for_changes_nothing(operation, world, in_full):
    query = world.needed(operation)
    plain = world.ask(operation, query=query)
    sent = [(kind, body) for kind in KINDS for body in (FIELDS, b"\xff" * 9999, b"{")]
    sent = sent if operation in in_full else [(URLENCODED, FIELDS), (JSON, b"{")]
    answers = [world.ask(operation, body, {"Content-Type": kind}, query=query) for kind, body in sent]
    assert {answer.status for answer in answers} == {plain.status}


LIES = {
    "more than comes": {"Content-Length": "5000"}, "none": {"Content-Length": ""}, "a word": {"Content-Length": "many"}, "negative": {"Content-Length": "-1"},
    "two": {"Content-Length": "3, 4"}, "a terabyte": {"Content-Length": str(2**40)}, "no number at all": {"Content-Length": "9" * 5000},
    "other digits": {"Content-Length": "\xb2\xb3"}, "chunks": {"Content-Length": "", "Transfer-Encoding": "chunked"}, "decimal": {"Content-Length": "12.5"},
}  # fmt: skip


@every_post
def test_a_length_that_is_a_lie_takes_nothing_in(operation, world, in_full, nothing_half_done):
    before = Lead.objects.count()
    lies = LIES if operation in in_full else {label: LIES[label] for label in ("more than comes", "chunks")}
    answers = {label: world.ask(operation, FIELDS, {"Content-Type": URLENCODED, **lie}) for label, lie in lies.items()}
    assert complaints(operation, answers) == {}
    assert {label: answer.status for label, answer in answers.items() if answer.status not in (400, 411, 413)} == {}
    assert Lead.objects.count() == before

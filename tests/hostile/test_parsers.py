"""Parsers of foreign input return something that can be stored, or refuse with a message."""

import ipaddress
import json
from urllib.parse import parse_qsl, urlencode

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.test import RequestFactory, override_settings
from hypothesis import example, given
from hypothesis import strategies as some

from campaigns.models import FormField
from campaigns.submission import Field
from config.core import client_address
from config.core.api import content_type
from config.core.errors import DomainError
from config.core.ids import LARGEST_ID
from config.core.pg_text import is_storable
from leads.api import origin, query, request_body
from leads.api.query import RowId, optional_id
from leads.api.request_body import LeadSubmission
from leads.intake import normalize, validation
from leads.intake.validation import NotOneText, as_text
from leads.values import emails, texts

rf = RequestFactory()

anything = some.text(some.characters(), max_size=60)  # NUL and halves of surrogate pairs among them
latin = some.text(some.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=120)
value = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | anything | some.binary(),
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(anything, inner, max_size=4),
    max_leaves=8,
)
plain = some.text(some.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)
form_name = plain.filter(lambda name: name == name.strip() and not set(name) & set('[]"\\'))
URLENCODED, MULTIPART, JSON = "application/x-www-form-urlencoded", "multipart/form-data; boundary=b", "application/json"


def post(body: bytes, kind: str) -> WSGIRequest:
    return rf.generic("POST", "/", body, kind)


def outcome(read, error: type[Exception] = DomainError):
    """Return the result, or the refusal. A refusal without a message and any other exception fail the test."""
    try:
        return read(), None
    except error as refusal:
        if not str(refusal):
            raise
        return None, refusal


header_parts = some.lists(some.sampled_from(["charset", "boundary", "*", "*0", "*1*", "=", "'", ";", '"', "utf-8", "rot13", "hex", "%ff", " ", "\x00", "\\"]), max_size=14)  # fmt: skip


@given(header=latin | header_parts.map("".join).map("multipart/form-data;{}".format))
@example("text/plain; charset*=nonsense''x")
@example("text/plain; charset*=a; charset*0=b")
@example("text/plain; charset=rot13")
@example("text/plain; charset=\x00")
def test_django_can_bear_every_content_type_that_was_made_readable(header):
    readable = content_type.readable(header)
    request = rf.get("/?a=%ff&b=1", headers={"Content-Type": readable}, CONTENT_TYPE=readable)
    assert request.GET["b"] == "1"
    label = request.content_params.get("charset", "utf-8")
    assert readable == header or label == "unreadable" or content_type.charset_named(label).name == label
    again = content_type.readable(readable)
    assert again == (readable if label != "unreadable" else f"{readable.partition(';')[0]}; charset=unreadable")


@pytest.mark.parametrize(
    ("header", "charset", "boundary"),
    [
        (f"{URLENCODED}; charset=latin1", "windows-1252", None),
        (f"{URLENCODED}; CHARSET='ISO_8859-1'", "windows-1252", None),
        (f'{JSON};charset="US-ASCII"', "US-ASCII", None),
        ('multipart/form-data; boundary="a b;c"; charset=cp1252', "windows-1252", "a b;c"),
        ("multipart/form-data; charset=utf_8; boundary=x", "UTF-8", "x"),
        ("multipart/form-data; charset=shift_jis; boundary=x", "unreadable", None),
    ],
)
def test_a_known_charset_gets_the_name_that_django_knows_and_nothing_else_is_lost(header, charset, boundary):
    request = rf.generic("POST", "/", b"x", content_type.readable(header))
    assert request.content_type == header.partition(";")[0]
    assert (request.content_params["charset"], request.content_params.get("boundary")) == (charset, boundary)


@pytest.mark.parametrize("header", ["", URLENCODED, JSON, "text/plain; charset=UTF-8", 'multipart/form-data; boundary="a b"; charset=utf8'])
def test_a_content_type_of_honest_people_stays_as_it_is(header):
    assert content_type.readable(header) == header


@given(text=latin)
def test_any_query_is_read_or_refused(text):
    request = rf.get("/")
    request.META["QUERY_STRING"] = text
    asked = query.read_parameters(request)
    assert all(isinstance(name, str) and (isinstance(said, str) or len(said) == 2) for name, said in asked.items())
    assert all(optional_id(said) is None or 0 <= optional_id(said) <= LARGEST_ID for said in asked.values())


@given(asked=some.dictionaries(some.text(max_size=10, alphabet=some.characters(exclude_categories=["Cs"])), plain, max_size=6))
def test_a_query_is_read_as_it_was_meant(asked):
    request = rf.get("/")
    request.META["QUERY_STRING"] = urlencode(asked)
    assert query.read_parameters(request) == asked


part_header = some.lists(some.sampled_from(["Content-Disposition: ", "form-data", "; name=", "; name*=", "; name*0=", "; filename=", '"', "a", "utf-8''", "no''", "%ff", "\r\n", "Content-Transfer-Encoding: base64", "Content-Type: ", "text/plain; charset=rot13"]), max_size=12)  # fmt: skip
part = some.builds(
    lambda head, body: b"--b\r\n" + "".join(head).encode() + b"\r\n\r\n" + body + b"\r\n", part_header, some.binary(max_size=30)
)
json_text = value.filter(lambda v: _writable(v)).map(lambda v: json.dumps(v).encode())


def _writable(sent: object) -> bool:
    try:
        json.dumps(sent)
    except TypeError:
        return False
    return True


@given(
    body=some.binary(max_size=200) | json_text | some.lists(part, max_size=4).map(lambda parts: b"".join(parts) + b"--b--\r\n"),
    kind=some.sampled_from([URLENCODED, MULTIPART, JSON, "text/plain", ""]) | latin.map(content_type.readable),
)
@example(b"--b\r\nContent-Disposition: form-data; name*=x; name*0=y\r\n\r\nx\r\n--b--\r\n", MULTIPART)
def test_any_body_is_read_or_refused(body, kind):
    sent, refusal = outcome(lambda: request_body.read_submission(post(body, kind)))
    assert sent or 400 <= refusal.status < 500
    if sent:
        assert all(isinstance(name, str) for name in (*sent.fields, *sent.metadata))
        assert not [name for name in sent.metadata if name.startswith("form[")]


@example(fields={}, beside={"0": "--b"})
@given(
    fields=some.dictionaries(form_name, plain, max_size=5),
    beside=some.dictionaries(form_name.filter(lambda n: not n.startswith("form")), plain, max_size=3),
)
def test_three_wrappings_mean_the_same(fields, beside):
    named = {**{f"form[{name}]": text for name, text in fields.items()}, **beside}
    line = "b" * 40  # longer than any name or value, so that it stands in none of them
    multipart = "".join(f'--{line}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n' for name, text in named.items())
    read = [
        request_body.read_submission(post(urlencode(named).encode(), URLENCODED)),
        request_body.read_submission(post(json.dumps({"form": fields, **beside}).encode(), JSON)),
        request_body.read_submission(post(f"{multipart}--{line}--\r\n".encode(), f"{MULTIPART}{line[1:]}")),
    ]
    assert read == [LeadSubmission(fields, beside)] * 3
    assert parse_qsl(urlencode(named), keep_blank_values=True) == list(named.items())


@given(sent=value | some.integers().map(str) | some.sampled_from(["٣", "1\n", " 1", "01", str(LARGEST_ID), str(LARGEST_ID + 1), "9" * 400]))
def test_an_id_is_a_number_that_rows_have_or_nobodys(sent):
    number = optional_id(sent)
    if number is None:
        assert sent in (None, "")
    else:
        assert 0 <= number <= LARGEST_ID
        assert number == 0 or str(number) == sent


@given(text=some.from_regex(RowId.regex, fullmatch=True))
def test_an_id_in_a_path_is_a_number_that_rows_have(text):
    try:
        assert str(RowId().to_python(text)) == text
    except ValueError:
        assert int(text) > LARGEST_ID


kinds = some.sampled_from(FormField.Type.values)
some_fields = some.lists(
    some.builds(
        Field, name=some.sampled_from(["a", "b", "email", "terms"]), type=kinds, required=some.booleans(),
        max_length=some.integers(1, 300), options=some.lists(plain, max_size=3).map(tuple),
    ),
    max_size=4, unique_by=lambda field: field.name,
)  # fmt: skip
lookalikes = some.sampled_from(["a@b.c", "a@[127.0.0.1]", '"a b"@c.de', "a@xn--", "a@\u3002.de", "a@" + "x." * 99 + "de", "2024-02-30", "1e999", "٣", "true", "\ud800", "-", "+"])  # fmt: skip


@given(
    fields=some_fields,
    sent=some.dictionaries(some.sampled_from(["a", "b", "email", "terms", "extra"]) | anything, value | lookalikes, max_size=5),
)
def test_what_a_form_lets_pass_can_be_kept_and_would_pass_again(fields, sent):
    checked = validation.validate(fields, sent)
    lengths = {field.name: field.max_length for field in fields}
    assert all(is_storable(kept) and len(kept) <= lengths[name] for name, kept in checked.values.items())
    assert all(problem.message and problem.field in {None, *lengths} for problem in checked.problems)
    if not checked.problems:
        assert validation.validate(fields, checked.values) == checked


@given(text=some.text(some.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=400))
@example("\u0390" * 300)
@example("\ufdfa" * 300)
def test_what_is_derived_fits_its_columns_and_is_found_again(text):
    derived = normalize.derive({"firstName": text, "lastName": text, "email": text, "telephone": text})
    columns = derived._asdict()
    assert all(len(kept) <= normalize.length_of(column) and is_storable(kept) for column, kept in columns.items())
    assert derived.phone.removeprefix("+").isdigit() or derived.phone == ""
    assert derived.phone.isascii()
    assert texts.fold_accents(derived.name_key) == derived.name_key
    assert emails.canonical(derived.email) == derived.email


@given(sent=value)
def test_one_text_is_a_text_that_can_be_kept_or_none(sent):
    text, refusal = outcome(lambda: as_text(sent), NotOneText)
    assert refusal or is_storable(text)


said = some.dictionaries(some.sampled_from(["externalId", "publisherSubId", "landingPageUrl", "userAgent", "ip"]), value | some.just("x" * 3000), max_size=5)  # fmt: skip


@given(beside=said, asked=latin, browser=latin)
def test_where_a_lead_comes_from_fits_its_columns_or_is_refused_by_name(beside, asked, browser):
    request = rf.post("/", headers={"Host": "localhost"})
    request.META |= {"QUERY_STRING": asked, "HTTP_USER_AGENT": browser}
    found, refusal = outcome(lambda: origin.origin_of(request, beside))
    if refusal:
        assert refusal.field in {"externalId", "publisherSubId", "landingPageUrl", "userAgent"}
        return
    texts = {column: text for column, text in found._asdict().items() if column != "ip" and text is not None}
    assert all(is_storable(text) and len(text) <= normalize.length_of(column) for column, text in texts.items())
    assert found.ip is None or ipaddress.ip_address(found.ip)


address = some.ip_addresses().map(str) | some.text(alphabet="0123456789abcdef:.%/ \x00é", max_size=45) | latin


@given(text=address)
def test_an_address_is_one_or_none_and_written_in_one_way(text):
    found = client_address.canonical(text)
    if found is not None:
        assert str(ipaddress.ip_address(found)) == client_address.canonical(found) == found
        assert "%" not in found


@given(forwarded=some.lists(address, max_size=6).map(",".join), proxies=some.integers(-1, 7))
def test_any_forwarding_is_an_address_or_none(forwarded, proxies):
    request = rf.get("/", headers={"X-Forwarded-For": forwarded})
    with override_settings(TRUSTED_PROXIES=proxies):
        found = client_address.peer(request)
    assert found is None or ipaddress.ip_address(found)

"""Content types of leads: urlencoded, multipart and JSON; others and broken bodies are refused with a message."""

import json

import pytest

from tests.intake.sender import JAMES, JSON, URLENCODED

pytestmark = pytest.mark.django_db

TOO_MANY = "The body holds more than 1000 fields."


def refusal(answer) -> str:
    assert answer.json()["code"] == answer.status_code
    return answer.json()["message"]


def named(answer) -> dict[str, str]:
    """Field → message of a refused form."""
    assert (answer.status_code, answer.json()["message"]) == (400, "Validation failed")
    return {problem.get("fieldName", ""): problem["message"] for problem in answer.json()["data"]}


def multipart(parts: dict[str, bytes], disposition: str = 'form-data; name="{}"') -> tuple[bytes, str]:
    body = b"".join(
        b"--b\r\nContent-Disposition: %s\r\n\r\n%s\r\n" % (disposition.format(name).encode(), value) for name, value in parts.items()
    )
    return body + b"--b--\r\n", "multipart/form-data; boundary=b"


@pytest.mark.parametrize("body", [{"form": JAMES}, {f"form[{name}]": value for name, value in JAMES.items()}])
def test_json_may_be_nested_or_named_like_a_form(sender, body):
    assert sender.lead(sender.json(body)).captured == JAMES


def test_urlencoded_and_multipart_and_json_make_the_same_lead(sender):
    values = {**JAMES, "lastName": "Ñandú & Söhne 東京 🙂", "company": ""}
    fields = {f"form[{name}]": value for name, value in values.items()}
    leads = [sender.lead(answer) for answer in (sender.post(values), sender.multipart(fields), sender.json({"form": values}))]
    assert [lead.captured for lead in leads] == [values] * 3


def test_json_numbers_and_booleans_are_kept_as_they_were_written(rich_sender):
    for number in ("1.50", "1e40"):
        body = f'{{"form":{{"firstName":"A","email":"a@example.com","employees":{number},"newsletter":true,"telephone":442079460001,"notes":null}}}}'
        captured = rich_sender.lead(rich_sender.raw(body.encode(), JSON)).captured
        kept = (captured["employees"], captured["newsletter"], captured["telephone"], captured["notes"])
        assert kept == (number, "true", "442079460001", "")


def test_a_body_escaped_as_html_loses_no_value(sender):
    body = "&amp;".join([*(f"form[{name}]={value}" for name, value in JAMES.items()), "publisherSubId=7"])
    lead = sender.lead(sender.raw(body.encode(), URLENCODED))
    assert (lead.captured, lead.publisher_sub_id) == (JAMES, "7")


def test_a_form_without_names_is_refused_with_the_way_to_send_it(sender):
    for form in ([{"name": "firstName", "value": "A"}], "firstName=A", [], "", 7, None, True, [["firstName", "A"]]):
        assert "“form” must hold the fields by name" in refusal(sender.json({"form": form}))
    assert sender.nothing_kept()


@pytest.mark.parametrize("value", [["a", "b"], {"a": 1}, {}, [["a"]], [{"a": 1}]])
def test_json_lists_of_several_and_objects_are_refused_by_field(sender, value):
    assert "form[lastName]" in named(sender.json({"form": {**JAMES, "lastName": value}}))
    assert sender.nothing_kept()


def test_a_field_sent_twice_is_refused_by_name_in_every_wrapping(sender):
    twice = {**JAMES, "email": ["a@example.com", "b@example.com"]}
    nested = b'{"form":{"firstName":"A","lastName":"B","email":"a@example.com","email":"b@example.com"}}'
    answers = [
        sender.post(twice),
        sender.multipart({f"form[{name}]": value for name, value in twice.items()}),
        sender.raw(nested, JSON),
        sender.json({"form": JAMES, "form[email]": "b@example.com"}),
    ]
    assert [list(named(answer)) for answer in answers] == [["form[email]"]] * 4
    assert sender.nothing_kept()


@pytest.mark.parametrize(
    "key",
    [
        "form[firstName][a]",
        "form[firstName][][]",
        "form[firstName][-1]",
        "form[firstName]x",
        "form[][0]",
        "form[]",
        "form",
        "form[firstName",
    ],
)
def test_a_name_that_only_looks_like_a_form_field_counts_as_extra(sender, key):
    fields = {f"form[{name}]": value for name, value in JAMES.items()}
    assert named(sender.multipart({**fields, key: "x"})) == {"": "This form should not contain extra fields."}


def test_what_stands_beside_the_form_is_not_the_forms_business(sender):
    fields = {f"form[{name}]": value for name, value in JAMES.items()}
    assert sender.lead(sender.multipart({**fields, "submit": "Send", "utm_source": "mail"})).captured == JAMES


def test_an_empty_body_names_what_is_required(sender):
    for answer in (sender.raw("", URLENCODED), sender.raw("", ""), sender.json({}), sender.json({"form": {}})):
        assert list(named(answer)) == ["form[firstName]", "form[lastName]", "form[email]"]


@pytest.mark.parametrize("body", ["", "{", "{'form': 1}", '{"form": NaN}', '{"form": Infinity}', '{"a":1}x', "\ufeff", '{"form": "\\ud8"}'])
def test_broken_json_is_refused(sender, body):
    answer = sender.raw(body.encode() or b" ", JSON)
    assert (answer.status_code, refusal(answer).startswith("The body is not valid JSON")) == (400, True)


@pytest.mark.parametrize("body", ["[]", '"form"', "1", "null", "true"])
def test_json_that_is_no_object_is_refused(sender, body):
    answer = sender.raw(body, JSON)
    assert (answer.status_code, refusal(answer)) == (400, 'The body must be a JSON object: {"form": {"firstName": "…"}}.')


@pytest.mark.parametrize("opening", ["[", '{"form":', '{"form":{"email":['])
def test_deeply_nested_json_is_refused(sender, opening):
    answer = sender.raw(opening * 20_000, JSON)
    assert (answer.status_code, refusal(answer)) == (400, "The body is not valid JSON: it is nested too deeply.")


def test_json_numbers_of_any_length_are_only_text(sender):
    answer = sender.raw('{"form":{"firstName":' + "9" * 100_000 + "}}", JSON)
    assert "too long" in named(answer)["form[firstName]"]


@pytest.mark.parametrize("content_type", ["text/plain", "text/xml", "application/octet-stream", "nonsense", "application/x-json"])
def test_another_content_type_is_415(sender, content_type):
    answer = sender.raw(json.dumps({"form": JAMES}), content_type)
    assert (answer.status_code, refusal(answer)) == (
        415,
        "Send the lead as one of: application/x-www-form-urlencoded, multipart/form-data, application/json.",
    )


@pytest.mark.parametrize("charset", ["utf-16", "nonsense", "shift_jis", "idna", "iso-8859-15", "latin2", "x" * 300, "utf-8;q=1"])
def test_another_charset_is_415(sender, charset):
    answer = sender.raw(b"form[firstName]=A", f'{URLENCODED}; charset="{charset}"')
    assert (answer.status_code, "Send the lead in UTF-8." in refusal(answer)) == (415, True)
    body, content_type = multipart({"form[firstName]": b"A"}, f'form-data; name="{{}}"\r\nContent-Type: text/plain; charset="{charset}"')
    assert (sender.raw(body, content_type).status_code, sender.nothing_kept()) == (415, True)


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", "utf8", "'utf-8'", '"utf-8"', "UTF_8"])
def test_utf_8_may_be_named(sender, charset):
    fields = "&".join(f"form[{name}]={value}" for name, value in JAMES.items())
    assert sender.raw(fields, f"{URLENCODED}; charset={charset}").status_code == 201


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"form[firstName]=%FF", URLENCODED),
        (b"form[firstName]=\xff", URLENCODED),
        (b"form[%C3]=x", URLENCODED),
        (b'{"form":{"firstName":"\xff"}}', JSON),
        (json.dumps({"form": JAMES}).encode("utf-16"), JSON),
        multipart({"form[firstName]": b"\xff\xfe"}),
    ],
)
def test_what_is_not_utf_8_is_refused_and_not_replaced(sender, body, content_type):
    answer = sender.raw(body, content_type)
    assert (answer.status_code, refusal(answer)) == (400, "The body is not valid UTF-8.")


def test_nul_and_half_characters_are_refused_by_field_in_every_wrapping(sender):
    nul = {**JAMES, "lastName": "B\x00utt"}
    answers = [
        sender.post(nul),
        sender.multipart({f"form[{name}]": value for name, value in nul.items()}),
        sender.json({"form": nul}),
        sender.json({"form": {**JAMES, "lastName": "\ud800"}}),
    ]
    assert [list(named(answer)) for answer in answers] == [["form[lastName]"]] * 4
    assert sender.nothing_kept()


@pytest.mark.parametrize("name", ["a\x00", "\ud800", "x" * 100_000, "__proto__", "form[x]", ""])
def test_odd_names_are_extra_fields(sender, name):
    assert named(sender.json({"form": {**JAMES, name: "x"}})) == {"": "This form should not contain extra fields."}


def test_a_hundred_thousand_fields_are_refused(sender):
    fields = {f"f{n}": "" for n in range(60_000)}
    many = "&".join(fields)
    assert refusal(sender.raw(many, URLENCODED)) == TOO_MANY
    assert refusal(sender.raw("&" * 100_000, URLENCODED)) == TOO_MANY
    short = "{" + ",".join(f'"{n:x}":0' for n in range(50_000)) + "}"
    assert refusal(sender.raw('{"form":' + short + "}", JSON)) == TOO_MANY
    assert refusal(sender.raw(short, JSON)) == TOO_MANY
    assert sender.multipart({f"f{n}": "" for n in range(2000)}).status_code == 400
    assert sender.nothing_kept()


@pytest.mark.parametrize("size", [512 * 1024 + 1, 3 * 1024 * 1024])
def test_a_body_of_megabytes_is_413(sender, size):
    answers = [sender.post({**JAMES, "lastName": "x" * size}), sender.json({"form": {**JAMES, "lastName": "x" * size}})]
    assert [(answer.status_code, refusal(answer)) for answer in answers] == [(413, "The body is too large: at most 512 kB.")] * 2
    assert sender.nothing_kept()


@pytest.mark.parametrize("headers", [{"Transfer-Encoding": "gzip, chunked"}, {"Content-Length": "many"}, {"Content-Length": "-1"}])
def test_a_body_without_a_length_is_411(sender, headers):
    answer = sender.client.generic("POST", sender.address(), headers=headers)
    message = "Send the body with a Content-Length, or with Transfer-Encoding: chunked and no other coding."
    assert (answer.status_code, refusal(answer)) == (411, message)


def test_nobody_waits_for_a_body_that_was_only_announced(sender):
    answer = sender.client.generic("POST", sender.address(), headers={"Content-Length": "9" * 5000})
    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"--b\r\n", "multipart/form-data"),
        (b"--b\r\n", "multipart/form-data; boundary="),
        (b"--b\r\n", "multipart/form-data; boundary=\xc3\xa9".encode().decode("latin-1")),
        (b"--c\r\nrubbish", "multipart/form-data; boundary=b"),
    ],
)
def test_broken_multipart_is_refused(sender, body, content_type):
    answer = sender.raw(body, content_type)
    assert answer.status_code == 400
    assert sender.nothing_kept()


def test_a_file_is_no_value_of_a_field(sender):
    body, content_type = multipart({"form[firstName]": b"x"}, 'form-data; name="{}"; filename="virus.exe"')
    assert "form[firstName]" in named(sender.raw(body, content_type))

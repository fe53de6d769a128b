"""Posts of browsers, PHP, Java and Node: check boxes, names with brackets, compressed bodies, old charsets."""

import gzip
import json
import zlib
from urllib.parse import quote_plus

import pytest

from campaigns.models import FormField
from tests.intake.sender import JAMES, JSON, URLENCODED
from tests.intake.test_wrappings import multipart, named, refusal

pytestmark = pytest.mark.django_db

LIMIT = 512 * 1024
TICKED = ["on", "On", "ON", "yes", "YES", "y", "Y", "t", "T", "1", "true", "True", " on ", "\tyes\n", "1.0"]
UNTICKED = ["off", "Off", "no", "NO", "n", "N", "f", "F", "0", "false", "FALSE", " no ", "0.0"]
NEITHER = ["maybe", "2", "-1", "oui", "ye", "tru", "checked", "x", "on,off", "0.5"]


@pytest.fixture
def boxes(sender):
    """Two boxes that are no other fields: one of them is the consent."""
    for name, kind in (("news", FormField.Type.CHECKBOX), ("agreed", FormField.Type.OPTIN)):
        FormField.objects.create(form=sender.form, name=name, label=name, type=kind)
    return sender


def test_boxes_are_ticked_in_every_spelling_that_programs_send(boxes):
    for text, is_ticked in [*((text, True) for text in TICKED), *((text, False) for text in UNTICKED)]:
        lead = boxes.lead(boxes.post({**JAMES, "news": text, "agreed": text}))
        assert (lead.captured["news"], lead.opt_in) == (text.strip(), is_ticked), text
    for text in NEITHER:
        assert set(named(boxes.post({**JAMES, "news": text, "agreed": text}))) == {"form[news]", "form[agreed]"}, text


@pytest.mark.parametrize(
    ("sent", "kept", "opted_in"),
    [
        (["0", "1"], "1", True),
        (["off", "on"], "on", True),
        (["", "yes"], "yes", True),
        (["1", "0"], "0", False),
        (["0", "0", "1"], "1", True),
        (["0"], "0", False),
        (["0", ""], "", False),
    ],
)
def test_of_a_box_sent_more_than_once_the_last_value_counts_in_every_wrapping(boxes, sent, kept, opted_in):
    for suffix in ("", "[]"):
        fields = {f"form[{name}]": value for name, value in JAMES.items()} | {f"form[{name}]{suffix}": sent for name in ("news", "agreed")}
        rows = [(name, value) for name, values in fields.items() for value in ([values] if isinstance(values, str) else values)]
        body = "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in rows)
        as_json = "{" + ",".join(f"{json.dumps(name)}:{json.dumps(value)}" for name, value in rows) + "}"
        for answer in (boxes.raw(body, URLENCODED), boxes.multipart(fields), boxes.raw(as_json, JSON)):
            lead = boxes.lead(answer)
            assert (lead.captured["news"], lead.captured["agreed"], lead.opt_in) == (kept, kept, opted_in)


def test_a_box_that_was_sent_once_well_and_once_badly_is_judged_by_the_last(boxes):
    assert list(named(boxes.post({**JAMES, "news": ["1", "maybe"]}))) == ["form[news]"]
    assert boxes.lead(boxes.post({**JAMES, "news": ["maybe", "1"]})).captured["news"] == "1"


@pytest.mark.parametrize("suffix", ["[]", "[0]", "[1]", "[007]", "[999999999]"])
def test_one_value_in_a_name_with_brackets_is_that_value(sender, suffix):
    fields = {f"form[{name}]{suffix}": value for name, value in JAMES.items()}
    body = "&".join(f"{name}={quote_plus(value)}" for name, value in fields.items())
    answers = [
        sender.raw(body, URLENCODED),
        sender.multipart(fields),
        sender.json(fields),
        sender.json({"form": {n: [v] for n, v in JAMES.items()}}),
    ]
    assert [sender.lead(answer).captured for answer in answers] == [JAMES] * 4


def test_several_values_where_one_is_meant_are_refused_by_name(sender):
    fields = "&".join(f"form[{name}]={value}" for name, value in JAMES.items() if name != "email")
    for emails in (
        "form[email][]=a@b.c&form[email][]=d@b.c",
        "form[email][0]=a@b.c&form[email][1]=d@b.c",
        "form[email]=a@b.c&form[email][]=d@b.c",
    ):
        assert named(sender.raw(f"{fields}&{emails}", URLENCODED)) == {"form[email]": "Send exactly one text, number or true/false."}
    assert sender.nothing_kept()


@pytest.mark.parametrize(
    ("body", "content_type", "example"),
    [
        ("firstName=James&lastName=Butt&email=j@example.com", URLENCODED, "firstName"),
        ("email=j@example.com", URLENCODED, "email"),
        ("submit=Send&lastName=Butt", URLENCODED, "lastName"),
        ("first_name=James", URLENCODED, "firstName"),
        ("lead[firstName]=James", URLENCODED, "firstName"),
        ("Form[firstName]=James", URLENCODED, "firstName"),
        (json.dumps(JAMES), JSON, "firstName"),
        (json.dumps({"lead": JAMES}), JSON, "firstName"),
        (json.dumps({"email": None, "externalId": "7"}), JSON, "email"),
    ],
)
def test_when_no_field_came_as_a_form_field_the_error_says_so(sender, body, content_type, example):
    message = f'No field came as form[name]: send form[{example}]=…, or in JSON {{"form": {{"{example}": "…"}}}}.'
    assert named(sender.raw(body, content_type)) == {"": message}
    assert sender.nothing_kept()


def test_what_states_the_origin_alone_is_no_form_without_its_wrapping(sender):
    assert list(named(sender.json({"externalId": "7", "ip": "192.0.2.1"}))) == ["form[firstName]", "form[lastName]", "form[email]"]


def packed(content: bytes, coding: str) -> bytes:
    if coding.endswith("gzip"):
        return gzip.compress(content)
    packer = zlib.compressobj(wbits=-15 if coding == "raw deflate" else 15)
    return packer.compress(content) + packer.flush()


FIELDS = "&".join(f"form[{name}]={quote_plus(value)}" for name, value in JAMES.items()).encode()


@pytest.mark.parametrize("coding", ["gzip", "GZIP", "x-gzip", "deflate", "raw deflate", " gzip "])
def test_packed_bodies_are_unpacked_in_every_wrapping(sender, coding):
    name = coding.removeprefix("raw ")
    body, content_type = multipart({f"form[{field}]": value.encode() for field, value in JAMES.items()})
    for content, kind in ((FIELDS, URLENCODED), (json.dumps({"form": JAMES}).encode(), JSON), (body, content_type)):
        answer = sender.raw(packed(content, coding.strip().lower()), kind, headers={"Content-Encoding": name})
        assert sender.lead(answer).captured == JAMES


def test_a_body_that_is_said_not_to_be_packed_is_not(sender):
    assert sender.raw(FIELDS, URLENCODED, headers={"Content-Encoding": "identity"}).status_code == 201
    members = gzip.compress(FIELDS[:20]) + gzip.compress(FIELDS[20:])
    assert sender.lead(sender.raw(members, URLENCODED, headers={"Content-Encoding": "gzip"})).captured == JAMES


@pytest.mark.parametrize("coding", ["br", "zstd", "compress", "gzip, gzip", "gzip,deflate", "nonsense", "chunked"])
def test_another_packing_is_415_and_says_what_can_be_read(sender, coding):
    answer = sender.raw(FIELDS, URLENCODED, headers={"Content-Encoding": coding})
    assert (answer.status_code, answer["Accept-Encoding"]) == (415, "gzip, deflate")
    assert refusal(answer) == "Send the body as it is, or packed once, with Content-Encoding gzip or deflate."


@pytest.mark.parametrize(
    "content",
    [FIELDS, b"", gzip.compress(FIELDS)[:-9], gzip.compress(FIELDS)[:12], b"\x1f\x8b" + FIELDS, gzip.compress(FIELDS)[:40] + b"x" * 40],
    ids=["not packed", "empty", "cut at the end", "cut at the start", "no header", "broken inside"],  # each packing has its time in it
)
def test_what_is_not_packed_as_was_said_or_was_cut_is_no_lead(sender, content):
    assert sender.raw(content, URLENCODED, headers={"Content-Encoding": "gzip"}).status_code == 400
    assert sender.nothing_kept()


def test_the_limit_holds_for_what_a_body_unpacks_to(sender):
    """A bomb of 500 kB that would be 500 MB, and one in a thousand members."""
    filled = FIELDS + b"&padding=" + b"x" * (LIMIT - len(FIELDS) - 9)
    assert sender.raw(gzip.compress(filled), URLENCODED, headers={"Content-Encoding": "gzip"}).status_code == 201
    bomb = gzip.compress(b"x" * (64 * 1024 * 1024))
    member = gzip.compress(b"x" * 1024)
    for content in (gzip.compress(filled + b"x"), bomb, bomb * 7, member * 1000):
        answer = sender.raw(content, URLENCODED, headers={"Content-Encoding": "gzip"})
        assert (answer.status_code, refusal(answer)) == (413, "The body is too large: at most 512 kB.")


NAMES = {"lastName": "Núñez–Šmíd “Ž” €", "firstName": "Zoë"}


@pytest.mark.parametrize(
    "charset",
    ["windows-1252", "Windows-1252", "WINDOWS-1252", "cp1252", "x-cp1252", "iso-8859-1", "ISO-8859-1", "ISO_8859-1", "iso8859-1", "latin1", "Latin-1",
     "L1", '"iso-8859-1"', "'ISO-8859-1'", "csISOLatin1", "ibm819"],
)  # fmt: skip
def test_western_charsets_are_decoded_in_every_wrapping(sender, charset):
    values = {**JAMES, **NAMES}
    encoded = {name: value.encode("cp1252") for name, value in values.items()}
    escaped = "&".join(f"form[{name}]={quote_plus(value)}" for name, value in encoded.items()).encode()
    raw = b"&".join(b"form[%s]=%s" % (name.encode(), value) for name, value in encoded.items())
    parts, content_type = multipart({f"form[{name}]": value for name, value in encoded.items()})
    own, _ = multipart(
        {f"form[{n}]": v for n, v in encoded.items()}, f'form-data; name="{{}}"\r\nContent-Type: text/plain; charset={charset}'
    )
    document = json.dumps({"form": values}, ensure_ascii=False).encode("cp1252")
    answers = [
        sender.raw(escaped, f"{URLENCODED}; charset={charset}"),
        sender.raw(raw, f"{URLENCODED};Charset={charset}"),
        sender.raw(document, f"{JSON}; charset={charset}"),
        sender.raw(parts, f"{content_type}; charset={charset}"),
        sender.raw(own, content_type),
    ]
    assert [sender.lead(answer).captured for answer in answers] == [values] * 5


def test_every_byte_is_a_character_of_the_western_charsets(sender):
    letters = bytes(byte for byte in range(0xA0, 0x100))
    values = {**JAMES, "lastName": "a" + letters.decode("latin-1") + "b"}
    body = "&".join(f"form[{name}]={quote_plus(value.encode('latin-1'))}" for name, value in values.items())
    assert sender.lead(sender.raw(body, f"{URLENCODED}; charset=iso-8859-1")).captured == values
    open_in_both = sender.raw(FIELDS + b"&form[lastName][]=", f"{URLENCODED}; charset=iso-8859-1")
    assert list(named(open_in_both)) == ["form[lastName]"]
    controls = FIELDS.replace(b"Butt", b"B%81%8D%8F%90%9D")
    assert sender.lead(sender.raw(controls, f"{URLENCODED}; charset=windows-1252")).captured["lastName"] == "B\x81\x8d\x8f\x90\x9d"


@pytest.mark.parametrize("charset", ["us-ascii", "US-ASCII", "ascii", "ANSI_X3.4-1968", '"us-ascii"', "iso646-us"])
def test_ascii_is_ascii(sender, charset):
    assert sender.lead(sender.raw(FIELDS, f"{URLENCODED}; charset={charset}")).captured == JAMES
    for content in (FIELDS.replace(b"Butt", b"B%E9"), FIELDS.replace(b"Butt", "Bé".encode())):
        answer = sender.raw(content, f"{URLENCODED}; charset={charset}")
        assert (answer.status_code, refusal(answer)) == (400, "The body is not valid US-ASCII.")

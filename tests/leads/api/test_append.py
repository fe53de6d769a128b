"""`/ajax/lead-append/<hash>`: values that whoever knows the hash of a lead adds to it."""

import gzip
from urllib.parse import urlencode

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from campaigns.models import FormField
from config.core.models import AuditEntry
from leads import lifecycle
from leads.models import Lead, LeadNote
from tests.leads.acts import again
from tests.publisher.limits import allow

__all__ = ["allow"]
pytestmark = pytest.mark.django_db
URLENCODED = "application/x-www-form-urlencoded"


@pytest.fixture
def lead(judged, bob) -> Lead:
    """A lead that is Valid and delivered."""
    lifecycle.mark_delivered([judged[0].pk], actor=bob)
    return again(judged[0])


@pytest.fixture
def append(lead):
    """append({…}): as a stranger who knows the hash."""
    client = Client(raise_request_exception=False, enforce_csrf_checks=True)

    def post(data, *, lead_hash: str = lead.lead_hash, **how):
        address = f"/ajax/lead-append/{lead_hash}"
        return client.generic("POST", address, data, **how) if isinstance(data, bytes) else client.post(address, data, **how)

    return post


def added(lead: Lead) -> dict[str, str]:
    """The captured values that differ from those that the lead came with."""
    return {name: value for name, value in again(lead).captured.items() if lead.captured.get(name) != value}


def test_several_values_are_added_and_changed_at_once(lead, append):
    answer = append({"company": "Navy", "crmId": "7", "stage": " Won "})
    assert (answer.status_code, answer.content, answer["Content-Type"]) == (200, b"", "text/plain; charset=utf-8")
    assert added(lead) == {"company": "Navy", "crmId": "7", "stage": "Won"}
    note = LeadNote.objects.filter(lead_id=lead.pk).latest("pk")
    assert (note.kind, note.reason, note.actor_name, note.actor_id) == ("data", "via append", "Append by hash", None)
    assert ["crmId", None, "7"] in note.changes
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.after, entry.ip) == (
        "Appended values to a lead by its hash", {"fields": ["company", "crmId", "stage"]}, "127.0.0.1",
    )  # fmt: skip
    assert lead.lead_hash not in str(entry.__dict__)
    assert "Navy" not in str(entry.__dict__)


def test_a_repetition_changes_nothing(lead, append):
    append({"crmId": "7"})
    counts = [model.objects.count() for model in (LeadNote, AuditEntry)]
    assert append({"crmId": "7"}).status_code == 200
    assert [model.objects.count() for model in (LeadNote, AuditEntry)] == counts


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("company", "company"), ("COMPANY", "company"), (" company ", "company"), ("form[company]", "company"), ("company[]", "company"),
        ("form[company][]", "company"), ("company[0]", "company"), ("crm.id", "crm.id"), ("crm[id]", "crm[id]"), ("a/b?c#d&e=f", "a/b?c#d&e=f"),
        ("🚀", "🚀"), ("שם החברה", "שם החברה"), ("cafe\u0301", "café"), ("__proto__", "__proto__"), ("constructor", "constructor"),
        ("form", "form"), ("[]", "[]"), ("x" * 80, "x" * 80),
    ],
    ids=ascii,
)  # fmt: skip
@pytest.mark.parametrize("kind", ["multipart", "urlencoded"])
def test_names_are_taken_in_every_spelling(name, stored, kind, lead, append):
    answer = append({name: "Navy"}) if kind == "multipart" else append(urlencode({name: "Navy"}), content_type=URLENCODED)
    assert (answer.status_code, answer.content) == (200, b"")
    assert added(lead) == {stored: "Navy"}


@pytest.mark.parametrize(
    "value", ["🚀 שלום עולם", "<script>alert(1)</script>", "a\r\nb", "x" * 2000, "=1+1", "x\u202eevil", "null", "0", ""]
)
def test_any_text_is_a_value(value, lead, append):
    assert append({"remark": value}).status_code == 200
    assert again(lead).captured["remark"] == value


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ("a%00b=1", "a\\x00b"), ("a=1%002", "The field a must be one text"), ("=1", "blank"), ("%20=1", "blank"), ("a%0Ab=1", "line break"),
        (urlencode({"x" * 81: "1"}), "at most 80"), (urlencode({"a": "x" * 2001}), "The field a has at most 2,000 characters"),
        ("a=1&a=2", "The field a is sent more than once"), ("a=1&A=2", "The field a is sent more than once"),
        ("a=1&a[]=2", "The field a is sent more than once"), ("company=1&Company=2", "The field company is sent more than once"),
        ("", "Send at least one field"), ("a%E2%80%AEb=1", "direction mark"),
        ("&".join(f"f{n}=1" for n in range(1001)), "more than 1000 fields"), ("a=%ED%A0%80", "UTF-8"), ("a=%FF", "UTF-8"),
    ],
    ids=lambda text: ascii(text)[:30],
)  # fmt: skip
def test_what_is_wrong_is_named_and_nothing_is_stored(body, named, lead, append):
    answer = append(body, content_type=URLENCODED)
    assert (answer.status_code, answer.json()["code"]) == (400, 400), answer.content
    assert named in answer.json()["message"]
    assert added(lead) == {}


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        ('{"company": "Navy"}', "application/json", 415), ("<a/>", "text/xml", 415), ("company=Navy", "text/plain", 415),
        (b"company=Navy", f"{URLENCODED}; charset=klingon", 415), ("x", "multipart/form-data", 400), ("x=" + "y" * 1_000_000, URLENCODED, 413),
    ],
    ids=lambda text: str(text)[:30],
)  # fmt: skip
def test_a_body_that_is_no_form_is_refused(body, kind, status, lead, append):
    answer = append(body, content_type=kind)
    assert (answer.status_code, bool(answer.json()["message"])) == (status, True)
    assert added(lead) == {}


def test_charsets_and_packings_are_read(lead, append):
    assert append(b"company=M%FCller", content_type=f"{URLENCODED}; charset=iso-8859-1").status_code == 200
    assert added(lead) == {"company": "Müller"}
    assert append(gzip.compress(b"company=Navy"), content_type=URLENCODED, HTTP_CONTENT_ENCODING="gzip").status_code == 200
    assert added(lead) == {"company": "Navy"}


def test_a_file_is_no_value(lead, append):
    answer = append({"cv": SimpleUploadedFile("cv.pdf", b"%PDF")})
    assert (answer.status_code, "The field cv must be one text" in answer.json()["message"]) == (400, True)
    assert added(lead) == {}


def test_the_same_value_twice_is_one_and_of_a_box_the_last_one_counts(lead, append, form):
    FormField.objects.create(form=form, name="news", label="News", type="checkbox")
    assert append("a=1&a=1&news=0&news=on", content_type=URLENCODED).status_code == 200
    assert added(lead) == {"a": "1", "news": "on"}


def test_a_field_of_the_form_may_be_as_long_as_the_form_says(lead, append, form):
    FormField.objects.create(form=form, name="story", label="Story", type="textarea", max_length=5000)
    FormField.objects.create(form=form, name="code", label="Code", max_length=3)
    assert append({"story": "x" * 5000}).status_code == 200
    assert append({"code": "1234"}).status_code == 400
    assert append({"email": "who knows"}).status_code == 200, "whoever received the lead says what it found"


def test_three_hundred_fields_are_one_change(lead, append):
    assert append({f"field {n}": str(n) for n in range(300)}).status_code == 200
    assert len(added(lead)) == 300
    assert LeadNote.objects.filter(lead_id=lead.pk, kind="data").count() == 1


def test_a_lead_that_is_full_takes_no_more(lead, append):
    Lead.objects.filter(pk=lead.pk).update(captured={f"f{n}": "1" for n in range(1000)})
    answer = append({"one": "more"})
    assert (answer.status_code, "more of them" in answer.json()["message"]) == (400, True)
    assert append({"F1": "2"}).status_code == 200


@pytest.mark.parametrize("lead_hash", ["f" * 32, "f" * 31, "g" * 32, "1", "%00", "\u0661" * 32])
def test_an_unknown_hash_is_not_found(lead_hash, append):
    answer = append({"a": "1"}, lead_hash=lead_hash)
    assert (answer.status_code, answer.json()) == (404, {"code": 404, "message": "Not found."})


def test_a_hash_is_read_in_any_case_and_an_id_is_none(lead, append):
    assert append({"a": "1"}, lead_hash=lead.lead_hash.upper()).status_code == 200
    assert append({"a": "1"}, lead_hash=str(lead.pk)).status_code == 404


def test_a_deleted_lead_is_not_found(lead, append, bob):
    lifecycle.delete([lead.pk], actor=bob)
    assert append({"a": "1"}).status_code == 404
    assert added(lead) == {}


def test_a_campaign_may_take_no_values(campaign, lead, append):
    type(campaign).objects.filter(pk=campaign.pk).update(accept_lead_appends=False)
    answer = append({"a": "1"})
    assert (answer.status_code, "Accept lead appends" in answer.json()["message"]) == (403, True)
    assert added(lead) == {}


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete", "head"])
def test_it_takes_posts_alone(method, lead):
    answer = getattr(Client(), method)(f"/ajax/lead-append/{lead.lead_hash}")
    assert (answer.status_code, answer["Allow"]) == (405, "POST, OPTIONS")


def test_calls_are_limited_for_each_address(lead, append, allow):
    allow(appends_of_address=2)
    assert [append({"a": "1"}).status_code, append({"a": "1"}, lead_hash="f" * 32).status_code] == [200, 404]
    answer = append({"a": "2"})
    assert (answer.status_code, int(answer["Retry-After"]) > 0, added(lead)) == (429, True, {"a": "1"})
    assert append({"a": "2"}, REMOTE_ADDR="198.51.100.9").status_code == 200


def test_calls_are_limited_for_each_lead_from_however_many_addresses(lead, judged, append, allow):
    allow(appends_of_lead=2)
    for n in range(2):
        assert append({"a": str(n)}, REMOTE_ADDR=f"198.51.100.{n}").status_code == 200
    answer = append({"a": "2"}, REMOTE_ADDR="198.51.100.9")
    assert (answer.status_code, int(answer["Retry-After"]) > 0, added(lead)) == (429, True, {"a": "1"})
    assert append({"a": "2"}, lead_hash=judged[1].lead_hash).status_code == 200


def test_consent_is_withdrawn_by_hash_and_not_given(lead, append, form):
    FormField.objects.create(form=form, name="terms", label="Terms", type="optin")
    answer = append({"terms": "1", "company": "Navy"})
    assert (answer.status_code, "Consent" in answer.json()["message"], added(lead)) == (400, True, {})
    assert (append({"terms": "0"}).status_code, again(lead).opt_in) == (200, False)


def test_a_slash_at_the_end_of_the_address_is_nothing(lead, append):
    assert append({"company": "Navy"}, lead_hash=f"{lead.lead_hash}/").status_code == 200
    assert added(lead) == {"company": "Navy"}


def test_what_each_lead_has_by_itself_is_not_appended(lead, append):
    answer = append({"company": "Navy", "emailDomain": "@x.example"})
    assert answer.status_code == 400
    assert "has by itself" in answer.json()["message"]
    assert added(lead) == {}

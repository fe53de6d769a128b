"""The bodies that callers send to `/feedback`, and the types they accept, in the spellings of real programs."""

import json
from xml.etree import ElementTree

import pytest
from django.test import RequestFactory

from config.core.errors import DomainError
from integrations.feedback.answers import feedback_response, preferred_type
from integrations.feedback.requests import FeedbackType, read_feedback

EVENT = "0123456789abcdef01234567"
XML = '<?xml version="1.0" encoding="utf-8" ?>\n<feedback>\n<type>return</type>\n<reason>Wrong number</reason>\n</feedback>'
FORM = "application/x-www-form-urlencoded"


def post(body: str | bytes, kind: str, query: str = f"event_id={EVENT}"):
    return RequestFactory().post(f"/feedback?{query}", body, content_type=kind)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (XML, "text/xml"),
        (XML, "application/xml"),
        (XML, 'application/xml; charset="UTF-8"'),
        ("\ufeff" + XML, "text/xml; charset=utf-8"),
        (XML.replace("utf-8", "iso-8859-1").encode("latin-1"), "text/xml"),
        (XML.encode("utf-16").replace(b"u\0t\0f\0-\x008\0", b"u\0t\0f\0-\x001\x006\0"), "application/xml"),
        (XML.replace("feedback>", "f:anything>").replace("<f:anything", '<f:anything xmlns:f="urn:x"', 1), "text/xml"),
        (XML.replace("Wrong number", "<![CDATA[Wrong number]]>").replace("return", " Return\n"), "text/xml"),
        ('{"type": "return", "reason": "Wrong number"}', "application/json"),
        ('\ufeff{"reason":"Wrong number ","type":"RETURN","more":[1,{"a":null}]}', "application/json; charset=utf-8"),
        ('{"feedback": {"type": "return", "reason": "Wrong number"}}', "Application/JSON"),
        ("type=return&reason=Wrong+number", FORM),
        ("reason=Wrong%20number&type=return&x=1", f"{FORM}; charset=UTF-8"),
    ],
)
def test_each_type_of_body_says_the_same(body, kind):
    feedback = read_feedback(post(body, kind))
    assert (feedback.event_id, feedback.type, feedback.reason) == (EVENT, FeedbackType.RETURN, "Wrong number")


def test_the_query_wins_over_the_body_and_is_enough():
    said = read_feedback(
        post('{"type": "return", "reason": "a", "event_id": "x"}', "application/json", f"event_id={EVENT.upper()}&reason=b+c")
    )
    assert (said.event_id, said.type, said.reason) == (EVENT, "return", "b c")
    for request in (
        RequestFactory().get(f"/feedback?event_id={EVENT}&type=conversion"),
        post("", "", f"event_id={EVENT}&type=conversion"),
        post(" \r\n", "image/png", f"event_id={EVENT}&type=conversion"),
    ):
        assert read_feedback(request).type == FeedbackType.CONVERSION
    assert read_feedback(RequestFactory().get(f"/feedback?type=conversion&event_id={EVENT}")).reason == ""


BOMB = '<!DOCTYPE f [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><f><type>return</type><reason>&b;</reason></f>'
FILE = '<!DOCTYPE f [<!ENTITY e SYSTEM "file:///etc/passwd">]><f><type>return</type><reason>&e;</reason></f>'


@pytest.mark.parametrize(
    ("body", "kind", "query", "status"),
    [
        ("type=return", FORM, "", 400),
        ("type=return", FORM, "event_id=", 400),
        ("type=return", FORM, "event_id=123", 400),
        ("type=return", FORM, f"event_id={EVENT}0", 400),
        ("type=return", FORM, "event_id=" + "g" * 24, 400),
        ("type=return", FORM, f"event_id={EVENT}%00", 400),
        ("", FORM, f"event_id={EVENT}", 422),
        ("type=refund", FORM, f"event_id={EVENT}", 422),
        ("{}", "application/json", f"event_id={EVENT}", 422),
        ('{"type": null}', "application/json", f"event_id={EVENT}", 422),
        ('{"type": ["return"]}', "application/json", f"event_id={EVENT}", 400),
        ('{"type": {"a": "return"}}', "application/json", f"event_id={EVENT}", 400),
        ("{“type”: “return”}", "application/json", f"event_id={EVENT}", 400),
        ("[]", "application/json", f"event_id={EVENT}", 400),
        ('{"type": "return"', "application/json", f"event_id={EVENT}", 400),
        ("[" * 100_000, "application/json", f"event_id={EVENT}", 400),
        ("<f><type>return</type>", "text/xml", f"event_id={EVENT}", 400),
        ("type=return", "text/xml", f"event_id={EVENT}", 400),
        (BOMB, "text/xml", f"event_id={EVENT}", 400),
        (FILE, "application/xml", f"event_id={EVENT}", 400),
        ('<?xml version="1.0" encoding="klingon"?><f><type>return</type></f>', "text/xml", f"event_id={EVENT}", 400),
        (b"<f><type>return</type><reason>\xff</reason></f>", "text/xml; charset=utf-8", f"event_id={EVENT}", 400),
        ("type=return&reason=a%00b", FORM, f"event_id={EVENT}", 400),
        ("type=return&reason=" + "a" * 256, FORM, f"event_id={EVENT}", 400),
        ("type=return", "", f"event_id={EVENT}", 415),
        ("type=return", "text/plain", f"event_id={EVENT}", 415),
        ("type=return", "multipart/form-data; boundary=x", f"event_id={EVENT}", 415),
    ],
)
def test_what_cannot_be_read_is_refused(body, kind, query, status):
    request = post(body, kind or "x/x", query)
    if not kind:
        request.content_type = ""
    with pytest.raises(DomainError) as refusal:
        read_feedback(request)
    assert refusal.value.status == status, str(refusal.value)


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (None, "application/json"),
        ("", "application/json"),
        ("*/*", "application/json"),
        ("application/*", "application/json"),
        ("text/*", "text/xml"),
        ("text/plain", "text/plain"),
        ("TEXT/XML", "text/xml"),
        ("application/xml;charset=utf-8", "application/xml"),
        ("application/json;q=0.2, text/plain;q=0.8", "text/plain"),
        ("text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8", "application/xml"),
        ("application/json;q=0, */*", "text/xml"),
        ("*/*;q=0.1, text/plain", "text/plain"),
        ("image/png", None),
        ("*/*;q=0", None),
        ("application/json;q=0", None),
        ("application/json;q=much", "application/json"),
        (", ,text/plain,", "text/plain"),
        ("json", None),
    ],
)
def test_the_type_of_the_answer_follows_accept(accept, kind):
    assert preferred_type(accept) == kind


def test_answers_hold_outcome_and_reason_alone():
    reason = "Must be < 7 days & “signed”\nby you"
    answer = feedback_response("application/json", "failure", reason, status=201)
    assert (answer.status_code, json.loads(answer.content)) == (201, {"outcome": "failure", "reason": reason})
    assert json.loads(feedback_response(None, "success", status=201).content) == {"outcome": "success"}
    for kind in ("text/xml", "application/xml"):
        answer = feedback_response(kind, "failure", reason, status=201)
        root = ElementTree.fromstring(answer.content)
        assert (answer["Content-Type"], root.tag, [(part.tag, part.text) for part in root]) == (
            f"{kind}; charset=utf-8", "result", [("outcome", "failure"), ("reason", reason)],
        )  # fmt: skip
    answer = feedback_response("text/plain", "failure", reason, status=201)
    assert answer.content.decode() == "outcome: failure\nreason: Must be < 7 days & “signed” by you"
    assert feedback_response("text/plain", "success", status=201).content == b"outcome: success"

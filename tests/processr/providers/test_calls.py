"""The parts of a call: address templates, paths into an answer, expectations, retries."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.core import http
from processr.jobs.http import address_template, answer_path, expectation
from processr.jobs.http.expectation import AnswerPart, CannotBeRead, Expectation
from processr.jobs.http.request import Request, RequestTemplate, Secret, nested
from processr.jobs.http.retries import RetryLoop
from tests.core.outbound.servers import reply
from tests.processr.jobs.asking import TEXT

ANSWER = {
    "result": {"status": "Valid", "score": 0.87, "n": 3, "ok": True, "none": None, "a.b": "odd"},
    "items": [{"code": 7}, ["x", "y"]],
    "7": "seven",
}


@pytest.mark.parametrize(
    ("template", "values", "filled"),
    [
        ("https://a.example/{email}", {"email": "a+b@c.example"}, "https://a.example/a%2Bb%40c.example"),
        (
            "https://a.example/x?e={email}&n={ first name }",
            {"email": "a&b=c", "first name": "é ü"},
            "https://a.example/x?e=a%26b%3Dc&n=%C3%A9%20%C3%BC",
        ),
        ("https://a.example/{n}/end", {"n": "a/b?c#d"}, "https://a.example/a%2Fb%3Fc%23d/end"),
        ("https://a.example/{n}", {"n": "%2e%2e"}, "https://a.example/%252e%252e"),
        ("https://a.example/{n}.json", {"n": ".."}, "https://a.example/...json"),
        ("https://a.example/{n}", {"n": "{email}"}, "https://a.example/%7Bemail%7D"),
        ("https://a.example/x#y{n}", {"n": "1"}, "https://a.example/x"),
        ("https://a.example", {}, "https://a.example"),
    ],
)
def test_a_value_stays_one_value_in_the_address(template, values, filled):
    assert address_template.parse_template(template).filled(lambda name: values[name]) == filled


@pytest.mark.parametrize("value", [".", ".."])
def test_no_value_leads_out_of_its_place_in_the_path(value):
    with pytest.raises(address_template.CannotBeAsked):
        address_template.parse_template("https://a.example/check/{n}").filled(lambda name: value)


@given(path=TEXT, query=TEXT)
def test_whatever_is_in_a_lead_the_same_host_is_asked_with_the_same_parameters(path, query):
    template = address_template.parse_template("https://a.example/check/{path}/end?a=1&q={query}&z=2")
    try:
        filled = template.filled({"path": path, "query": query}.get)
    except address_template.CannotBeAsked:
        assert path in {".", ".."}
        return
    place = http.target_of(filled)
    assert place.name == "a.example"
    parts = urlsplit(filled)
    sent = [text.encode("utf-8", errors="replace").decode() for text in (path, query)]
    assert unquote(parts.path.removeprefix("/check/").removesuffix("/end")) == sent[0]
    assert parse_qsl(parts.query, keep_blank_values=True) == [("a", "1"), ("q", sent[1]), ("z", "2")]


@pytest.mark.parametrize(
    ("template", "says"),
    [
        ("https://{company}.example/", "cannot depend on the lead"), ("https://a.example:{port}/", "cannot depend on the lead"), ("{scheme}://a.example/", "begins with"),
        ("https://a.example/{", "without its"), ("https://a.example/}", "without its"), ("https://a.example/{}", "names no field"), ("https://a.example/{{x}}", "without its"),
        ("https://u:p@a.example/{x}", "credential"), ("ftp://a.example/{x}", "begins with"), ("a.example/{x}", "begins with"), ("https:///{x}", "no host"),
        ("https://a.example/{" + "x" * 81 + "}", "no name of a field"), ("https://a.example/a b", "no spaces"),
    ],
)  # fmt: skip
def test_an_address_that_cannot_be_called_is_refused_in_words(template, says):
    with pytest.raises(address_template.AddressSyntaxError, match=says):
        address_template.parse_template(template)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("result.status", "Valid"), ("result.score", "0.87"), ("result.n", "3"), ("result.ok", "true"), ("result.none", ""), ("result.missing", ""),
        ("result.status.deeper", ""), ("items[0].code", "7"), ("items.0.code", "7"), ("items[1]", "x, y"), ("items[2]", ""), ("items[1][1]", "y"),
        ('result["a.b"]', "odd"), ("7", "seven"), ("[7]", "seven"), ("items.code", ""), ("items[0]", '{"code": 7}'), (" result.status ", "Valid"),
    ],
)  # fmt: skip
def test_a_path_leads_to_its_value(path, text):
    assert answer_path.as_text(answer_path.parse_path(path).find(ANSWER)) == text


@pytest.mark.parametrize("path", [".a", "a..b", "a.", "[", "[x]", "[-1]", "a]b", 'a["', "a[0]b", "a b.c d[", "x" * 201])
def test_a_path_that_is_not_understood_is_refused(path):
    with pytest.raises(answer_path.PathSyntaxError):
        answer_path.parse_path(path)


def test_the_empty_path_is_the_whole_answer():
    assert answer_path.as_text(answer_path.parse_path("").find("yes")) == "yes"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    )
)
def test_any_value_of_an_answer_becomes_text_that_can_be_stored(value):
    text = answer_path.as_text(value)
    assert len(text) <= answer_path.LONGEST_VALUE
    assert "\x00" not in text
    text.encode()


@pytest.mark.parametrize(
    ("look_at", "passing", "failing", "passes"),
    [
        ("path", ["valid"], [], True), ("path", [" VALID "], [], True), ("path", ["ok", "valid"], ["invalid"], True), ("path", ["ok"], ["valid"], False),
        ("path", ["vali"], [], None), ("path", ["valid"], ["valid"], False), ("text", ["status: Valid"], [], None), ("text", ['"STATUS": "va'], [], True),
        ("text", ["nothing"], ["score"], False), ("pattern", [r'"score":\s*0\.[89]'], [], True), ("pattern", [r"^\{"], [r"never"], True), ("pattern", ["VALID"], [], None),
        ("pattern", ["(?i)VALID"], [], True), ("status", ["200", "204"], [], True), ("status", ["201"], ["200"], False), ("status", ["201"], ["404"], None),
    ],
)  # fmt: skip
def test_an_answer_passes_fails_or_says_nothing(look_at, passing, failing, passes):
    expected = Expectation(AnswerPart(look_at), "result.status", passing, failing)
    assert expected.read(status=200, text=json.dumps(ANSWER), answer=ANSWER).passes is passes


def test_a_pattern_without_end_is_given_up():
    expected = Expectation(AnswerPart.PATTERN, "", [r"(x+x+)+y"], [])
    with pytest.raises(CannotBeRead, match="too long"):
        expected.read(status=200, text="x" * 50_000, answer=None)


def test_names_with_dots_are_objects_in_json():
    assert nested([("contact.email", "a"), ("contact.name.first", "b"), ("id", "1")]) == {
        "contact": {"email": "a", "name": {"first": "b"}},
        "id": "1",
    }
    for rows in ([("a", ""), ("a.b", "")], [("a.b", ""), ("a", "")], [("a", ""), ("a", "")]):
        with pytest.raises(KeyError):
            nested(rows)


@pytest.mark.parametrize(
    ("place", "header", "url"),
    [
        ("bearer", ("Authorization", "Bearer k&y"), "https://a.example/?e=1"),
        ("basic", ("Authorization", "Basic bWU6ayZ5"), "https://a.example/?e=1"),
        ("header", ("X-Key", "k&y"), "https://a.example/?e=1"),
        ("query", None, "https://a.example/?e=1&X-Key=k%26y"),
        ("none", None, "https://a.example/?e=1"),
    ],
)
def test_a_credential_goes_where_it_is_set_to(place, header, url):
    form = RequestTemplate({"method": "GET", "send_as": "query", "fields_sent": [], "url": "https://a.example/?e={e}", "headers": []})
    request = form.request({"e": "1"}.get, Secret(place, "X-Key", "me", "k&y"))
    assert (request.url, dict(request.headers)) == (url, dict([header] if header else []))
    assert "k&y" not in repr(request) + repr(Secret(place, "X-Key", "me", "k&y"))


@pytest.mark.parametrize(
    ("send_as", "url", "kind", "body"),
    [
        ("query", "https://a.example/?mail=a%2Bb&src=us%26them", None, ""),
        ("form", "https://a.example/", "application/x-www-form-urlencoded", "mail=a%2Bb&src=us%26them"),
        ("json", "https://a.example/", "application/json", '{"mail": "a+b", "src": "us&them"}'),
    ],
)
def test_what_is_sent_is_sent_as_it_is_set_to(send_as, url, kind, body):
    rows = [{"name": "mail", "field": "email", "value": ""}, {"name": "src", "field": "", "value": "us&them"}]
    form = RequestTemplate({"method": "POST", "send_as": send_as, "fields_sent": rows, "url": "https://a.example/", "headers": []})
    request = form.request({"email": "a+b"}.get, Secret())
    assert (request.url, request.headers.get("Content-Type"), request.body) == (url, kind, body)


@pytest.fixture
def tried(serve):
    """tried(["503 Busy", …], seconds=…, at_most=…, **headers): what came of it, and how long was waited before each further try."""

    def run(statuses, *, seconds: float = 5, at_most: int = 5, **headers):
        left = list(statuses)

        def script(line):
            while True:
                server.head(line)
                line.sendall(reply(status=left.pop(0), **headers))

        server = serve(script)
        waits: list[float] = []
        tries = RetryLoop(seconds=seconds, at_most=at_most, wait=waits.append)
        answer = tries.ask(Request("GET", server.url, {}, ""), secrets=[])
        return answer.status, waits, tries.summary

    return run


def test_what_is_busy_is_asked_again_after_growing_pauses(tried):
    status, waits, told = tried(["503 Busy", "429 Slow", "200 OK"])
    assert (status, waits) == (200, [0.25, 0.5])
    assert told == "\n\n(asked 3 times; before: answered 503, answered 429)"


@pytest.mark.parametrize("status", ["200 OK", "302 Found", "400 Bad", "401 No", "404 None", "422 Odd"])
def test_an_answer_that_means_something_is_not_asked_for_again(tried, status):
    assert tried([status]) == (int(status[:3]), [], "")


def test_no_more_is_tried_than_is_set(tried):
    assert tried(["500 Oops"] * 3, at_most=3)[:2] == (500, [0.25, 0.5])


def test_the_provider_says_when_to_come_again(tried):
    assert tried(["429 Slow", "200 OK"], Retry_After="2")[:2] == (200, [2.0])
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=3), usegmt=True)
    status, (waited,), _ = tried(["503 Busy", "200 OK"], Retry_After=soon)
    assert status == 200
    assert 0 < waited <= 3


@pytest.mark.parametrize("later", ["60", "99999999999999999999", "Fri, 31 Dec 2100 23:59:59 GMT"])
def test_what_is_to_be_asked_after_the_jobs_time_is_not_waited_for(tried, later):
    assert tried(["429 Slow", "200 OK"], Retry_After=later)[:2] in [(429, []), (200, [0.25])]


@pytest.mark.parametrize("nonsense", ["soon", "-1", "", "1e3", "\xb2"])
def test_nonsense_about_when_to_come_again_is_no_word_about_it(tried, nonsense):
    assert tried(["429 Slow", "200 OK"], Retry_After=nonsense)[:2] == (200, [0.25])


def test_nobody_at_home_is_tried_again_too():
    waits: list[float] = []
    tries = RetryLoop(seconds=5, at_most=3, wait=waits.append)
    with pytest.raises(http.Unreachable):
        tries.ask(Request("GET", "http://127.0.0.1:1/", {}, ""), secrets=[])
    assert waits == [0.25, 0.5]


def test_what_we_do_not_call_is_not_tried_again():
    waits: list[float] = []
    with pytest.raises(http.AddressRefused):
        RetryLoop(seconds=5, at_most=3, wait=waits.append).ask(Request("GET", "http://169.254.169.254/", {}, ""), secrets=[])
    assert waits == []


def test_a_broken_pattern_is_no_pattern():
    with pytest.raises(expectation.regex.error):
        expectation.compiled("(")

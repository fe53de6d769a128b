"""The Notes tab of a lead: changes by type, the history of its status, and notes by hand."""

import re
from html import unescape
from urllib.parse import urlencode

import pytest

from config.core.accounts import roles
from config.core.models import AuditEntry
from leads import lifecycle
from leads.models import Lead, LeadNote
from leads.selectors import first_values, last_change
from leads.views.timeline import PAGE_SIZE
from tests.leads.acts import judge_all
from tests.processr.api.program import Program

pytestmark = pytest.mark.django_db


@pytest.fixture
def jo(campaign, make_leads, bob) -> Lead:
    """A lead that was edited, judged, flagged, delivered and marked as a replacement."""
    (lead,) = make_leads(campaign, firstName="Jo", company="Acme")
    lifecycle.edit({lead.pk: {"company": "Navy"}}, actor=bob, reason="Called back")
    judge_all(campaign)
    lifecycle.flag([lead.pk], "valid", actor=bob, reason="Data verified", comment="Jo said so")
    lifecycle.mark_delivered([lead.pk], actor=bob)
    lifecycle.mark_replacement([lead.pk], actor=bob, comment="for lead 12")
    return lead


def notes(screen, lead: Lead, query: str = ""):
    return screen.fragment(f"/v2/leads/{lead.pk}/notes{query}")


def add(screen, lead: Lead, comment: str, *, htmx: bool = True):
    return screen.client.post(f"/v2/leads/{lead.pk}/notes/add", {"comment": comment}, headers={"HX-Request": "true"} if htmx else {})


def test_notes_tell_when_who_what_and_why_the_newest_first(jo, reader, bob):
    page = notes(reader(), jo)
    words = page.words
    assert (
        words.index("Replacement No to Yes for lead 12") < words.index("Delivery Not Delivered to Delivered") < words.index("Acme to Navy")
    )
    assert "2nd Check none to Valid Reason: Data verified Jo said so" in words
    assert bob.name in words


@pytest.mark.parametrize(
    ("chosen", "shown"),
    [
        ("", ["Navy", "Data verified", "Not Delivered to Delivered", "for lead 12"]), ("data", ["Navy"]), ("status", ["Data verified"]),
        ("history", ["Data verified"]), ("delivery", ["Not Delivered to Delivered"]), ("metadata", ["for lead 12"]), ("feedback", []), ("comment", []),
    ],
)  # fmt: skip
def test_notes_are_filtered_by_type(jo, reader, chosen, shown):
    words = notes(reader(), jo, f"?type={chosen}").words
    told = ("Acme to Navy", "Data verified", "Not Delivered to Delivered", "for lead 12")
    assert [text for text in told if text in words] == [text for text in told if any(one in text for one in shown)]


def test_the_status_history_has_statuses_and_flags_alone(jo, reader, bob, campaign):
    lifecycle.requeue([jo.pk], actor=bob)
    assert "Reprocess: queued" in notes(reader(), jo, "?type=status").words
    words = notes(reader(), jo, "?type=history").words
    assert "Reprocess: queued" not in words
    assert "QA Status none to Valid" in words


@pytest.mark.parametrize("query", ["?type=gossip", "?type=%00", "?type=Status"])
def test_an_unknown_type_selects_nothing_and_is_named(jo, reader, query):
    words = notes(reader(), jo, query).words
    assert "There is no type" in words
    assert "Data verified" not in words


@pytest.mark.parametrize("place", ["x", "-1", "0", "99999999999999999999", "%00", "5.5"])
def test_a_place_that_nothing_has_given_does_not_exist(jo, reader, place):
    assert notes(reader(), jo, f"?before={place}").status == 404


def test_older_notes_are_a_page_further(jo, reader, bob):
    for flag in ("test", "invalid") * 30:
        lifecycle.flag([jo.pk], flag, actor=bob, reason="Turned again")
    screen, found, query = reader(), [], "?type=history"
    while query:
        page = notes(screen, jo, query)
        found.append(page.html.count("Reason: Turned again"))
        older = page.html.partition('timeline-older"><a class="btn btn-small" href="')[2].partition('"')[0]
        query = unescape(older).partition("/notes")[2]
        assert query == "" or "type=history" in query
    assert (found, sum(found)) == ([PAGE_SIZE, 10], 60)


@pytest.mark.parametrize("htmx", [True, False])
def test_a_note_is_added_by_hand(jo, reader, htmx):
    screen = reader()
    answer = add(screen, jo, "  Called <b>twice</b>\r\nno answer ", htmx=htmx)
    assert answer.status_code == (200 if htmx else 302)
    note = LeadNote.objects.filter(lead_id=jo.pk).latest("pk")
    assert (note.kind, note.comment, note.changes, note.actor_id) == ("comment", "Called <b>twice</b>\nno answer", [], screen.user.pk)
    assert AuditEntry.objects.latest("pk").action == "Added a note to a lead"
    page = notes(screen, jo, "?type=comment")
    assert "Called &lt;b&gt;twice&lt;/b&gt;" in page.html
    assert "No value changed" not in page.words
    if htmx:
        assert "The note was added." in answer.content.decode()


@pytest.mark.parametrize(
    ("typed", "why"), [("", "required"), (" \u200b\n", "first"), ("x" * 2001, "at most 2,000"), ("a\x00b", "Null characters")]
)
@pytest.mark.parametrize("htmx", [True, False])
def test_a_note_that_is_none_comes_back_as_it_was_typed(jo, reader, typed, why, htmx):
    answer = add(reader(), jo, typed, htmx=htmx)
    assert answer.status_code == 422
    assert why in answer.content.decode()
    assert typed.strip().replace("\x00", "") in answer.content.decode().replace("\x00", "")
    assert not LeadNote.objects.filter(lead_id=jo.pk, kind="comment").exists()


def test_two_thousand_characters_fit_however_lines_are_broken(jo, reader):
    text = "\n".join(["x" * 99] * 20)
    assert len(text) == 1999
    assert add(reader(), jo, text.replace("\n", "\r\n")).status_code == 200


@pytest.mark.parametrize("role", sorted(roles.ALL))
def test_notes_by_hand_are_for_those_who_manage_campaigns(jo, reader, role):
    add(reader(), jo, "Rude on the telephone")
    screen = reader(role) if role != roles.ADMIN else reader(roles.SUPER)
    may = role in roles.MANAGES_CAMPAIGNS
    if role in roles.SEES_LEADS - {roles.AGENCY_CALL_CENTRE}:
        page = notes(screen, jo)
        assert ("Rude on the telephone" in page.words) == (may and role != roles.ADMIN_MASKED)
        assert ("Comment hidden" in page.words) == (role in (roles.ADMIN_MASKED, roles.ADVERTISER))
        assert ("Add a note" in page.words) == may
        assert ("There is no type" in notes(screen, jo, "?type=comment").words) == (not may)
    assert add(screen, jo, "mine").status_code == (200 if may else 403)
    assert LeadNote.objects.filter(lead_id=jo.pk, comment="mine").exists() == may


def test_a_masked_role_is_told_that_it_will_not_read_its_own_note(jo, reader):
    masked = reader(roles.ADMIN_MASKED)
    assert "hidden from you too" in notes(masked, jo).words
    assert "Jo rang" not in add(masked, jo, "Jo rang").content.decode()
    assert "hidden from you too" not in notes(reader(), jo).words


def test_the_api_gives_notes_by_hand_as_metadata(jo, reader):
    screen = reader()
    add(screen, jo, "Called twice")
    newest = Program(screen.user).members(f"lead-notes?lead.id={jo.pk}")[0]
    assert (newest["type"], newest["comment"], newest["changes"]) == ("metadata", "Called twice", [])


def test_many_notes_cost_as_many_queries_as_few(jo, reader, bob):
    screen, address = reader(), f"/v2/leads/{jo.pk}/notes"
    screen.get(address)
    few = len(screen.queries(address))
    for flag in ("test", "invalid") * 40:
        lifecycle.flag([jo.pk], flag, actor=bob, reason="Turned again")
    assert len(screen.queries(address)) == few
    assert len(screen.queries(f"{address}?type=history")) <= few


@pytest.fixture
def flooded(campaign, make_leads, bob) -> Lead:
    """A lead whose hash somebody knows who means harm."""
    (lead,) = make_leads(campaign, firstName="Jo")
    for n in range(60):
        lifecycle.append({lead.pk: {f"field{number:03}": f"{n}" + "x" * 489 for number in range(980)}}, actor=bob)
    return lead


@pytest.mark.parametrize("tab", ["notes", "timeline", "notes?type=data"])
def test_large_notes_are_shown_by_their_beginning_with_a_link_to_all(flooded, reader, tab):
    page = reader().fragment(f"/v2/leads/{flooded.pk}/{tab}")
    assert len(page.html) < 1_500_000
    assert page.words.count("and 960 more") == PAGE_SIZE
    newest = LeadNote.objects.filter(lead_id=flooded.pk).latest("pk")
    assert f'href="/v2/leads/{flooded.pk}/notes?note={newest.pk}"' in page.html


@pytest.mark.sql
def test_a_note_alone_has_all_its_changes_a_page_at_a_time(flooded, reader):
    newest = LeadNote.objects.filter(lead_id=flooded.pk).latest("pk")
    first = notes(reader(), flooded, f"?note={newest.pk}")
    assert f"field000 {'58' + 'x' * 489} to {'59' + 'x' * 489}" in first.words
    assert "field099" in first.words
    assert "field100" not in first.words
    assert f"?note={newest.pk}&after=100" in unescape(first.html)
    last = notes(reader(), flooded, f"?note={newest.pk}&after=900")
    assert "field979" in last.words
    assert "Further changes" not in last.words


@pytest.mark.parametrize("query", ["?note=x", "?note=0", "?note={other}", "?note={own}&after=x", "?note={own}&after=99999999999999"])
def test_a_note_of_another_lead_or_beyond_its_changes_is_not_found(jo, campaign, make_leads, bob, reader, query):
    (stranger,) = make_leads(campaign)
    lifecycle.mark_replacement([stranger.pk], actor=bob)
    own, other = (LeadNote.objects.filter(lead_id=lead.pk).latest("pk").pk for lead in (jo, stranger))
    assert notes(reader(), jo, query.format(own=own, other=other)).status == 404


@pytest.mark.parametrize("role", [roles.ADMIN_MASKED, roles.PUBLISHER])
def test_a_note_alone_is_as_masked_and_as_closed_as_the_others(jo, reader, role):
    data = LeadNote.objects.filter(lead_id=jo.pk, kind="data").latest("pk")
    assert ("Navy" in notes(reader(role), jo, f"?note={data.pk}").words) == (role == roles.PUBLISHER)
    comment = LeadNote.objects.create(lead_id=jo.pk, kind="comment", actor_name="Bob", comment="secret")
    assert (notes(reader(role), jo, f"?note={comment.pk}").status == 404) == (role == roles.PUBLISHER)


@pytest.mark.sql
def test_the_first_values_of_a_flooded_lead_are_read_as_they_are_shown(flooded):
    first = first_values(flooded)
    assert first == {f"field{number:03}": "" for number in range(980)}
    change = last_change(flooded, "field979")
    assert change is not None
    assert change.change == ["field979", "58" + "x" * 489, "59" + "x" * 489]
    assert last_change(flooded, "x" * 490) is None


@pytest.mark.sql
def test_the_first_value_is_that_before_the_first_change(jo, bob):
    lifecycle.append({jo.pk: {"company": "Army", 'a"b': "1"}}, actor=bob)
    assert first_values(jo) == {"company": "Acme", 'a"b': ""}
    assert last_change(jo, 'a"b').change == ['a"b', None, "1"]
    assert last_change(jo, "company").change == ["company", "Navy", "Army"]


def test_a_form_that_is_sent_twice_adds_one_note(jo, reader):
    screen = reader()
    (key,) = re.findall(r'name="key" value="(\w{32})"', notes(screen, jo).html)
    for comment in ("Called", "Called", "Called again"):
        answer = screen.client.post(f"/v2/leads/{jo.pk}/notes/add", {"comment": comment, "key": key}, headers={"HX-Request": "true"})
        assert answer.status_code == 200
        assert key not in answer.content.decode()
    assert list(LeadNote.objects.filter(lead_id=jo.pk, kind="comment").values_list("comment", flat=True)) == ["Called", "Called again"]
    assert AuditEntry.objects.filter(action="Added a note to a lead").count() == 2


@pytest.mark.parametrize("key", ["\x00", "x" * 65, "\n"])
def test_a_key_that_no_form_has_is_refused_or_ignored(jo, reader, key):
    answer = reader().client.post(f"/v2/leads/{jo.pk}/notes/add", {"comment": "Called", "key": key}, headers={"HX-Request": "true"})
    assert answer.status_code in (200, 422)


@pytest.mark.parametrize("sent", [{"comment": "x" * 3_000_000}, {f"field{n}": "1" for n in range(1001)}], ids=["text", "fields"])
@pytest.mark.parametrize("htmx", [True, False])
def test_a_form_that_is_too_large_is_refused_in_words_and_without_a_traceback(jo, reader, sent, htmx, caplog):
    headers = {"HX-Request": "true"} if htmx else {}
    answer = reader().client.post(
        f"/v2/leads/{jo.pk}/notes/add", urlencode(sent), content_type="application/x-www-form-urlencoded", headers=headers
    )
    assert answer.status_code == 413
    assert "shorten what you typed" in answer.content.decode()
    assert "Traceback" not in caplog.text
    assert not LeadNote.objects.filter(lead_id=jo.pk, kind="comment").exists()

"""The Notes tab of a lead: changes by type, the history of its status, and notes by hand."""

from html import unescape

import pytest

from config.core.accounts import roles
from config.core.models import AuditEntry
from leads import lifecycle
from leads.models import Lead, LeadNote
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
    page = notes(screen, jo, "?type=comment")
    assert "Called &lt;b&gt;twice&lt;/b&gt;" in page.html
    assert "No value changed" not in page.words
    assert AuditEntry.objects.exclude(action="lead viewed unmasked").latest("pk").action == "Added a note to a lead"
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

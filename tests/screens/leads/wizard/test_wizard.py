"""The Flag/Manage wizard on pages: its steps are rows with addresses, for its owner alone, and it ends with what it foretold."""

import re
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import Workbook

from config.core.accounts import roles
from config.core.errors import DomainError
from integrations.models import Delivery
from leads import lifecycle
from leads.bulk import drafts, forecast, id_files
from leads.models import BulkAction, FlagReason, Lead, LeadNote
from leads.selectors import drafts_for
from leads.views.wizard import access, leads_step
from processr.services import add_job
from tests.leads.acts import again, judge_all
from tests.screens.leads.wizard.walk import BEGIN, begin, choose, page, process, save

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_folder(monkeypatch, tmp_path):
    monkeypatch.setattr(id_files, "folder", lambda: tmp_path / "lead-ids")


@pytest.fixture
def valid(campaign, make_leads) -> list[Lead]:
    leads = make_leads(campaign, 3)
    judge_all(campaign)
    return leads


def reason(flag: str, name: str) -> int:
    return FlagReason.objects.get(flag=flag, name=name).pk


def frozen(draft: BulkAction) -> list[int]:
    return [pk for chunk in draft.chunks.order_by("position") for pk in chunk.lead_ids]


def upload(reader, draft, content: bytes, name: str = "leads.csv", **fields):
    return reader.client.post(page(draft, "leads/import"), {"file": SimpleUploadedFile(name, content), **fields}, follow=True)


def test_each_step_is_an_address_that_resumes_and_two_wizards_do_not_mix(valid, reader):
    admin = reader()
    first, second = begin(admin, valid[0], valid[1]), begin(admin, valid[2])
    assert "3 of 3" not in admin.get(page(first, "type")).words
    assert "2 of 2" in admin.get(page(first, "type")).words
    choose(admin, first, "mark_invalid")
    assert "Reason" in admin.get(page(first, "processing")).words
    assert admin.client.get(f"{BEGIN}/{first.pk}")["Location"] == page(first, "processing")
    assert admin.client.get(f"{BEGIN}/{second.pk}")["Location"] == page(second, "type")
    assert admin.client.get(page(second, "processing"))["Location"] == page(second, "type"), "the step before it is not answered"
    unfinished = admin.get(BEGIN).words
    assert "2 leads, Mark as Invalid" in unfinished
    assert "1 lead begun" in unfinished


def test_only_the_owner_sees_a_draft_and_get_changes_nothing(valid, reader):
    admin = reader()
    draft = begin(admin, valid[0])
    other = reader()
    for name in ("", "/leads", "/type", "/processing", "/preview", "/leads/left-out"):
        assert other.client.get(f"{BEGIN}/{draft.pk}{name}").status_code == 404
        assert admin.client.get(f"{BEGIN}/{draft.pk}{name}").status_code in (200, 302)
    assert other.client.post(page(draft, "discard")).status_code == 404
    assert other.client.get(f"/v2/leads/actions/{draft.pk}").status_code == 404
    assert BulkAction.objects.get().state == "draft"
    admin.post(page(draft, "discard"))
    assert not BulkAction.objects.exists()


def test_typed_ids_are_added_and_what_is_none_is_listed_with_its_line(valid, reader):
    admin = reader()
    draft = begin(admin, valid[0])
    shown = admin.post(page(draft, "leads"), ids=f"{valid[0].pk}\n{valid[1].lead_hash}; Jane,{2**50}")
    assert "1 lead added; 1 named more than once or chosen already; 2 left out" in shown.words
    assert "2 Jane not a lead id typed" in shown.words
    assert frozen(draft) == [valid[0].pk, valid[1].pk]
    file = b"".join(admin.client.get(page(draft, "leads/left-out")).streaming_content).decode("utf-8-sig")
    assert file.splitlines() == ["Source,Line,Entry,Why", "typed,2,Jane,not a lead id", f"typed,2,{2**50},not found"]
    assert admin.client.post(page(draft, "leads"), {"ids": str(valid[2].pk)})["Location"] == page(draft, "type")
    admin.post(page(draft, "leads"), ids=str(valid[2].pk), take_out="1")
    admin.post(page(draft, "leads/clear"))
    assert frozen(draft) == []
    assert "Choose at least one lead first" in admin.post(page(draft, "leads"), ids="").words


def test_a_form_above_djangos_limit_is_read_here_alone_and_its_token_is_checked(valid, reader, monkeypatch):
    admin = reader()
    draft = begin(admin, valid[0])
    text = ",".join(["999999999999999"] * 150_000) + f",{valid[1].pk}"
    assert len(text) > 2 * 1024 * 1024
    body = f"ids={text}&add=1"
    answer = admin.client.post(page(draft, "leads"), body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 302
    assert frozen(draft) == [valid[0].pk, valid[1].pk]
    assert draft.omitted.count() == 150_000
    assert admin.client.post(page(draft, "type"), body, content_type="application/x-www-form-urlencoded").status_code == 413
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(admin.user)
    assert strict.post(page(draft, "leads"), {"ids": "1"}).status_code == 403
    monkeypatch.setattr(leads_step, "LARGEST_FORM", 100)
    refused = admin.client.post(page(draft, "leads"), {"ids": "1" * 200}, follow=True).content.decode()
    assert "cannot be pasted at once" in refused


@pytest.mark.parametrize(
    "content",
    [
        "id,name\n{0},A\n{1},B\n",
        "\ufeffname;Lead ID\nA;{0}\nB;{1}\n",
        "name\tLEAD_ID\nA\t{0}\nB\t{1}\n",
        "x|lead hash\n1|{2}\n2|{3}\n",
        "sep=;\nid;x\n{0};1\n{1};2\n",
        "{0}\n{1}\n",
        "whatever\n{0}\n\n{1}",
        '"Lead Id","Note"\n"{0}","a, b"\n"{1}",\n',
    ],
)
def test_the_column_of_a_file_is_found_whatever_its_delimiter(valid, reader, content):
    admin = reader()
    draft = begin(admin)
    text = content.format(valid[0].pk, valid[1].pk, valid[0].lead_hash, valid[1].lead_hash)
    assert "2 leads added" in upload(admin, draft, text.encode()).content.decode()
    assert frozen(draft) == [valid[0].pk, valid[1].pk]
    assert not list(id_files.folder().iterdir())


def test_a_column_that_is_not_found_is_chosen(valid, reader, django_capture_on_commit_callbacks):
    admin = reader()
    draft = begin(admin)
    content = f"reference,number\n{valid[0].pk},{valid[1].pk}\n{valid[2].pk},x\n".encode()
    asked = upload(admin, draft, content).content.decode()
    assert "Which column has the lead ids?" in asked
    assert f"reference ({valid[0].pk}, {valid[2].pk})" in asked
    assert admin.post(page(draft, "leads/column"), column="7").status == 422
    with django_capture_on_commit_callbacks(execute=True):
        assert "1 lead added; 1 left out" in admin.post(page(draft, "leads/column"), column="1").words
    assert (draft.omitted.get().line, draft.omitted.get().text) == (3, "x")
    assert not list(id_files.folder().iterdir())
    assert "no longer here" in admin.post(page(draft, "leads/column"), column="0").words


def test_back_from_processing_keeps_what_was_typed_right_or_wrong(valid, campaign, reader, bob):
    job = add_job(campaign, "collect", actor=bob)
    admin = reader()
    draft = begin(admin, valid[0])
    choose(admin, draft, "mark_invalid")
    other = reason("invalid", "Other")
    assert 'name="to" value="flag_manage_leads"' in admin.get(page(draft, "processing")).html, "the stepper keeps it too"
    typed = {"reason": other, "own": "x" * 300, "comment": "So it\x00 is", "to": "flag_manage_type"}
    assert admin.client.post(page(draft, "processing"), typed)["Location"] == page(draft, "type")
    choose(admin, draft, "mark_invalid")
    shown = admin.get(page(draft, "processing")).html
    assert f'value="{"x" * 300}"' in shown
    assert "So it" in shown
    assert re.search(rf'value="{other}"[^>]*checked', shown)
    assert BulkAction.objects.get().type == ""
    assert admin.client.post(page(draft, "processing"), {"to": "flag_manage_leads"})["Location"] == page(draft, "leads")
    assert "checked" not in admin.get(page(draft, "processing")).html, "what was emptied stays empty"
    choose(admin, draft, "mark_valid")
    admin.post(page(draft, "processing"), integrations=[job.pk, "nonsense"], to="flag_manage_type")
    assert re.search(rf'value="{job.pk}"[^>]*checked', admin.get(page(draft, "processing")).html)


def test_back_without_a_change_keeps_the_preview(valid, reader):
    admin = reader()
    draft = begin(admin, valid[0])
    choose(admin, draft, "mark_test")
    fields = {"reason": reason("test", "Internal test"), "comment": "So"}
    process(admin, draft, **fields)
    admin.post(page(draft, "processing"), **fields, to="flag_manage_type")
    assert admin.client.get(page(draft, "preview")).status_code == 200
    admin.post(page(draft, "processing"), **fields | {"comment": "Otherwise"}, to="flag_manage_type")
    assert admin.client.get(page(draft, "preview")).status_code == 302


@pytest.mark.parametrize("choice", ["mark_invalid", "mark_delivered", "reprocess", "other", "send_again"])
def test_the_first_field_of_processing_has_the_focus(valid, campaign, reader, bob, choice):
    add_job(campaign, "collect", actor=bob)
    admin = reader()
    draft = begin(admin, valid[0])
    choose(admin, draft, choice)
    controls = re.findall(
        r"<(?:input|textarea|select)(?![^>]*hidden)[^>]*>", admin.get(page(draft, "processing")).html.partition("processing-form")[2]
    )
    assert ["autofocus" in control for control in controls] == [True, *[False] * (len(controls) - 1)]


def test_nothing_ticked_takes_up_ones_own_empty_draft_of_the_same_campaign(valid, campaign, reader):
    admin = reader()
    of_campaign = f"/v2/campaigns/{campaign.pk}/leads/flag-manage"
    first = begin(admin)
    assert begin(admin, query="").pk == first.pk
    assert begin(reader()).pk != first.pk, "that of somebody else"
    assert begin(admin, at=of_campaign).pk != first.pk
    assert BulkAction.objects.count() == 3
    begin(admin, valid[0])
    assert BulkAction.objects.count() == 4
    choose(admin, BulkAction.objects.latest("pk"), "mark_test")
    admin.post(page(BulkAction.objects.latest("pk"), "leads/clear"))
    draft = begin(admin)
    assert (draft.answers, draft.total) == ({}, 0), "what was answered for other leads is not taken over"
    admin.post(page(draft, "leads"), ids="Jane")
    begin(admin)
    assert BulkAction.objects.count() == 4
    assert frozen(BulkAction.objects.get(pk=draft.pk)) == []


def test_the_button_above_a_list_belongs_to_its_selection(valid, campaign, reader):
    admin = reader()
    for at in ("/v2/leads", f"/v2/campaigns/{campaign.pk}/leads"):
        assert f'form="selected" formaction="{at}/flag-manage"' in admin.get(at).html


def test_each_draft_that_is_not_saved_is_discarded_on_their_list_and_many_leads_ask_first(valid, campaign, reader, monkeypatch):
    admin = reader()
    few, more = begin(admin, valid[0]), begin(admin, *valid)
    monkeypatch.setattr(access, "ASKS_ABOVE", 2)
    shown = admin.get(BEGIN)
    assert "Discard 1 lead" in shown.words
    assert f'popovertarget="discard-{more.pk}"' in shown.html
    assert f'popovertarget="discard-{few.pk}"' not in shown.html
    assert "Discard this choice of 3 leads?" in admin.get(page(more, "type")).words
    assert admin.client.post(page(few, "discard"), {"listed": "1"})["Location"] == BEGIN
    of_campaign = f"/v2/campaigns/{campaign.pk}/leads/flag-manage"
    assert admin.client.post(page(begin(admin, at=of_campaign), "discard"), {"listed": "1"})["Location"] == of_campaign
    assert list(BulkAction.objects.values_list("pk", flat=True)) == [more.pk]


def test_the_source_says_where_a_lead_was_taken_from(valid, reader):
    admin = reader()
    shown = admin.get(f"/v2/leads/{valid[0].pk}").html
    assert shown.count('name="from" value="lead"') == 2
    draft = begin(admin, at="/v2/leads/send-again", only=str(valid[0].pk), **{"from": "lead"})
    assert list(draft.selection_source["sources"]) == ["from the lead's page"]


def test_what_is_typed_is_added_with_an_imported_file(valid, reader):
    admin = reader()
    draft = begin(admin)
    content = f"id\n{valid[1].pk}\n".encode()
    assert "2 leads added; 1 left out" in upload(admin, draft, content, ids=f"{valid[0].pk} Jane").content.decode()
    assert frozen(draft) == [valid[0].pk, valid[1].pk]
    refused = upload(admin, draft, b"\n\n", ids=str(valid[2].pk))
    assert refused.status_code == 422
    assert f">\n{valid[2].pk}</textarea>" in refused.content.decode(), "nothing was added, and nothing typed is lost"
    assert frozen(draft) == [valid[0].pk, valid[1].pk]
    asked = upload(admin, draft, f"reference,number\n{valid[0].pk},{valid[1].pk}\n".encode(), "people.csv", ids=str(valid[2].pk))
    assert "Which column" in asked.content.decode()
    assert frozen(draft) == [lead.pk for lead in valid]
    assert "column number of people.csv" in admin.post(page(draft, "leads/column"), column="1").words
    named = admin.post(page(draft, "leads"), ids="", file="people.csv").words
    assert "people.csv was not imported" in named, "a form of ids does not send the file itself"


def test_more_ids_beside_a_file_than_django_reads_are_refused_in_words_and_the_token_is_checked(valid, reader):
    admin = reader()
    draft = begin(admin)
    assert "import the file then" in upload(admin, draft, b"id\n1\n", ids="9" * 3_000_000).content.decode()
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(admin.user)
    file = SimpleUploadedFile("leads.csv", f"id\n{valid[0].pk}\n".encode())
    assert strict.post(page(draft, "leads/import"), {"file": file}).status_code == 403
    assert frozen(draft) == []


def test_the_links_of_the_stepper_add_what_is_typed(valid, reader):
    admin = reader()
    draft = begin(admin, valid[0])
    choose(admin, draft, "mark_test")
    shown = admin.get(page(draft, "leads")).html
    for name in ("flag_manage_type", "flag_manage_processing"):
        assert f'form="ids-form" name="to" value="{name}"' in shown
    answer = admin.client.post(page(draft, "leads"), {"ids": str(valid[1].pk), "to": "flag_manage_processing"})
    assert answer["Location"] == page(draft, "processing")
    assert admin.client.post(page(draft, "leads"), {"ids": str(valid[2].pk), "to": "/elsewhere"})["Location"] == page(draft, "type")
    assert frozen(draft) == [lead.pk for lead in valid]


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02", b"PK\x03\x04broken", b"\n\n", b'"never closed\n1'])
def test_a_file_that_is_no_table_is_refused_in_words(valid, reader, content):
    admin = reader()
    draft = begin(admin)
    answer = upload(admin, draft, content)
    assert answer.status_code in (200, 413, 422)
    assert frozen(draft) == []


def test_all_that_match_are_frozen_and_a_wizard_of_a_campaign_takes_its_leads_alone(valid, campaign, make_campaign, make_leads, reader):
    other = make_campaign("Autumn")
    (elsewhere,) = make_leads(other)
    judge_all(other)
    admin = reader()
    everything = begin(admin, all="1", query="current_status=valid")
    assert frozen(everything) == [*(lead.pk for lead in valid), elsewhere.pk]
    draft = begin(admin, at=f"/v2/campaigns/{campaign.pk}/leads/flag-manage", all="1", query="")
    assert frozen(draft) == [lead.pk for lead in valid]
    assert "not in this campaign" in admin.post(page(draft, "leads"), ids=str(elsewhere.pk)).words


def test_what_is_searched_for_is_not_recorded_with_the_action(valid, reader):
    admin = reader()
    draft = begin(admin, all="1", query=f"email={valid[0].email}&current_status=valid")
    assert frozen(draft) == [valid[0].pk]
    draft.refresh_from_db()
    assert valid[0].email not in str(draft.selection_source)
    assert draft.selection_source["filters"] == {"email": "(not recorded)", "current_status": ["valid"]}


def test_a_type_that_can_touch_no_lead_is_closed_with_the_reason(valid, reader, bob):
    admin = reader()
    draft = begin(admin, *valid)
    shown = admin.get(page(draft, "type"))
    assert "Mark as Undelivered None: 3 not delivered" in shown.words
    assert 'value="mark_undelivered" disabled' in shown.html
    assert "None: 3 not delivered" in choose(admin, draft, "mark_undelivered").words
    assert "Choose what to do" in choose(admin, draft, "make_coffee").words
    lifecycle.mark_delivered([valid[0].pk], actor=bob)
    assert "Mark as Undelivered 1 of 3" in admin.get(page(draft, "type")).words


def test_a_flag_is_previewed_and_saved_as_foretold(valid, campaign, reader, bob):
    lifecycle.flag([valid[0].pk], "invalid", actor=bob, reason="Duplicate")
    admin = reader()
    draft = begin(admin, *valid)
    choose(admin, draft, "mark_invalid")
    assert "Choose a reason." in process(admin, draft).words
    preview = process(admin, draft, reason=reason("invalid", "Duplicate"))
    assert "Will be marked as Invalid 2 Skipped: already Invalid 1" in preview.words
    assert "Current Status: Valid → Invalid 2" in preview.words
    assert "Billable to lead generators 2 leads 0 leads" in preview.words
    assert "Owed to lead generators, GBP 40.00 0.00" in preview.words
    assert f" {valid[0].pk} " in admin.get(page(draft, "preview/leads?reason=already+Invalid")).words
    assert f" {valid[1].pk} " in admin.get(page(draft, "preview/leads")).words
    assert admin.client.get(page(draft, "preview/leads?reason=nonsense")).status_code == 404
    file = b"".join(admin.client.get(page(draft, "preview/skipped")).streaming_content).decode("utf-8-sig")
    assert file.splitlines() == ["Lead ID,Why", f"{valid[0].pk},already Invalid"]
    over = save(admin, draft)
    assert "Marked as Invalid 2 Skipped 1" in over.words
    assert [again(lead).current_status for lead in valid] == ["invalid"] * 3
    assert LeadNote.objects.filter(action_id=draft.pk, kind="status").count() == 2
    assert admin.client.get(page(draft, "leads"))["Location"] == f"/v2/leads/actions/{draft.pk}"


def test_a_changed_lead_is_left_as_it_is_and_named(valid, reader, bob):
    admin = reader()
    draft = begin(admin, *valid)
    choose(admin, draft, "mark_test")
    process(admin, draft, reason=reason("test", "Internal test"))
    lifecycle.flag([valid[0].pk], "invalid", actor=bob, reason="Returned")
    assert "1: changed since" in save(admin, draft).words
    assert again(valid[0]).second_check == "invalid"


def test_saving_what_was_not_previewed_changes_nothing(valid, reader):
    admin = reader()
    draft = begin(admin, valid[0])
    choose(admin, draft, "mark_test")
    assert "has changed since it was previewed" in save(admin, draft).words
    process(admin, draft, reason=reason("test", "Internal test"))
    admin.post(page(draft, "leads"), ids=str(valid[1].pk))
    assert "has changed since it was previewed" in save(admin, draft).words
    assert again(valid[0]).second_check == ""


def test_other_asks_for_an_own_reason_and_returned_for_a_category(valid, reader):
    returned = FlagReason.objects.get(flag="invalid", name="Returned")
    assert returned.has_categories
    category = returned.categories.create(name="Wrong person")
    admin = reader()
    draft = begin(admin, valid[0])
    choose(admin, draft, "mark_invalid")
    other = reason("invalid", "Other")
    assert "Write your own reason" in process(admin, draft, reason=other).words
    assert "at most 255" in process(admin, draft, reason=other, own="x" * 256).words
    process(admin, draft, reason=other, own="A reason of my own", comment="So it is")
    assert BulkAction.objects.get().settings == {"reason": "A reason of my own", "category": "", "comment": "So it is"}
    assert "So it is" in admin.get(page(draft, "processing")).html, "what was answered is shown again"
    process(admin, draft, reason=returned.pk, **{f"category_{returned.pk}": category.pk})
    save(admin, draft)
    assert (again(valid[0]).flag_reason, again(valid[0]).flag_category) == ("Returned", "Wrong person")


def test_integrations_stand_by_campaign_with_counts_and_a_warning_where_leads_had_them(
    valid, campaign, make_campaign, make_leads, reader, bob
):
    job = add_job(campaign, "collect", actor=bob)
    other = make_campaign("Autumn")
    add_job(other, "collect", actor=bob)
    (elsewhere,) = make_leads(other)
    judge_all(other, "caution")
    Delivery.objects.create(lead=valid[0], job=job, state="sent")
    admin = reader()
    draft = begin(admin, *valid, elsewhere)
    choose(admin, draft, "mark_valid")
    words = admin.get(page(draft, "processing")).words
    assert "Spring, 3 leads" in words
    assert "Autumn, 1 lead" in words
    assert "1 of these leads had it before and would get it again" in words
    preview = process(admin, draft, reason=reason("valid", "Manual QA passed"), integrations=[job.pk])
    assert f"Queued for {job.label} 3" in preview.words
    save(admin, draft)
    assert Delivery.objects.filter(job=job, state="queued").count() == 3


def test_valid_leads_are_sent_again_to_a_chosen_integration_without_a_flag(valid, campaign, make_leads, reader, bob):
    job = add_job(campaign, "collect", actor=bob)
    (caution,) = make_leads(campaign)
    judge_all(campaign, "caution")
    Delivery.objects.create(lead=valid[0], job=job, state="sent")
    admin = reader()
    draft = begin(admin, valid[0], valid[1], caution, at="/v2/leads/send-again")
    assert admin.client.get(f"{BEGIN}/{draft.pk}")["Location"] == page(draft, "processing")
    assert "checked" not in admin.get(page(draft, "type")).html, "it is none of the types"
    other = begin(admin, valid[0])
    assert choose(admin, other, "send_again").words.count("Send again") > 1, "and stands beside them"
    assert "1 of these leads had it before" in admin.get(page(draft, "processing")).words
    assert "Choose at least one integration" in process(admin, draft).words
    preview = process(admin, draft, integrations=[job.pk], comment="They lost it").words
    assert "Will be queued to be sent again 2 Skipped: not valid 1" in preview
    assert f"Sent to {job.label} before, and queued once more 1" in preview
    save(admin, draft)
    assert sorted(Delivery.objects.filter(state="queued").values_list("lead", "round")) == [(valid[0].pk, 2), (valid[1].pk, 1)]
    assert again(valid[0]).second_check == ""
    note = LeadNote.objects.get(lead_id=valid[0].pk, action_id=draft.pk)
    assert (note.kind, note.reason, note.comment) == ("delivery", "Sent again", "They lost it")
    assert note.changes == [[job.label, "", "asked for"]]
    for role in (roles.AGENCY_CALL_CENTRE, roles.PUBLISHER):
        assert reader(role).client.post("/v2/leads/send-again", {"id": [valid[0].pk]}).status_code == 403
    assert "Send again" in admin.get(f"/v2/leads/{valid[0].pk}").words
    assert "Send again" not in admin.get(f"/v2/leads/{caution.pk}").words


def test_delivered_and_undelivered_are_signed_and_confirmed(valid, reader):
    admin = reader()
    draft = begin(admin, *valid)
    choose(admin, draft, "mark_delivered")
    assert "This is not your name" in process(admin, draft, name="Somebody", confirm="on").words
    assert "Tick the box" in process(admin, draft, name=admin.user.name).words
    preview = process(admin, draft, name=f"  {admin.user.name.upper()} ", confirm="on")
    assert "Delivery: Not Delivered → Delivered 3" in preview.words
    assert "Owed by advertisers, GBP 0.00 150.00" in preview.words
    save(admin, draft)
    assert BulkAction.objects.get().signature == admin.user.name
    assert [again(lead).delivery_status for lead in valid] == ["delivered"] * 3


@pytest.mark.parametrize(("choice", "state"), [("reprocess", "processr_status"), ("delete", "deleted_at")])
def test_reprocess_and_delete_ask_for_a_tick(valid, reader, choice, state):
    admin = reader()
    draft = begin(admin, valid[0])
    choose(admin, draft, choice)
    assert "Tick the box to confirm" in process(admin, draft).words
    before = getattr(again(valid[0]), state)
    process(admin, draft, confirm="on")
    assert getattr(again(valid[0]), state) == before
    save(admin, draft)
    assert getattr(again(valid[0]), state) != before


def test_other_marks_replacements_takes_that_back_and_unflags(valid, reader, bob):
    lifecycle.flag([valid[0].pk], "invalid", actor=bob, reason="Returned")
    admin = reader()
    for other, column, value in (
        ("mark_replacement", "replacement_type", "replacement"), ("unmark_replacement", "replacement_type", ""), ("unflag", "second_check", ""),
    ):  # fmt: skip
        draft = begin(admin, valid[0])
        choose(admin, draft, "other")
        process(admin, draft, other=other, comment="Because")
        save(admin, draft)
        assert getattr(again(valid[0]), column) == value


def test_who_may_open_it(valid, campaign, reader):
    type(campaign).objects.filter(pk=campaign.pk).update(call_centre=True)
    of_campaign = f"/v2/campaigns/{campaign.pk}/leads/flag-manage"
    for role in roles.ALL:
        user = reader(role)
        codes = [user.client.post(address, {"id": [valid[0].pk]}).status_code for address in (BEGIN, of_campaign)]
        expected = [302, 302] if role in roles.MANAGES_CAMPAIGNS else [403, 302] if role == roles.AGENCY_CALL_CENTRE else [403, 403]
        assert codes == expected, role


def test_the_call_centre_marks_valid_leads_of_its_campaign_as_invalid_and_sees_what_it_did(valid, campaign, reader):
    type(campaign).objects.filter(pk=campaign.pk).update(call_centre=True)
    centre = reader(roles.AGENCY_CALL_CENTRE)
    draft = begin(centre, valid[0], at=f"/v2/campaigns/{campaign.pk}/leads/flag-manage")
    shown = centre.get(page(draft, "type")).words
    assert "Mark as Invalid 1 of 1" in shown
    assert "Delete" not in shown
    assert choose(centre, draft, "delete").status == 422
    choose(centre, draft, "mark_invalid")
    process(centre, draft, reason=reason("invalid", "Duplicate"))
    assert "Marked as Invalid 1" in save(centre, draft).words


def test_the_preview_of_reprocess_tells_what_is_sent_again(valid, campaign, reader, bob):
    job = add_job(campaign, "collect", actor=bob)
    admin = reader()
    draft = begin(admin, *valid)
    choose(admin, draft, "reprocess")
    words = process(admin, draft, confirm="on").words
    assert "queued again" not in words
    assert "by hand" not in words
    lifecycle.mark_delivered([valid[0].pk], actor=bob)
    Delivery.objects.create(lead=valid[1], job=job, state="queued")
    words = process(admin, draft, confirm="on").words
    assert f"Waiting for {job.label} and withdrawn 1" in words
    assert "is withdrawn now, and queued again for each lead that is Valid after its run" in words
    assert "1 is delivered already: what an integration has sent is not sent again" in words
    assert "a lead that was marked as Delivered by hand is sent" in words


@pytest.mark.parametrize("role", sorted(roles.FLAGS_LEADS))
def test_the_preview_tells_each_role_of_money_and_of_undo_what_it_may_know(role, make_campaign, make_leads, reader, bob):
    campaign = make_campaign("Capped", lead_volume=9)
    type(campaign).objects.filter(pk=campaign.pk).update(call_centre=True)
    add_job(campaign, "collect", actor=bob, label="Their CRM")
    (lead,) = make_leads(campaign)
    judge_all(campaign)
    user = reader(role)
    draft = begin(user, lead, at=f"/v2/campaigns/{campaign.pk}/leads/flag-manage")
    choose(user, draft, "mark_invalid")
    preview = process(user, draft, reason=reason("invalid", "Duplicate")).words
    result = save(user, draft).words
    manages = role in roles.MANAGES_CAMPAIGNS
    for told in ("Owed to lead generators, GBP", "Allocation of Capped, of 9", "Billable to", "Billing, before and after"):
        assert (told in preview) == manages, told
        assert told not in result
    assert ("Waiting for Their CRM and withdrawn 1" in preview) == ("Their CRM" in preview) == manages
    assert ("It can be undone for 30 days" in preview) == manages
    assert ("You cannot undo it" in preview) != manages
    assert ("Undo…" in result) == manages
    assert ("30 days" in result) is False


def test_a_workbook_is_read_too(valid, reader):
    book = Workbook()
    book.active.append(["Company", "Lead ID"])
    book.active.append(["Acme, Inc.", valid[0].pk])
    content = BytesIO()
    book.save(content)
    admin = reader()
    draft = begin(admin)
    assert "1 lead added" in upload(admin, draft, content.getvalue(), "leads.xlsx").content.decode()
    assert frozen(draft) == [valid[0].pk]


@pytest.mark.parametrize("gone", [False, True])
@pytest.mark.parametrize("name", ["discard", "leads/clear", "type", "processing", "preview/again"])
def test_a_draft_that_is_changed_in_another_tab_meanwhile_says_so(name, gone, valid, reader, monkeypatch):
    admin = reader()
    draft = begin(admin, valid[0])
    choose(admin, draft, "mark_invalid")

    def elsewhere(_draft: BulkAction) -> BulkAction:
        if gone:
            monkeypatch.setattr(access, "drafts_for", lambda who: drafts_for(who).none())
        raise DomainError(drafts.STARTED, status=409)

    monkeypatch.setattr(drafts, "locked_draft", elsewhere)
    monkeypatch.setattr(forecast, "locked_draft", elsewhere)
    answer = admin.client.post(page(draft, name), {"choice": "mark_test", "reason": reason("invalid", "Duplicate")}, follow=True)
    assert answer.status_code in (200, 422)
    assert drafts.STARTED in answer.content.decode()

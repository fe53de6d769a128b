"""Quick flag: a lead marked Valid or Invalid from its row, with the choices made last time, and then the next."""

import re

import pytest
from django.test import Client

from config.core.accounts import roles
from integrations.models import Delivery
from leads import lifecycle
from leads.models import BulkAction, FlagReason, FlagReasonCategory, Lead, LeadNote
from processr.services import add_job
from tests.leads.acts import again, judge_all

pytestmark = pytest.mark.django_db

FLAG = "/v2/leads/flag"
HTMX = {"HX-Request": "true"}
POST_TO = {"url": "https://crm.acme.example/leads", "fields_sent": [{"name": "email", "field": "email"}]}


@pytest.fixture
def cautions(campaign, make_leads) -> list[Lead]:
    leads = make_leads(campaign, 3, company="Müller & Söhne <GmbH>")
    judge_all(campaign, "caution")
    return list(Lead.objects.filter(pk__in=[lead.pk for lead in leads]).order_by("pk"))


def reason(name: str, flag: str = "valid") -> FlagReason:
    return FlagReason.objects.get(flag=flag, name=name)


def values(lead: Lead, flag: str = "valid", name: str = "Data verified", **fields) -> dict:
    return {"shown": f"{lead.pk}:{lead.revision}", "flag": flag, f"{flag}_reason": reason(name, flag).pk, **fields}


def ask(client: Client, address: str = FLAG, **fields):
    return client.post(address, fields, headers=HTMX)


def ticked(html: str) -> list[tuple[str, str]]:
    boxes = re.findall(r"<input [^>]*>", html)
    found = [(re.search(r'name="([^"]*)"', box), re.search(r'value="([^"]*)"', box)) for box in boxes if " checked" in box]
    return [(name[1], value[1]) for name, value in found]


def test_the_next_lead_has_the_choices_of_the_last_one_and_they_are_sent_where_was_ticked(campaign, cautions, reader, bob):
    crm, other = (add_job(campaign, "http_post", actor=bob, label=label, config=POST_TO) for label in ("CRM", "Newsletter"))
    first, second, third = cautions
    admin = reader()
    shown = ask(admin.client, only=first.pk, query="current_status=caution").content.decode()
    assert ticked(shown) == [], "the first use asks for everything"
    assert "Müller &amp; Söhne &lt;GmbH&gt;" in shown
    assert "None is ticked: nothing will be sent." in shown
    assert ask(admin.client, shown=f"{first.pk}:{first.revision}", flag="valid").status_code == 422

    answer = ask(admin.client, **values(first, integrations=crm.pk, comment="Rang.", next=second.pk, query="current_status=caution"))
    html = answer.content.decode()
    assert answer.status_code == 200
    assert f'id="lead-row-{first.pk}"' in html
    assert "Integrations: Spring: CRM" in html
    assert f'data-lead="{second.pk}"' in html
    assert ticked(html.partition('id="flag-result"')[0]) == [
        ("valid_reason", str(reason("Data verified").pk)),
        ("integrations", str(crm.pk)),
    ]
    flagged = again(first)
    assert (flagged.current_status, flagged.flag_reason, flagged.flag_comment) == ("valid", "Data verified", "Rang.")
    assert list(Delivery.objects.values_list("lead_id", "job_id")) == [(first.pk, crm.pk)]
    assert LeadNote.objects.filter(lead_id=first.pk, comment="Rang.").exists()

    html = ask(admin.client, **values(second, next=third.pk)).content.decode()
    assert "Integrations: none" in html
    assert Delivery.objects.count() == 1, "none ticked: nothing is sent"
    assert ticked(html.partition('id="flag-result"')[0]) == [("valid_reason", str(reason("Data verified").pk))], "and none next time"
    lifecycle.mark_delivered([second.pk], actor=bob)
    ask(admin.client, **values(third, integrations=other.pk))
    html = ask(admin.client, only=second.pk).content.decode()
    assert "First delivered" in html
    assert ("integrations", str(other.pk)) not in ticked(html), "what was delivered is not sent again by habit"
    assert "No further lead" in ask(admin.client, **values(again(second), "invalid", "Duplicate", integrations=10**9)).content.decode()
    assert BulkAction.objects.filter(type="mark_invalid").get().settings.get("integrations") is None


def test_a_flag_is_taken_back_by_whoever_set_it(cautions, reader):
    lead, admin = cautions[0], reader()
    html = ask(admin.client, **values(lead, "invalid", "Duplicate")).content.decode()
    (undo,) = re.findall(r'hx-post="([^"]*/undo)"', html)
    assert again(lead).current_status == "invalid"
    assert ask(reader(roles.AGENCY).client, undo).status_code == 404
    back = ask(admin.client, undo).content.decode()
    assert "1 lead put back." in back
    assert f'id="lead-row-{lead.pk}"' in back
    assert f'data-lead="{lead.pk}"' in back
    assert again(lead).current_status == "caution"
    twice = ask(admin.client, undo).content.decode()
    assert "1 lead put back already." in twice
    assert f'data-lead="{lead.pk}"' in twice, "the lead is still there to be flagged"
    assert again(lead).current_status == "caution"


def test_a_lead_that_somebody_else_has_flagged_meanwhile_is_shown_again_and_not_overwritten(cautions, reader, bob):
    lead, admin = cautions[0], reader()
    lifecycle.flag([lead.pk], "invalid", actor=bob, reason="Returned", comment="Wrong number")
    answer = ask(admin.client, **values(lead))
    html = answer.content.decode()
    assert answer.status_code == 409
    assert "has changed since you opened this" in html
    assert "Returned" in html
    assert f'value="{lead.pk}:{lead.revision + 1}"' in html
    assert again(lead).current_status == "invalid"
    same = {**values(again(lead), "invalid", "Returned"), "comment": "Wrong number"}
    assert "was left as it is: already Invalid" in ask(admin.client, **same).content.decode()
    assert ask(admin.client, **values(again(lead))).status_code == 200, "having seen it, the second decides"
    assert again(lead).current_status == "valid"


@pytest.mark.parametrize(
    ("fields", "status", "stored"),
    [
        ({"invalid_own": ""}, 422, None),
        ({"invalid_own": "x" * 256}, 422, None),
        ({"invalid_own": "  "}, 422, None),
        ({"invalid_own": "é" * 255, "valid_own": "x" * 300}, 200, ("é" * 255, "")),
        ({"invalid_own": "Own", "comment": "c" * 2001}, 422, None),
        ({"invalid_own": "Own", "invalid_reason": "999999"}, 422, None),
        ({"invalid_reason": "Returned", "invalid_category": "Bounced"}, 200, ("Returned", "Bounced")),
        ({"invalid_reason": "Duplicate", "invalid_category": "Bounced"}, 200, ("Duplicate", "")),
        ({"invalid_own": "Own", "flag": "test"}, 422, None),
    ],
)
def test_an_own_reason_is_asked_for_and_a_category_belongs_to_its_reason(cautions, reader, fields, status, stored):
    bounced = FlagReasonCategory.objects.create(reason=reason("Returned", "invalid"), name="Bounced")
    known = {"Bounced": bounced.pk, **{name: reason(name, "invalid").pk for name in ("Returned", "Duplicate")}}
    answer = ask(
        reader().client, **{**values(cautions[0], "invalid", "Other"), **{name: known.get(text, text) for name, text in fields.items()}}
    )
    assert answer.status_code == status
    flagged = again(cautions[0])
    assert ((flagged.flag_reason, flagged.flag_category) if flagged.second_check else None) == stored


def test_the_call_centre_flags_the_valid_leads_of_its_campaigns_and_no_others(campaign, cautions, make_leads, reader):
    type(campaign).objects.update(call_centre=True)
    (lead,) = make_leads(campaign)
    judge_all(campaign)
    lead, centre, address = again(lead), reader(roles.AGENCY_CALL_CENTRE), f"/v2/campaigns/{campaign.pk}/leads/flag"
    assert ask(centre.client, only=lead.pk).status_code == 403, "from the list of a campaign alone"
    assert "no longer there" in ask(centre.client, address, only=cautions[0].pk).content.decode()
    assert "no longer there" in ask(centre.client, address, **values(cautions[0])).content.decode()
    html = ask(centre.client, address, **values(lead, "invalid", "Unable to contact")).content.decode()
    assert f'<tr id="lead-row-{lead.pk}" hx-swap-oob="delete">' in html
    assert "/undo" not in html
    assert (again(lead).current_status, again(cautions[0]).current_status) == ("invalid", "caution")
    for role in roles.SEES_LEADS - roles.FLAGS_LEADS:
        assert ask(reader(role).client, address, **values(cautions[0])).status_code == 403


def test_a_masked_role_flags_without_seeing_the_person(cautions, reader):
    masked = reader(roles.ADMIN_MASKED)
    html = ask(masked.client, only=cautions[0].pk).content.decode() + ask(masked.client, **values(cautions[0])).content.decode()
    assert cautions[0].captured["lastName"] not in html
    assert "Müller" not in html
    assert "M••••" in html
    assert again(cautions[0]).current_status == "valid"


def test_a_few_leads_are_flagged_together_and_without_a_script(cautions, reader, bob):
    lifecycle.flag([cautions[0].pk], "invalid", actor=bob, reason="Duplicate")
    admin = reader()
    page = admin.client.post(FLAG, {"id": [lead.pk for lead in cautions], "query": "sort=-id"}).content.decode()
    assert "Flag 3 leads" in page
    assert "<html" in page
    shown = re.findall(r'name="shown" value="([^"]*)"', page)
    fields = {**values(cautions[0], "invalid", "Duplicate"), "shown": [*shown, "junk", "0:1", f"{2**63}:1"], "query": "sort=-id"}
    answer = admin.client.post(FLAG, fields)
    assert answer["Location"] == "/v2/leads?sort=-id"
    assert "2 leads marked as Invalid: Duplicate. 1 skipped: already Invalid." in admin.get("/v2/leads?sort=-id").words


def test_of_the_leads_that_a_form_names_those_of_its_list_are_flagged_and_the_others_counted(
    campaign, make_campaign, cautions, make_leads, reader
):
    (elsewhere,) = make_leads(make_campaign("Autumn"))
    first, second, _ = cautions
    shown = [f"{lead.pk}:{lead.revision}" for lead in (first, elsewhere)] + ["999999999:1"]
    answer = ask(reader().client, f"/v2/campaigns/{campaign.pk}/leads/flag", **{**values(first), "shown": shown})
    html = answer.content.decode()
    assert (answer.status_code, again(first).current_status, again(elsewhere).second_check) == (200, "valid", "")
    assert "2 not flagged: no longer there, or no longer yours to see." in html
    alone = ask(reader().client, **{**values(second), "shown": [f"{second.pk}:{second.revision}", "999999999:1"]})
    assert (alone.status_code, again(second).current_status) == (200, "valid")
    assert "1 not flagged" in alone.content.decode()
    assert "was left as it is" not in alone.content.decode()

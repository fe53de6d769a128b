"""Every address for every role: its page, a redirect to the sign-in page, 403 or 404."""

import re

import pytest
from django.test import Client
from django.urls import resolve, reverse

from batches.models import SentBatch
from campaigns import services
from config.core.accounts import roles
from config.core.credentials.service import set_credential
from integrations.models import Delivery, DeliveryAction, Destination, Message
from integrations.outbound_events.services import add_event
from leads import bulk
from leads.bulk import drafts
from leads.models import FlagReason, FullSearch
from processr.engine import scheduler
from processr.lists.services import create_list
from processr.models import Trial, ValueImport
from processr.services import add_job, create_group
from processr.transforms.definitions import Definition
from processr.transforms.services import create as create_transform
from tests.addresses import addresses
from tests.cast import make_user
from tests.laws.writes import recorded_writes
from tests.module_cast import ONCE

pytestmark = pytest.mark.django_db
db, as_the_module_made_them, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ONCE

NOBODY = "nobody"
WHO = (NOBODY, *roles.LABELS)
ADMIN = "admin/"
"""Everything below it is for the support staff."""
NOTHING_HERE = {"^webhook/", "^api/v2[^/]*(?:/|$)", r"^api/v4(?:/|\Z)"}
"""Patterns below the prefixes of APIs without a name, which always answer 404."""


def row(nobody: int, **codes: int) -> dict[str, int]:
    """Return the status for each role: `rest` for roles that are not named."""
    rest = codes.pop("rest")
    return {NOBODY: nobody, **dict.fromkeys(roles.LABELS, rest), **codes}


EVERYBODY = row(302, rest=200)
LEADS = row(302, rest=200, report=403)
AUDITED_VIEWS = ("lead", "lead_tab", "lead_run")
"""Pages that leave an entry in the audit trail when staff open a lead unmasked."""
NOT_VALID = LEADS | {roles.AGENCY_CALL_CENTRE: 404}
"""A lead that the call centre does not see (decision 33)."""
MANAGERS = row(302, rest=403, admin=200, admin_masked=200, super=200, agency=200)
FLAGGERS = MANAGERS | {roles.AGENCY_CALL_CENTRE: 200}
OF_ANOTHER_FLAGGER = row(302, rest=403, admin=404, admin_masked=404, super=404, agency=404, agency_call_centre=404)
PAGES_OF_A_DRAFT = tuple(
    f"flag_manage_{page}" for page in ("draft", "leads", "column", "omitted", "type", "processing", "preview", "skipped", "skipped_file")
)
FORMS_OF_A_DRAFT = tuple(f"flag_manage_{form}" for form in ("import", "clear", "discard", "preview_again"))
UNMASKED_MANAGERS = row(302, rest=403, admin=200, super=200, agency=200)
SUPPRESSION_READERS = row(302, rest=403, admin=200, super=200)
ADMIN_ONLY = row(302, rest=403, admin=200)
ONLY_WITH_A_CHOICE = row(302, rest=403, admin=302, admin_masked=302, super=302, agency=302)
PROCESSR = (
    "processr", "processr_add", "processr_new_job", "processr_held", "processr_release", "processr_job", "processr_job_remove", "processr_groups",
    "processr_group", "processr_group_dissolve", "processr_test_lead", "processr_test_lead_trace", "processr_job_copy",
)  # fmt: skip
TRANSFORMS = [
    *(f"{level}_value_{page}" for level in ("campaign", "advertiser") for page in (
        "transforms", "transforms_import", "transform_add", "transform", "transform_remove", "transform_groups",
    )),
    "advertiser_value_transforms_example",
]  # fmt: skip
LISTERS = row(302, rest=403, admin=200, admin_masked=200, super=200, agency=200, advertiser_report=200)
LIST_CHANGERS = row(302, rest=403, admin=200, super=200, agency=200)
LIST_MAKERS = row(302, rest=403, admin=200, super=200, agency=200, advertiser_report=200)
CHANGE_PAGES_OF_A_LIST = tuple(f"validation_list{page}" for page in ("_settings", "_delete", "_import"))
OF_A_LIST = tuple(f"validation_list{page}" for page in ("", "_settings", "_delete", "_import", "_export", "_sample"))
OF_SUPPRESSION = tuple(f"suppression_list{page}" for page in ("", "_import", "_export", "_sample"))
CHANGES_A_LIST = ("validation_list_add", "validation_list_remove")
CHANGES_SUPPRESSION = ("suppression_list_add", "suppression_list_remove")
OF_ADVERTISERS_LISTS = ("advertiser_validation_lists", "advertiser_validation_list_add")
READS_LISTS = (
    "suppression_lists", "suppression_lists_item", "suppression_list_values", "suppression_list_values_item", "value_imports",
    "value_imports_item", "value_imports_item_refused", *(f"{name}{item}" for name in ("invalid_emails", "invalid_names", "telephones") for item in ("", "_item")),
)  # fmt: skip
OF_CAMPAIGNS = ("campaigns", "campaign_links", "campaign_publishers", "advertisers", "publishers", "campaign_data_fields")
TAKES_LISTS = (
    "suppression_list_values_import", "suppression_list_download", "value_imports_item_stop", "invalid_emails_import",
    "invalid_names_import", "invalid_telephone_import",
)  # fmt: skip
CHOOSES_A_TRANSFORM = tuple(
    f"{level}_value_{page}" for level in ("campaign", "advertiser") for page in ("transforms_import", "transform_add")
)
RENAMES_A_GROUP = ("campaign_value_transform_group_rename", "advertiser_value_transform_group_rename")
NOT_WITHOUT_ITS_NAME = row(302, rest=403, admin=404, admin_masked=404, super=404, agency=404)
OF_SOMEBODY_ELSE = NOT_WITHOUT_ITS_NAME
MOVES_A_TRANSFORM = ("campaign_value_transform_move", "advertiser_value_transform_move")
OF_AN_EVENT = ("outbound_events", "outbound_event_messages", "outbound_event_add", "outbound_event", "outbound_event_delete")
READS_BATCHES = (
    "batch_manager", "batch_manager_item", "campaign_lead_batches", "campaign_lead_batches_item", "campaign_lead_batches_item_download",
)  # fmt: skip
OF_A_BATCH = tuple(f"sent_batch{page}" for page in ("", "_progress", "_give_up", "_download", "_resend", "_retry"))
OF_A_BATCH_JOB = ("pending_batch", "batch_now", "pending_batch_remove")
EXPECTED = {
    "metrics": row(200, rest=200),
    "home": row(302, rest=302, report=200),
    "sign_in": row(200, rest=302),
    "sign_out": row(302, rest=405),
    "profile": EVERYBODY,
    **dict.fromkeys(("sessions_end", "tokens_revoke"), row(302, rest=405)),
    "change_password": EVERYBODY,
    "notifications": EVERYBODY,
    "notifications_newest": EVERYBODY,
    "notifications_unread": row(302, rest=204),
    **dict.fromkeys(("notifications_read", "notification_read", "notification_open"), row(302, rest=405)),
    "reset_password": row(200, rest=200),
    "reset_password_sent": row(200, rest=200),
    "new_password": row(200, rest=200),
    "leads": LEADS,
    "leads_new": LEADS,
    "leads_figures": LEADS,
    "campaign_leads_figures": LEADS,
    **dict.fromkeys(("full_search_begin", "full_search_stop"), row(302, rest=405)),
    "full_search": row(302, rest=404, report=403),
    "lead": NOT_VALID,
    "lead_tab": NOT_VALID,
    "lead_picture": row(302, rest=404, report=403),
    **dict.fromkeys(("lead_value_save", "lead_note_add"), row(302, rest=405)),
    "campaign_leads": LEADS,
    "campaign_leads_new": LEADS,
    "lead_run": row(302, rest=403, admin=200, admin_masked=200, super=200, agency=200),
    **{
        f"{place}{name}": row(302, rest=405) for place in ("", "campaign_") for name in ("leads_flag", "leads_flag_undo", "leads_reprocess")
    },
    "reprocess_lead": MANAGERS,
    "reprocess_errored": MANAGERS,
    "flag_manage": MANAGERS,
    "send_again": row(302, rest=405),
    **dict.fromkeys(("flag_reasons", "flag_reason_edit", "flag_reason_configure"), ADMIN_ONLY),
    **dict.fromkeys(("flag_reason_remove", "flag_reason_move"), row(302, rest=405)),
    **dict.fromkeys(("campaign_flag_manage", "flag_manage_history"), FLAGGERS),
    **dict.fromkeys(PAGES_OF_A_DRAFT, OF_ANOTHER_FLAGGER),
    **dict.fromkeys(FORMS_OF_A_DRAFT, row(302, rest=405)),
    **dict.fromkeys(("bulk_action_undo", "bulk_action_rest"), row(302, rest=405)),
    **dict.fromkeys(
        ("bulk_action", "bulk_action_skipped", "bulk_action_unreached"), FLAGGERS | {roles.AGENCY: 404, roles.AGENCY_CALL_CENTRE: 404}
    ),
    "bulk_action_leads": OF_ANOTHER_FLAGGER,
    **dict.fromkeys(("delivery_action",), row(302, rest=403, admin=200, admin_masked=200, super=200, agency=404)),
    **dict.fromkeys(("stop_bulk_action", "stop_delivery_action", "go_on_delivery_action"), row(302, rest=405)),
    **{
        f"v4_{name}": row(401, rest=401)
        for name in (
            "campaign_processr_jobs",
            "campaign_processr_jobs_item",
            "campaign_processr_job_groups",
            "campaign_processr_job_groups_item",
            "processr_jobs",
            "processr_jobs_item",
            "processr_job_leads",
            "processr_form_mappings",
            "logs",
            "leads",
            "leads_item",
            *("lead_datas", "lead_datas_item", "lead_editable_fields"),
            *(f"lead_{name}{item}" for name in ("notes", "flag_reasons", "flag_reason_categories") for item in ("", "_item")),
            *("campaign_events", "campaign_events_item"),
            *("statistics", "lead_statistics_chronologies", "lead_data_fields"),
            *(f"{name}{item}" for name in OF_CAMPAIGNS for item in ("", "_item")),
        )
    },
    "v4_campaign_processr_jobs_item_check": row(405, rest=405),
    **dict.fromkeys(("api_context", "api_entry_point", "api_vocabulary", "api_docs"), row(200, rest=200)),
    "v4_lead_explanations_item": row(401, rest=401),
    "v4_lead_explanations_item_runs_item": row(401, rest=401),
    **{f"v4_leads_bulk_{act}": row(405, rest=405) for act in ("flag", "deliver", "undeliver", "metadata", "reprocess", "delete")},
    "v4_is_lead_delivered": row(405, rest=405),
    **dict.fromkeys(("v4_bulk_actions", "v4_bulk_actions_item", "v4_bulk_action_leads"), row(401, rest=401)),
    "campaigns": LEADS,
    "campaigns_inactive": LEADS,
    "campaigns_troubled": MANAGERS,
    "campaign": LEADS,
    "campaign_pause": MANAGERS,
    "campaign_holds": MANAGERS,
    "campaign_resume": MANAGERS,
    **dict.fromkeys(PROCESSR, MANAGERS),
    **dict.fromkeys(TRANSFORMS, MANAGERS),
    **dict.fromkeys(("processr_test_lead", *CHOOSES_A_TRANSFORM), UNMASKED_MANAGERS),
    **dict.fromkeys(RENAMES_A_GROUP, NOT_WITHOUT_ITS_NAME),
    **dict.fromkeys(("campaign_value_transforms_switch", *MOVES_A_TRANSFORM), row(302, rest=405)),
    "v4_advertiser_value_manipulate_preview": row(405, rest=405),
    **{f"processr_job_{act}": row(302, rest=405) for act in ("edit", "switch", "move")},
    **dict.fromkeys(("integration_test", "integration_test_new", "processr_trial_stop"), row(302, rest=405)),
    "processr_trial": OF_SOMEBODY_ELSE,
    "validation_lists": MANAGERS,
    "validation_list_new": ADMIN_ONLY,
    **dict.fromkeys(("validation_lists_of_advertisers", "value_import", *OF_ADVERTISERS_LISTS, *OF_A_LIST), LISTERS),
    **dict.fromkeys(CHANGE_PAGES_OF_A_LIST, LIST_CHANGERS),
    "advertiser_validation_list_add": LIST_MAKERS,
    **dict.fromkeys(("suppression_lists", *OF_SUPPRESSION), SUPPRESSION_READERS),
    "suppression_list_import": ADMIN_ONLY,
    "refused_of_value_import": row(302, rest=403, admin=404, admin_masked=404, super=404, agency=404, advertiser_report=404),
    **dict.fromkeys(("stop_value_import", *CHANGES_A_LIST, *CHANGES_SUPPRESSION), row(302, rest=405)),
    **{f"v4_{name}": row(401, rest=401) for name in (*READS_LISTS, *READS_BATCHES)},
    "v4_batch_manager_batch_now": row(405, rest=405),
    **{f"v4_{name}": row(405, rest=405) for name in TAKES_LISTS},
    **dict.fromkeys(("deliveries", "delivery", "needs_person", "needs_person_arrived", "messages_in_need", "outbound_message"), MANAGERS),
    **dict.fromkeys(
        ("integration_sending", "integration_resend", "integration_feedback", "event_sending", "event_resend", "campaign_alerts"), MANAGERS
    ),
    **dict.fromkeys(OF_AN_EVENT[:2], MANAGERS),
    **dict.fromkeys(OF_AN_EVENT[2:], UNMASKED_MANAGERS),
    **dict.fromkeys(("outbound_event_switch", "needs_person_dismiss"), row(302, rest=405)),
    **dict.fromkeys(("needs_person_retry", "needs_person_give_up", "messages_retry", "messages_give_up"), ONLY_WITH_A_CHOICE),
    **dict.fromkeys(("pending_batches", "sent_batches", *OF_A_BATCH[:2], "pending_batch"), MANAGERS),
    **dict.fromkeys(("batch_now", "sent_batch_give_up"), UNMASKED_MANAGERS),
    "pending_batch_remove": row(302, rest=403, admin=302, super=302, agency=302),
    **dict.fromkeys(OF_A_BATCH[3:], row(302, rest=405)),
    **dict.fromkeys(("credentials", "credential_add", "credential", "credential_delete"), ADMIN_ONLY),
    "api_login": row(405, rest=405),
    "api_token": row(400, rest=400),
    "api_schema": row(200, rest=200),
    "publisher_fields": row(401, rest=401),
    "publisher_links": row(401, rest=401),
    "publisher_leads": row(405, rest=405),
    "publisher_lead_result": row(401, rest=401),
    **{f"webhook_{name}": row(401, rest=401) for name in ("fields", "fields_form", "fields_v1", "fields_v1_global", "links", "links_v2")},
    **{f"webhook_{name}": row(405, rest=405) for name in ("leads", "leads_form", "leads_v2", "leads_form_v2", "validate", "invalidate")},
    "lead_append": row(405, rest=405),
    "feedback": row(400, rest=400),
}
OF_AN_OBJECT = (
    *PROCESSR,
    *TRANSFORMS,
    *OF_A_LIST,
    *OF_ADVERTISERS_LISTS,
    "value_import",
    "refused_of_value_import",
    "deliveries",
    "delivery",
    "outbound_message",
    "integration_sending",
    "integration_resend",
    "integration_feedback",
    "event_sending",
    "event_resend",
    "campaign_alerts",
    *OF_AN_EVENT,
    "pending_batch",
    "batch_now",
    *OF_A_BATCH[:3],
    "reprocess_lead",
    "reprocess_errored",
    "lead",
    "lead_tab",
    "campaign",
    "campaign_leads",
    "campaign_leads_new",
    "campaign_leads_figures",
    "campaign_pause",
    "campaign_holds",
    "campaign_resume",
)


@pytest.fixture(scope="module")
def places(campaign, form, pat, bob, make_leads):
    """Keyword arguments of the addresses that take some."""
    type(campaign).objects.filter(pk=campaign.pk).update(call_centre=True)
    (judged,) = make_leads(campaign)
    add_job(campaign, "first_last_name_match", actor=bob)
    scheduler.process_turn(campaign.pk, 0)
    (lead,) = make_leads(campaign)
    partner = set_credential("Partner", actor=bob, secret="known to them")
    return {
        **{name: {"pk": 1} for name in EXPECTED if name.startswith("v4_") and "_item" in name},
        "v4_lead_datas_item": {"pk": f"{lead.pk}.captured.email"},
        "credential": {"pk": partner.pk},
        "credential_delete": {"pk": partner.pk},
        **_on_the_processr(campaign, judged, bob),
        **_on_the_transforms(campaign, bob),
        **_on_the_lists(campaign, bob),
        **_of_deliveries(campaign, judged, bob),
        "lead": {"pk": lead.pk},
        "lead_picture": {"pk": lead.pk},
        "lead_tab": {"pk": lead.pk, "key": "profile"},
        **dict.fromkeys(("lead_value_save", "lead_note_add"), {"pk": lead.pk}),
        **dict.fromkeys(("notification_read", "notification_open"), {"pk": 1}),
        "lead_run": {"pk": judged.pk, "number": 1},
        **dict.fromkeys(("campaign_leads_flag", "campaign_leads_reprocess"), {"campaign_id": campaign.pk}),
        "leads_flag_undo": {"pk": 1},
        "campaign_leads_flag_undo": {"campaign_id": campaign.pk, "pk": 1},
        "reprocess_lead": {"pk": lead.pk},
        "reprocess_errored": {"campaign_id": campaign.pk},
        **dict.fromkeys(
            ("bulk_action", "bulk_action_leads", "bulk_action_skipped", "bulk_action_unreached"),
            {"pk": bulk.begin("reprocess", [lead.pk], actor=bob).pk},
        ),
        **dict.fromkeys(("bulk_action_undo", "bulk_action_rest"), {"pk": 1}),
        **{f"flag_reason_{page}": {"pk": FlagReason.objects.get(name="Returned").pk} for page in ("edit", "configure", "remove", "move")},
        **dict.fromkeys((*PAGES_OF_A_DRAFT, *FORMS_OF_A_DRAFT), {"pk": drafts.begin_draft(actor=bob).pk}),
        "campaign_flag_manage": {"campaign_id": campaign.pk},
        "stop_bulk_action": {"pk": 1},
        **dict.fromkeys(("full_search", "full_search_stop"), {"pk": FullSearch.objects.create(started_by_id=bob.user_id).pk}),
        "api_context": {"type_name": "Error"},
        "v4_lead_explanations_item": {"lead": 1},
        "v4_lead_explanations_item_runs_item": {"lead": 1, "run": 1},
        "campaign_leads": {"campaign_id": campaign.pk},
        **dict.fromkeys(("campaign_leads_new", "campaign_leads_figures"), {"campaign_id": campaign.pk}),
        "campaign": {"pk": campaign.pk},
        "campaign_pause": {"pk": campaign.pk},
        "campaign_holds": {"pk": campaign.pk},
        "campaign_alerts": {"pk": campaign.pk},
        "campaign_resume": {"pk": campaign.pk},
        "publisher_fields": {"campaign_id": campaign.pk},
        "publisher_links": {"campaign_id": campaign.pk},
        "publisher_leads": {"publisher_id": pat.pk, "form_id": form.pk, "campaign_id": campaign.pk},
        "publisher_lead_result": {"publisher_id": pat.pk, "lead_id": lead.pk},
        **dict.fromkeys((name for name in EXPECTED if name.startswith(("webhook_fields", "webhook_links"))), {"campaign_id": campaign.pk}),
        **dict.fromkeys((name for name in EXPECTED if name.startswith("webhook_leads")), {"campaign_id": campaign.pk, "form_id": form.pk}),
        **dict.fromkeys(("webhook_validate", "webhook_invalidate", "lead_append"), {"lead_hash": lead.lead_hash}),
        "new_password": {"uidb64": "MQ", "token": "used-up"},
    }


def _of_deliveries(campaign, lead, bob) -> dict[str, dict]:
    integration = add_job(campaign, "collect", actor=bob)
    post = add_job(
        campaign, "http_post", actor=bob, config={"url": "https://crm.acme.example/", "fields_sent": [{"name": "a", "field": "email"}]}
    )
    delivery = Delivery.objects.create(lead=lead, job=integration)
    action = DeliveryAction.objects.create(type="retry", started_by_id=bob.user_id)
    event = add_event(campaign, {"label": "Postback", "trigger": "valid", "url": "https://hooks.example/"}, actor=bob)
    of_one = {"pk": campaign.pk, "event_id": event.pk}
    message = Message.objects.create(kind="outbound_event", destination=Destination.objects.get(event=event), lead=lead)
    return {
        **dict.fromkeys((*OF_AN_EVENT, "outbound_event_switch"), of_one),
        **dict.fromkeys(("outbound_events", "outbound_event_add"), {"pk": campaign.pk}),
        "deliveries": {"pk": campaign.pk, "job_id": integration.pk},
        "delivery": {"pk": delivery.pk},
        **dict.fromkeys(OF_A_BATCH_JOB, {"job_id": integration.pk}),
        **dict.fromkeys(OF_A_BATCH, {"pk": SentBatch.objects.create(job=integration, trigger="by_hand", label="Weekly").pk}),
        "outbound_message": {"pk": message.pk},
        **dict.fromkeys(("integration_sending", "integration_resend", "integration_feedback"), {"pk": campaign.pk, "job_id": post.pk}),
        **dict.fromkeys(("event_sending", "event_resend"), {"pk": campaign.pk, "event_id": event.pk}),
        **dict.fromkeys(("delivery_action", "stop_delivery_action", "go_on_delivery_action"), {"pk": action.pk}),
    }


def _on_the_lists(campaign, bob) -> dict[str, dict]:
    """Make a list of the campaign's advertiser, with an import."""
    listed = create_list("Accounts", advertiser=campaign.advertiser, actor=bob)
    run = ValueImport.objects.create(target="list", list=listed, file="gone.csv", name="gone.csv", total=1)
    return {
        **dict.fromkeys((*OF_A_LIST, *CHANGES_A_LIST), {"pk": listed.pk}),
        **dict.fromkeys((*OF_SUPPRESSION, *CHANGES_SUPPRESSION), {"kind": "email"}),
        **dict.fromkeys(OF_ADVERTISERS_LISTS, {"advertiser_id": campaign.advertiser_id}),
        **dict.fromkeys(("value_import", "refused_of_value_import", "stop_value_import"), {"pk": run.pk}),
    }


def _on_the_transforms(campaign, bob) -> dict[str, dict]:
    places = {}
    for level, owner in (("campaign", campaign), ("advertiser", campaign.advertiser)):
        known = Definition("Codes", "transform", "country", "code", {"values": {"UK": "GB"}})
        one = {"transform_id": create_transform(owner, known, actor=bob).pk}
        own = [
            name
            for name in (*TRANSFORMS, *MOVES_A_TRANSFORM, *RENAMES_A_GROUP, "campaign_value_transforms_switch")
            if name.startswith(level)
        ]
        of_one = {f"{level}_value_transform{page}" for page in ("", "_remove", "_move")}
        places |= {name: {"pk": owner.pk, **(one if name in of_one else {})} for name in own}
    return places


def _on_the_processr(campaign, lead, bob) -> dict[str, dict]:
    job, group = {"job_id": campaign.jobs.get(category="quality").pk}, {"group_id": create_group(campaign, name="Lists", actor=bob).pk}
    of_parts = {
        "processr_new_job": {"type_key": "test_data"}, "processr_job": job, "processr_job_remove": job, "processr_job_edit": job,
        "processr_job_switch": job, "processr_job_move": job, "processr_job_copy": job, "processr_group": group, "processr_group_dissolve": group,
        "processr_test_lead_trace": {"lead_id": lead.pk}, "integration_test": job, "integration_test_new": {"type_key": "http_post"},
        **dict.fromkeys(("processr_trial", "processr_trial_stop"), {"trial_id": _trial(campaign, bob)}),
    }  # fmt: skip
    return {name: {"pk": campaign.pk, **of_parts.get(name, {})} for name in {*PROCESSR, *of_parts}}


def _trial(campaign, bob) -> int:
    return Trial.objects.create(kind="try", campaign=campaign, request=b"", result=b"", started_by_id=bob.user_id).pk


@pytest.fixture(scope="module")
def agency(acme, bob):
    return services.create_agency("Brightfield", advertisers=[acme], actor=bob)


@pytest.fixture
def person(agency, acme, pat, bob):
    """person(role): signed in, and a member of the party the cast's campaign belongs to; person(role, member=False): of none."""
    party = dict.fromkeys(roles.AGENCY_SIDE, agency) | dict.fromkeys(roles.ADVERTISER_SIDE, acme) | {roles.PUBLISHER: pat}

    def sign_in(role: str, *, member: bool = True) -> Client:
        client = Client()
        if role == NOBODY:
            return client
        user = make_user(role)
        if member and role in party:
            services.add_member(user, party[role], actor=bob)
        client.force_login(user)
        return client

    return sign_in


def test_every_address_is_in_the_table():
    """Addresses without a name and in a namespace too. A name of two addresses would hide one of them."""
    tried = [address for address in addresses() if not address.route.startswith(ADMIN)]
    assert sorted(address.name for address in tried) == sorted([*EXPECTED, *NOTHING_HERE])
    assert {address.name for address in tried if address.pattern.callback.__name__ == "nothing_here"} == NOTHING_HERE


@pytest.mark.parametrize("who", WHO)
def test_each_gets_what_the_table_says(who, places, person):
    """A GET also changes no row, but those of the audit trail where it shows staff the personal data of a lead."""
    client, answers, written = person(who), {}, {}
    for name in EXPECTED:
        with recorded_writes() as found:
            answers[name] = client.get(reverse(name, kwargs=places.get(name))).status_code
        written |= {name: found} if found else {}
    views = {name: written.pop(name) for name in AUDITED_VIEWS if name in written}
    assert answers == {name: codes[who] for name, codes in EXPECTED.items()}
    assert written == {}
    # One entry for each lead, whatever parts of it are asked for after each other. The leads of these addresses are hidden from the call centre.
    assert [[entry.split("(")[0].strip() for entry in entries] for entries in views.values()] == (
        [['INSERT INTO "core_auditentry"']] * 2 if who in {roles.ADMIN, roles.SUPER, roles.AGENCY} else []
    )


def test_the_part_of_a_page_that_a_script_asks_for_changes_no_row_either(places, person):
    """Requests by htmx, for each page, as a role that may open it."""
    clients = {who: person(who) for who in WHO}
    answers, written = {}, {}
    for number, (name, codes) in enumerate(EXPECTED.items()):
        if not (opens_for := [who for who, code in codes.items() if code == 200]):
            continue
        client = clients[opens_for[number % len(opens_for)]]
        with recorded_writes() as found:
            answers[name] = client.get(reverse(name, kwargs=places.get(name)), headers={"HX-Request": "true"}).status_code
        written |= {name: found} if found and name not in AUDITED_VIEWS else {}
    assert {name: status for name, status in answers.items() if status >= 400} == {}
    assert written == {}


@pytest.mark.parametrize("role", sorted(roles.AGENCY_SIDE | roles.ADVERTISER_SIDE | {roles.PUBLISHER}))
def test_what_is_anothers_does_not_exist(role, places, person):
    client = person(role, member=False)
    answers = {name: client.get(reverse(name, kwargs=places[name])).status_code for name in OF_AN_OBJECT}
    allowed = {name for name in OF_AN_OBJECT if EXPECTED[name][role] == 200}
    assert {name for name in allowed if answers[name] != 404} == set()
    assert {answers[name] for name in OF_AN_OBJECT if name not in allowed} <= {403, 404}


@pytest.mark.parametrize("who", WHO)
def test_only_support_staff_reach_the_admin(who, person):
    assert person(who).get("/admin/").status_code == (302 if who == NOBODY else 403), "nobody of the cast is staff"


@pytest.mark.parametrize(("who", "status"), [(NOBODY, 302), (roles.ADMIN, 403)])
def test_no_address_of_the_admin_opens_for_others(who, status, person):
    """The role of the support staff alone is not enough."""
    client = person(who)
    routes = [address.route for address in addresses() if address.route.startswith(ADMIN)]
    assert len(routes) > 200, "hardly any address is walked"
    assert {resolve(a_path_of(route)).route for route in routes} == {route.replace("/^", "/") for route in routes}
    answers = {route: client.get(a_path_of(route)).status_code for route in routes}
    assert {route: answer for route, answer in answers.items() if answer != status} == {}


def a_path_of(route: str) -> str:
    """Return a path that the route answers: with the first alternative of each group, and 1 for whatever varies."""
    path = re.sub(r"\(\?P<\w+>(\w*)[^)]*\)", lambda group: group[1] or "1", route)
    return "/" + re.sub(r"<[^>]+>", "1", path).replace("^", "").removesuffix("$")

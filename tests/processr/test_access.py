"""Processr Access: every address of the Processr is closed to users without it, or named here as open."""

import pytest
from django.test import Client
from django.urls import reverse

from config.core.accounts import bearer, roles
from processr import urls, urls_api
from processr.permissions import NO_ACCESS
from processr.services import add_job
from tests.cast import make_user
from tests.screens.conftest import member, reader

pytestmark = pytest.mark.django_db
__all__ = ["member", "reader"]

OPEN = {"lead_run"}
"""Beside the lists: what was done to a lead is read by who sees the lead."""
LISTS = (
    "validation_list",
    "suppression_list",
    "advertiser_validation_list",
    "value_import",
    "stop_value_import",
    "refused_of_value_import",
)
API_OPEN = {"processr_job_leads", "logs", "lead_explanations_item", "lead_explanations_item_runs_item"}
API_LISTS = ("suppression_list", "value_imports", "invalid_", "telephones")
ANY = {"pk": 1, "job_id": 1, "group_id": 1, "lead_id": 1, "trial_id": 1, "transform_id": 1, "type_key": "test_data", "number": 1}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
MANAGERS = sorted(roles.MANAGES_CAMPAIGNS)


def pages() -> set[str]:
    return {pattern.name for pattern in urls.urlpatterns}


def shut_pages() -> set[str]:
    return {name for name in pages() if name not in OPEN and not name.startswith(LISTS)}


def calls() -> set[str]:
    return {pattern.name.removeprefix("v4_") for pattern in urls_api.urlpatterns}


def shut_calls() -> set[str]:
    return {name for name in calls() if name not in API_OPEN and not name.startswith(API_LISTS)}


def place(name: str) -> str:
    (pattern,) = [one for one in (*urls.urlpatterns, *urls_api.urlpatterns) if one.name == name]
    asked = {**pattern.pattern.converters, **pattern.pattern.regex.groupindex}
    return reverse(name, kwargs={key: ANY[key] for key in asked})


def signed_in(role: str, *, may: bool) -> Client:
    client = Client()
    client.force_login(make_user(role, can_use_processr=may))
    return client


def test_what_is_named_here_is_there():
    assert {
        "processr", "processr_job", "processr_job_copy", "processr_group", "processr_held", "processr_release", "processr_test_lead",
        "campaign_value_transforms", "advertiser_value_transforms", "campaign_value_transform_groups",
    } <= shut_pages()  # fmt: skip
    assert pages() >= OPEN
    assert shut_calls() == {
        "campaign_processr_jobs", "campaign_processr_jobs_item", "campaign_processr_jobs_item_check", "campaign_processr_job_groups",
        "campaign_processr_job_groups_item", "processr_jobs", "processr_jobs_item", "processr_form_mappings",
        "advertiser_value_manipulate_preview",
    }  # fmt: skip
    assert calls() >= API_OPEN


@pytest.mark.parametrize("role", MANAGERS)
def test_every_page_of_the_processr_is_shut_to_who_lacks_the_right(role):
    with_it, without = signed_in(role, may=True), signed_in(role, may=False)
    for name in sorted(shut_pages()):
        asked = {"get": place(name), "post": place(name)}
        codes = {method: getattr(without, method)(where).status_code for method, where in asked.items()}
        allowed = {method: getattr(with_it, method)(where).status_code for method, where in asked.items()}
        assert 403 not in allowed.values(), (name, allowed)
        assert codes == {method: 405 if code == 405 else 403 for method, code in allowed.items()}, name


@pytest.mark.parametrize("role", MANAGERS)
def test_every_call_of_the_processr_is_shut_to_who_lacks_the_right(role):
    user = make_user(role, can_use_processr=False)
    head = {"Authorization": f"Bearer {bearer.issue(user, source=bearer.PASSWORD).access_token}"}
    for name in sorted(shut_calls()):
        answers = [Client().generic(method, place(f"v4_{name}"), b"{}", "application/json", headers=head) for method in METHODS]
        there = [answer for answer in answers if answer.status_code != 405]
        assert {(answer.status_code, answer.json()["hydra:description"]) for answer in there} == {(403, NO_ACCESS)}, name


def test_lists_and_what_was_done_to_a_lead_stay_open(campaign, reader, make_leads, bob):
    from_super = reader(roles.SUPER)
    type(from_super.user).objects.filter(pk=from_super.user.pk).update(can_use_processr=False)
    add_job(campaign, "test_data", actor=bob)
    (lead,) = make_leads(campaign)
    for where in ("/v2/system/validation-list", "/v2/system/suppression-list", f"/v2/leads/{lead.pk}"):
        assert from_super.get(where).status == 200
    assert reverse("processr", args=[campaign.pk]) not in from_super.get(f"/v2/campaigns/{campaign.pk}").html, "a link to a shut page"


def test_publishers_read_the_rules_they_are_shown_whatever_the_right_says(campaign, member, bob):
    add_job(campaign, "simple_conditional_validation", config={"field": "company", "operator": "EQUAL", "values": ["Acme"]}, actor=bob)
    pat = member(roles.PUBLISHER)
    pat.can_use_processr = False
    pat.save()
    head = {"Authorization": f"Bearer {bearer.issue(pat, source=bearer.PASSWORD).access_token}"}
    assert Client().get("/api/v4/campaign-processr-jobs", headers=head).json()["hydra:totalItems"] == 1

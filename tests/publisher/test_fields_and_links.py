"""Fields and links that a publisher's program reads before it posts."""

import pytest
from django.utils import timezone

from campaigns import services
from campaigns.models import CampaignLink
from config.core.accounts import roles

pytestmark = pytest.mark.django_db

VERSIONS = ("v2", "v2.1", "v2.3", "v2.4", "v2.5")
NO_CAMPAIGN = b'{"code":404,"message":"Campaign not found"}'


def test_the_fields_of_every_form_are_listed_in_the_order_of_the_form(program, form):
    form.fields.filter(name="telephone").update(enabled=False)
    form.fields.filter(name="company").update(position=0, type="hidden")
    form.fields.filter(name="firstName").update(position=1)
    answer = program.fields()
    assert answer["Content-Type"] == "application/json"
    assert answer.content.decode() == (
        f'[{{"formName":"White paper","formId":{form.pk},"fields":["form[company]","form[firstName]","form[lastName]","form[email]"]}}]'
    )


def test_an_archived_form_is_not_listed(program, form):
    type(form).objects.update(archived_at=timezone.now())
    assert program.fields().json() == []


def test_the_links_in_use_are_listed(program):
    link = program.campaign.links.get()
    CampaignLink.objects.create(campaign=program.campaign, name="Old", status="archived")
    assert program.links().content.decode() == (
        f'[{{"id":{link.pk},"name":"Newsletter","channel":"Email","destination":"https://example.com/"}}]'
    )


@pytest.mark.parametrize("version", VERSIONS)
def test_every_documented_version_answers_alike(program, version):
    assert program.get(f"fields/{program.campaign.pk}", version=version).content == program.fields().content
    assert program.post(version=version).status_code == 201
    assert program.get(f"{program.publisher.pk}/lead-result/{2**31 - 1}", version=version).status_code == 404


def test_a_campaign_without_a_contract_does_not_exist_for_the_publisher(program, make_campaign):
    other = make_campaign("Other")
    other.contracts.all().delete()
    assert [(answer.status_code, answer.content) for answer in (program.fields(other), program.links(other))] == [(404, NO_CAMPAIGN)] * 2
    assert program.get(f"fields/{2**63 - 1}").content == NO_CAMPAIGN


def test_an_agency_sees_the_campaigns_of_its_advertisers_only(program_of, make_campaign, currency, bob):
    agency = program_of(roles.AGENCY)
    stranger = services.create_advertiser("Stranger", actor=bob)
    foreign = make_campaign("Foreign")
    type(foreign).objects.filter(pk=foreign.pk).update(advertiser=stranger)
    assert (agency.fields().status_code, agency.fields(foreign).content) == (200, NO_CAMPAIGN)


def test_head_is_answered_like_get_without_the_body(program):
    answer = program.client.head(f"/api/v2.4/publisher/links/{program.campaign.pk}", headers=program.headers())
    assert (answer.status_code, answer.content) == (200, b"")


def test_reading_costs_the_same_number_of_queries_however_much_there_is(program, form, bob, django_assert_max_num_queries):
    for number in range(5):
        another = services.create_form(f"Form {number}", fields=[{"name": "email", "label": "E-mail"}], actor=bob)
        services.add_form(program.campaign, another, actor=bob)
        services.add_link(program.campaign, f"Link {number}", channel="Email", destination="https://example.com/", actor=bob)
    with django_assert_max_num_queries(5):  # token, memberships, campaign, forms, their fields
        assert len(program.fields().json()) == 6
    with django_assert_max_num_queries(4):
        assert len(program.links().json()) == 6

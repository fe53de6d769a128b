"""The Credential Manager in its states, photographed."""

import pytest

from config.core.credentials import service
from processr.services import add_job
from tests.module_cast import ANEW

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
db, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ANEW
PAGE = "/v2/enterprise/credentials"


@pytest.fixture
def stored(bob):
    names = [
        "Experian",
        "A partner with a name that goes on and on until nobody reads it any more, and then some " + "x" * 30,
        "شريك البيانات",
    ]
    kept = [
        service.set_credential(name, actor=bob, secret="s", client_id="sluice", api_url="https://api.partner.example/v1") for name in names
    ]
    return kept[0]


def test_the_list(look_at, stored):
    look_at("credentials", PAGE)


def test_the_empty_list(look_at, db):
    look_at("credentials-empty", PAGE)


def test_adding_and_changing(look_at, stored):
    look_at("credential-add", f"{PAGE}/add")
    look_at("credential-add-refused", f"{PAGE}/add", act=lambda page: page.get_by_role("button", name="Add credential").click())
    look_at("credential", f"{PAGE}/{stored.pk}")


def test_deleting_what_is_used(look_at, stored, campaign, bob):
    job = add_job(campaign, "first_last_name_match", actor=bob)
    job.credential = stored
    job.save(update_fields=["credential"])
    look_at(
        "credential-delete", f"{PAGE}/{stored.pk}/delete", act=lambda page: page.get_by_role("button", name="Delete credential").click()
    )

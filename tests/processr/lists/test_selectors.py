"""The lists, and the values of lists, that each role sees."""

import pytest

from campaigns import services as campaigns
from config.core.accounts import roles
from config.core.errors import DomainError
from processr.lists import services
from processr.lists.kinds import EMAIL
from processr.lists.selectors import imports_for, lists_for, sees_values, suppressed_for, values_for
from tests.cast import make_user

pytestmark = pytest.mark.django_db

ALL = {"system", "own", "private", "theirs"}
SEES = {
    roles.ADMIN: ALL,
    roles.ADMIN_MASKED: ALL,
    roles.SUPER: ALL,
    roles.AGENCY: {"system", "own", "private"},
    roles.AGENCY_CALL_CENTRE: set(),
    roles.ADVERTISER: set(),
    roles.ADVERTISER_REPORT: {"own", "private"},
    roles.PUBLISHER: set(),
    roles.REPORT: set(),
}
PRIVATE_IS_OPEN = {roles.ADMIN, roles.SUPER, roles.ADVERTISER_REPORT}


@pytest.fixture
def lists(make_list, acme, bob):
    other = campaigns.create_advertiser("Other", actor=bob)
    return {
        "system": make_list("a", name="system"),
        "own": make_list("a", name="own", advertiser=acme),
        "private": make_list("a", name="private", advertiser=acme, private=True),
        "theirs": make_list("a", name="theirs", advertiser=other),
    }


@pytest.fixture
def person(acme, pat, bob):
    agency = campaigns.create_agency("Brightfield", advertisers=[acme], actor=bob)
    party = dict.fromkeys(roles.AGENCY_SIDE, agency) | dict.fromkeys(roles.ADVERTISER_SIDE, acme) | {roles.PUBLISHER: pat}

    def make(role: str):
        user = make_user(role)
        if role in party:
            campaigns.add_member(user, party[role], actor=bob)
        return user

    return make


@pytest.mark.parametrize("role", sorted(roles.ALL))
def test_each_role_sees_its_lists_and_what_is_on_those_that_are_not_private(lists, person, suppress, begin, role):
    user = person(role)
    suppress("email", "jo@example.com")
    runs = {name: begin(listed, b"b\n") for name, listed in lists.items()} | {"email": begin("email", b"a@b.c\n")}
    assert {listed.name for listed in lists_for(user)} == SEES[role]
    open_to = {name for name in SEES[role] if name != "private" or role in PRIVATE_IS_OPEN}
    assert {name for name in SEES[role] if sees_values(user, lists[name])} == open_to
    assert {name for name in SEES[role] if values_for(user, lists[name]).exists()} == open_to
    suppresses = role in {roles.ADMIN, roles.SUPER}
    assert suppressed_for(user, EMAIL).exists() == suppresses
    assert {name for name, run in runs.items() if imports_for(user).filter(pk=run.pk).exists()} == open_to | (
        {"email"} if suppresses else set()
    )


def test_of_other_peoples_campaigns_only_the_number_of_jobs_is_told(lists, person, make_campaign, add_job, currency, bob):
    seen, other = make_campaign("Ours"), make_campaign("Hidden")
    type(other).objects.filter(pk=other.pk).update(advertiser=lists["theirs"].advertiser)
    for campaign in (seen, other):
        add_job(campaign, "suppression_list", label="Accounts", config={"list": lists["system"].pk, "field": "company"})
    with pytest.raises(DomainError, match="on Ours; 1 other. ") as refused:
        services.delete_list(lists["system"].pk, who=person(roles.AGENCY), actor=bob)
    assert "Hidden" not in str(refused.value)

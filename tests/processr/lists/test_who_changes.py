"""The lists that each role may change (decision 32), by each page and each address of API v4."""

from importlib import import_module

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from campaigns import services as campaigns
from config.core.accounts import roles
from processr.lists import services
from processr.lists.selectors import refusal_to_change
from processr.models import SuppressedEmail, ValidationList
from tests.cast import make_user
from tests.processr.api.program import BASE, Program
from tests.processr.lists.conftest import values_of

pytestmark = pytest.mark.django_db
PAGES, SUPPRESSION = "/v2/system/validation-list", "/v2/system/suppression-list/email"
OF_ADVERTISER = {"own", "private", "made"}
CHANGES = {
    roles.ADMIN: {"system", "theirs", *OF_ADVERTISER},
    roles.SUPER: {"theirs", *OF_ADVERTISER},
    roles.AGENCY: {"own"},
    roles.ADVERTISER_REPORT: {"made"},
}
"""The lists that each role changes; any other role changes none. `made` is a private one of the person who asks."""
SEES = {
    roles.ADMIN: {"system", "theirs", *OF_ADVERTISER},
    roles.ADMIN_MASKED: {"system", "theirs", *OF_ADVERTISER},
    roles.SUPER: {"system", "theirs", *OF_ADVERTISER},
    roles.AGENCY: {"system", *OF_ADVERTISER},
    roles.ADVERTISER_REPORT: OF_ADVERTISER,
}


@pytest.fixture
def parties(acme, pat, bob):
    agency = campaigns.create_agency("Brightfield", advertisers=[acme], actor=bob)
    return dict.fromkeys(roles.AGENCY_SIDE, agency) | dict.fromkeys(roles.ADVERTISER_SIDE, acme) | {roles.PUBLISHER: pat}


@pytest.fixture
def person(parties, bob):
    def make(role: str):
        user = make_user(role)
        if role in parties:
            campaigns.add_member(user, parties[role], actor=bob)
        return user

    return make


@pytest.fixture
def lists(make_list, acme, bob) -> dict[str, ValidationList]:
    """Each has the value `a`. Another report user of Acme has made the private one."""
    rival = campaigns.create_advertiser("Rival", actor=bob)
    lists = {
        "system": make_list("a", name="system"),
        "own": make_list("a", name="own", advertiser=acme),
        "theirs": make_list("a", name="theirs", advertiser=rival),
        "private": make_list("a", name="private", advertiser=acme, private=True),
        "made": make_list("a", name="made", advertiser=acme, private=True),
    }
    ValidationList.objects.filter(pk=lists["private"].pk).update(made_by=make_user(roles.ADVERTISER_REPORT))
    return lists


@pytest.mark.parametrize("role", sorted(roles.ALL))
def test_each_page_opens_and_takes_changes_for_those_who_change_the_list(lists, person, role):
    user, client = person(role), Client()
    ValidationList.objects.filter(pk=lists["made"].pk).update(made_by=user)
    client.force_login(user)
    for name, row in lists.items():
        allowed = name in CHANGES.get(role, set())
        refused = 403 if name in SEES.get(role, set()) or role not in SEES else 404
        opened = {page: client.get(f"{PAGES}/{row.pk}/{page}").status_code for page in ("settings", "delete", "import")}
        assert set(opened.values()) == {200 if allowed else refused}, (name, opened)
        value = row.values.get()
        posts = [
            ("add", {"entries": "b"}), ("settings", {"name": f"{name} by {role}", "private": "on" if row.private else ""}),
            ("remove", {"id": value.pk}), ("import", {"file": SimpleUploadedFile("v.csv", b"c\n")}), ("delete", {}),
        ]  # fmt: skip
        answers = {page: client.post(f"{PAGES}/{row.pk}/{page}", data).status_code for page, data in posts}
        assert set(answers.values()) == {302 if allowed else refused}, (name, answers)
        kept = ValidationList.objects.get(pk=row.pk)
        page = client.get(f"{PAGES}/{row.pk}").content.decode()
        assert (f"{PAGES}/{row.pk}/delete" in page, 'id="add"' in page) == (allowed, allowed)
        if not allowed:
            assert 'aria-label="Remove' not in page
            assert (kept.name, kept.private, values_of(kept)) == (name, row.private, ["a"])


@pytest.mark.parametrize("role", sorted(roles.ALL))
def test_each_address_of_the_api_takes_changes_from_those_who_change_the_list(lists, person, begin, role):
    user = person(role)
    ValidationList.objects.filter(pk=lists["made"].pk).update(made_by=user)
    program = Program(user)
    header = {"Authorization": f"Bearer {program.token}"}
    for name, row in lists.items():
        allowed, value = name in CHANGES.get(role, set()), row.values.get()
        run = begin(row, b"z\n")
        upload = {"file": SimpleUploadedFile("v.csv", b"c\n"), "suppressionList": row.pk}
        answers = [
            program.post("suppression-list-values", {"suppressionList": row.pk, "value": "b"}),
            program.patch(f"suppression-list-values/{value.pk}", {"value": "A"}),
            program.ask("PUT", f"suppression-lists/{row.pk}", {"name": f"{name} by {role}"}),
            program.patch(f"suppression-lists/{row.pk}", {"name": f"{name} by {role} again"}),
            program.post(f"value-imports/{run.pk}/stop", {}),
            program.client.post(f"{BASE}suppression-list-values/import", upload, headers=header),
            program.post("suppression-list-values/import", {"suppressionList": row.pk, "values": ["d"]}),
        ]
        codes = {answer.status_code for answer in answers}
        assert codes <= ({200, 201, 202} if allowed else {400, 403, 404}), (name, [answer.status_code for answer in answers])
        kept = ValidationList.objects.get(pk=row.pk)
        if not allowed:
            gone = (program.delete(f"suppression-list-values/{value.pk}"), program.delete(f"suppression-lists/{row.pk}"))
            assert {answer.status_code for answer in gone} <= {403, 404}
            assert (kept.name, values_of(kept)) == (name, ["a"])


@pytest.mark.parametrize("role", sorted(roles.ALL))
def test_who_makes_lists(person, acme, role):
    user, client = person(role), Client()
    client.force_login(user)
    makes_system, makes_own = role in {roles.ADMIN}, role in CHANGES
    assert (client.post(f"{PAGES}/add", {"name": "S"}).status_code == 302) == makes_system
    assert (client.post(f"/v2/advertisers/{acme.pk}/validation-lists/add", {"name": "O"}).status_code == 302) == makes_own
    program = Program(user)
    assert (program.post("suppression-lists", {"name": "S2"}).status_code == 201) == makes_system
    assert (program.post("suppression-lists", {"name": "O2", "advertiser": acme.pk}).status_code == 201) == makes_own
    made = ValidationList.objects.exclude(advertiser=None)
    assert {row.private for row in made} == ({role == roles.ADVERTISER_REPORT} if makes_own else set())
    assert {row.made_by_id for row in made} == ({user.pk} if makes_own else set())


def test_a_report_user_cannot_open_a_private_list_to_others(person, acme):
    user = person(roles.ADVERTISER_REPORT)
    program = Program(user)
    made = program.post("suppression-lists", {"name": "Mine", "advertiser": acme.pk}).json()
    assert program.patch(f"suppression-lists/{made['id']}", {"private": False}).status_code == 403
    assert program.post("suppression-lists", {"name": "Open", "advertiser": acme.pk, "private": False}).status_code == 403
    client = Client()
    client.force_login(user)
    client.post(f"{PAGES}/{made['id']}/settings", {"name": "Renamed"})
    row = ValidationList.objects.get()
    assert (row.name, row.private) == ("Renamed", True)
    assert refusal_to_change(person(roles.ADVERTISER_REPORT), row), "another report user of the same advertiser"


def test_suppression_is_changed_by_admin_alone(person, begin):
    run, entry = begin("email", b"z@example.com\n"), SuppressedEmail.objects.create(email="a@example.com")
    for role in sorted(roles.ALL - {roles.ADMIN}):
        user, client = person(role), Client()
        client.force_login(user)
        answers = [
            client.post(f"{SUPPRESSION}/add", {"entries": "b@example.com"}), client.post(f"{SUPPRESSION}/remove", {"id": entry.pk}),
            client.get(f"{SUPPRESSION}/import"), client.post(f"{SUPPRESSION}/import", {"file": SimpleUploadedFile("v.csv", b"c@d.e\n")}),
        ]  # fmt: skip
        assert {answer.status_code for answer in answers} == {403}, role
        stopped = client.post(f"{PAGES}/imports/{run.pk}/stop").status_code
        assert stopped in (403, 404)
        program = Program(user)
        assert program.post("invalid-emails", {"email": "b@example.com"}).status_code == 403
        assert program.delete(f"invalid-emails/{entry.pk}").status_code == 403
        assert program.post("invalid-emails-import", {"values": ["b@example.com"]}).status_code == 403
        assert program.post(f"value-imports/{run.pk}/stop", {}).status_code in (403, 404)
    run.refresh_from_db()
    assert (SuppressedEmail.objects.count(), run.stop_asked) == (1, False)
    client = Client()
    client.force_login(person(roles.SUPER))
    page = client.get(SUPPRESSION).content.decode()
    assert "Suppression lists are changed by Admin." in page
    assert 'id="add"' not in page
    assert 'aria-label="Remove' not in page


def test_whoever_made_a_list_before_is_read_from_the_audit_trail(person, acme, bob):
    user = person(roles.ADVERTISER_REPORT)
    row = services.create_list("Mine", advertiser=acme, private=True, actor=type(bob)(user.name, user.pk))
    ValidationList.objects.update(made_by=None)
    import_module("processr.migrations.0009_makers_of_lists_from_audit").set_makers(apps, None)
    row.refresh_from_db()
    assert row.made_by_id == user.pk

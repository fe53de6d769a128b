"""Services of lists: every value once, an exact count, and a version and an audit entry for each change."""

import pytest

from config.core.errors import DomainError
from config.core.models import AuditEntry
from processr.lists import services
from processr.lists.services import AddResult, add_values, change_list, create_list, remove_values, unsuppress
from processr.models import SuppressedEmail, SuppressedName, SuppressedPhone
from tests.processr.lists.conftest import values_of

pytestmark = pytest.mark.django_db


def last_entry() -> AuditEntry:
    return AuditEntry.objects.order_by("-pk")[0]


def test_values_are_kept_once_whatever_their_case_and_the_first_spelling_stays(listed, bob):
    assert add_values(listed, ["Acme", "ACME ", "Example", " acme"], actor=bob) == AddResult(2, 2)
    assert add_values(listed, ["acme", "Third"], actor=bob) == AddResult(1, 1)
    listed.refresh_from_db()
    assert (values_of(listed), listed.value_count) == (["Acme", "Example", "Third"], 3)


def test_the_version_rises_with_each_change_of_values_and_only_then(listed, bob):
    versions = []

    def note():
        listed.refresh_from_db()
        versions.append(listed.version)

    note()
    add_values(listed, ["a", "b"], actor=bob)
    note()
    add_values(listed, ["A"], actor=bob)
    note()
    remove_values(listed, values=["nobody has it"], actor=bob)
    note()
    remove_values(listed, values=["B"], actor=bob)
    note()
    change_list(listed.pk, name="Other", actor=bob)
    note()
    assert versions == [1, 2, 2, 2, 3, 3]
    assert listed.value_count == 1


@pytest.mark.sql
def test_values_are_removed_by_id_or_by_value_and_only_from_their_own_list(make_list, bob):
    one, other = make_list("a", "b", "c"), make_list("a", name="Other")
    first = one.values.get(key="a")
    assert remove_values(other, ids=[first.pk], actor=bob) == 0
    assert remove_values(one, ids=[first.pk], values=[" B "], actor=bob) == 2
    one.refresh_from_db()
    assert (values_of(one), one.value_count, values_of(other)) == (["c"], 1, ["a"])


@pytest.mark.parametrize("wrong", ["", "x" * 501, "a\x00b", "\ud800"])
def test_one_value_that_cannot_be_kept_refuses_them_all_and_says_which(listed, bob, wrong):
    with pytest.raises(DomainError, match="Number 2 ") as refused:
        add_values(listed, ["fine", wrong], actor=bob)
    assert refused.value.field == "values"
    assert values_of(listed) == []


def test_more_than_a_thousand_come_as_a_file(listed, bob):
    assert add_values(listed, map(str, range(1_000)), actor=bob).added == 1_000
    with pytest.raises(DomainError, match="Import more as a file"):
        add_values(listed, map(str, range(1_001)), actor=bob)


@pytest.mark.parametrize(
    ("name", "why"), [("  ", "a name"), ("x" * 161, "at most 160"), ("a\x00", "not text"), (" Key   accounts ", "already")]
)
def test_a_name_is_there_once_and_can_be_kept(listed, bob, name, why):
    with pytest.raises(DomainError, match=why) as refused:
        create_list(name, advertiser=None, actor=bob)
    assert refused.value.field == "name"


def test_an_advertiser_may_have_a_list_called_as_one_of_the_system(listed, acme, bob):
    assert create_list(listed.name, advertiser=acme, actor=bob).pk != listed.pk


def test_only_a_list_of_an_advertiser_can_be_private(listed, acme, bob):
    with pytest.raises(DomainError, match="private"):
        create_list("Secret", advertiser=None, private=True, actor=bob)
    with pytest.raises(DomainError, match="private"):
        change_list(listed.pk, private=True, actor=bob)
    assert create_list("Secret", advertiser=acme, private=True, actor=bob).private


def test_every_change_leaves_one_line_and_deletions_are_high(listed, bob, admin):
    before = AuditEntry.objects.count()
    add_values(listed, ["a", "b"], actor=bob)
    assert (last_entry().action, last_entry().after, last_entry().severity) == ("values added", {"added": 2, "already there": 0}, "low")
    remove_values(listed, values=["a"], actor=bob)
    assert (last_entry().action, last_entry().severity) == ("values removed", "high")
    change_list(listed.pk, name="New", actor=bob)
    assert (last_entry().before["name"], last_entry().after["name"]) == ("Key accounts", "New")
    services.delete_list(listed.pk, who=admin, actor=bob)
    assert (last_entry().action, last_entry().before, last_entry().severity) == (
        "validation list deleted", {"name": "New", "values": 1, "advertiser": ""}, "high",
    )  # fmt: skip
    assert AuditEntry.objects.count() == before + 4


@pytest.mark.sql
@pytest.mark.parametrize(
    ("kind", "model", "entries", "kept"),
    [
        ("email", SuppressedEmail, ["Jo@Example.com", "jo@example.COM", "al@example.com"], ["al@example.com", "jo@example.com"]),
        ("name", SuppressedName, [("Mickey", "Mouse"), ("MICKEY", "mouse"), ("Zoë", "Test")], ["mickey mouse", "zoe test"]),
        ("phone", SuppressedPhone, ["+44 20 7946 0000", "+44-20-79460000", "020 7946"], ["+442079460000", "0207946"]),
    ],
)
def test_what_is_suppressed_is_kept_once_and_let_in_again(suppress, bob, kind, model, entries, kept):
    assert suppress(kind, *entries) == AddResult(2, 1)
    key = {"email": "email", "name": "name_key", "phone": "phone"}[kind]
    assert sorted(model.objects.values_list(key, flat=True)) == kept
    assert (last_entry().page, last_entry().after) == ("Suppression", {"added": 2, "already there": 1})
    assert unsuppress(kind, entries=entries[:1], actor=bob) == 1
    assert unsuppress(kind, ids=list(model.objects.values_list("pk", flat=True)), actor=bob) == 1
    assert last_entry().severity == "high"


def test_an_unknown_kind_is_refused(suppress):
    for kind in ("list", "postcode", ""):
        with pytest.raises(DomainError):
            suppress(kind, "a")

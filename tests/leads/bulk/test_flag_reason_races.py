"""Two admins who change the reasons of a flag at the same time: each finds what the other has left."""

import pytest
from django.test import Client

from config.core.accounts import roles
from config.core.errors import DomainError
from config.core.models import AuditEntry
from leads.bulk import flag_reasons as services
from leads.models import FlagReason, FlagReasonCategory
from tests.cast import make_user
from tests.module_cast import ANEW
from tests.races import at_once

pytestmark = pytest.mark.django_db(transaction=True)
db, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ANEW
GONE = "This reason was removed meanwhile."
PAGE = "/v2/enterprise/flag-reasons"


@pytest.fixture
def reason(db) -> FlagReason:
    """The last of three reasons. Those of the installation are taken away by tests that commit."""
    FlagReason.objects.all().delete()
    FlagReason.objects.create(flag="invalid", name="Other", is_other=True, position=1)
    FlagReason.objects.create(flag="invalid", name="Returned", position=2)
    return FlagReason.objects.create(flag="invalid", name="Wrong country", has_categories=True, position=3)


def audited(action: str) -> int:
    return AuditEntry.objects.filter(page="Flag Reasons", action=action).count()


def refusals(raised: list[BaseException]) -> list[str]:
    assert all(isinstance(one, DomainError) for one in raised), raised
    return [one.message for one in raised]


def test_a_reason_is_removed_once(reason, bob):
    other = FlagReason.objects.get(pk=reason.pk)
    assert refusals(at_once(remover(reason, bob), remover(other, bob))) == [GONE]
    assert audited("Reason removed") == 1


def remover(reason, bob):
    return lambda: services.remove_reason(reason, actor=bob)


@pytest.mark.parametrize(
    ("act", "action"),
    [
        (lambda reason, bob: services.rename_reason(reason, "Wrong continent", actor=bob), "Reason renamed"),
        (lambda reason, bob: services.move_up(reason, actor=bob), "Reason moved"),
        (lambda reason, bob: services.add_category(reason, "Europe", actor=bob), "Reason category added"),
    ],
    ids=["rename", "move", "categorise"],
)
def test_what_is_changed_while_it_is_removed_is_changed_before_or_is_gone(reason, bob, act, action):
    mine = FlagReason.objects.get(pk=reason.pk)
    raised = at_once(lambda: act(mine, bob), remover(reason, bob))
    messages = refusals(raised)
    assert messages in ([], [GONE], ["It has categories, which are permanent, and stays with them."])
    assert audited("Reason removed") == (not FlagReason.objects.filter(pk=reason.pk).exists())
    assert audited(action) == (GONE not in messages)


@pytest.mark.parametrize("act", [services.move_up, services.remove_reason])
def test_one_that_is_gone_is_refused(reason, bob, act):
    FlagReason.objects.filter(pk=reason.pk).delete()
    with pytest.raises(DomainError, match="removed meanwhile") as refused:
        act(reason, actor=bob)
    assert refused.value.status == 404
    assert not AuditEntry.objects.filter(page="Flag Reasons").exists()


def test_of_two_categories_of_one_name_the_second_is_refused_and_so_is_a_reason(reason, bob):
    for add in (
        lambda: services.add_category(FlagReason.objects.get(pk=reason.pk), "Europe", actor=bob),
        lambda: services.add_reason("invalid", "Wrong continent", actor=bob),
    ):
        (message,) = refusals(at_once(add, add))
        assert "is there already" in message
    assert (FlagReasonCategory.objects.count(), FlagReason.objects.count()) == (1, 4)


def test_the_pages_say_what_became_of_the_reason_and_never_fail(reason):
    clients = [Client(), Client()]
    for client in clients:
        client.force_login(make_user(roles.ADMIN))
    answers: list[int] = []

    def post(client: Client, path: str, **fields: str) -> None:
        answers.append(client.post(f"{PAGE}/{reason.pk}{path}", fields).status_code)

    first, second = clients
    raised = at_once(
        lambda: [post(first, "", name=f"Name {n}") for n in range(3)],
        lambda: [post(second, path) for path in ("/move", "/remove", "/remove")],
    )
    assert raised == []
    assert set(answers) <= {302, 404}
    assert audited("Reason removed") == 1

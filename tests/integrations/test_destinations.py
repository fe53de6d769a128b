"""Destinations: rules, secrets and rests, as the services change them."""

from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from config.core.accounts import roles
from config.core.actor import Actor
from config.core.credentials import encryption
from config.core.errors import DomainError
from config.core.models import AuditEntry
from integrations.destinations import services
from integrations.destinations.selectors import cap_uses, destination_of
from integrations.destinations.services import SendingRules, secrets_seen
from integrations.destinations.signing import Signer
from integrations.models import Destination, OutboundEvent, SentCount
from processr.services import add_job
from tests.cast import make_user

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
HOURS = {"weekdays": [0, 4], "opens": "09:00", "closes": "17:30"}
DAY = timedelta(days=1)


@pytest.fixture(params=["integration", "event"])
def owner(request, campaign, bob):
    if request.param == "event":
        return OutboundEvent.objects.create(campaign=campaign, label="Tell Pat", trigger="valid", url="https://pat.example/?id={leadId}")
    post = {"url": "https://crm.acme.example/leads", "fields_sent": [{"name": "email", "field": "email"}]}
    return add_job(campaign, "http_post", actor=bob, label="CRM", config=post)


def verified(owner, secret: str) -> bool:
    headers = Signer.of(destination_of(owner)).headers("msg_1", b"{}", datetime.now(UTC))
    try:
        Webhook(secret).verify(b"{}", headers)
    except WebhookVerificationError:
        return False
    return True


def seen(owner) -> str:
    return secrets_seen(destination_of(owner))


def test_rules_are_saved_and_recorded_once(owner, bob):
    rules = SendingRules(60, HOURS, 100, None, 1_000)
    for _ in range(2):
        services.save_rules(owner, rules, actor=bob)
    assert SendingRules.of(Destination.objects.get()) == rules
    (entry,) = AuditEntry.objects.filter(action="sending rules changed")
    assert (entry.before["per_minute"], entry.after["cap_month"], entry.campaign_id) == (None, 1_000, owner.campaign_id)


@pytest.mark.parametrize(("waits_for", "is_served"), [("cap", True), ("hours", True), ("rate", True), ("unreachable", False)])
def test_new_rules_are_looked_at_at_once_but_end_no_rest(owner, bob, waits_for, is_served):
    services.save_rules(owner, SendingRules(cap_day=1), actor=bob)
    Destination.objects.update(waits_for=waits_for, waits_until=NOON + DAY)
    services.save_rules(owner, SendingRules(cap_day=2), actor=bob)
    assert (Destination.objects.get().waits_until is None) is is_served


def test_a_secret_is_rotated_with_two_valid_at_once(owner, bob, time_machine):
    time_machine.move_to(NOON)
    old = services.make_secret(owner, actor=bob, seen="")
    assert verified(owner, old)
    new = services.rotate_secret(owner, actor=bob, seen=seen(owner), overlap=DAY)
    assert verified(owner, old)
    assert verified(owner, new)
    time_machine.move_to(NOON + DAY + timedelta(seconds=1))
    assert not verified(owner, old)
    assert verified(owner, new)


def test_the_old_secret_can_be_ended_and_signing_switched_off(owner, bob):
    old = services.make_secret(owner, actor=bob, seen="")
    new = services.rotate_secret(owner, actor=bob, seen=seen(owner), overlap=DAY)
    services.end_previous_secret(owner, actor=bob)
    assert (verified(owner, old), verified(owner, new)) == (False, True)
    services.stop_signing(owner, actor=bob)
    row = Destination.objects.get()
    assert (bytes(row.signing_secret), bytes(row.previous_secret), row.previous_secret_until) == (b"", b"", None)
    assert Signer.of(row).headers("msg_1", b"", datetime.now(UTC)) == {}
    for _ in range(2):  # nothing more to do
        services.end_previous_secret(owner, actor=bob)
        services.stop_signing(owner, actor=bob)
    actions = list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))
    assert actions[-4:] == ["signing secret made", "signing secret rotated", "old signing secret ended", "signing switched off"]


def test_without_an_overlap_the_old_one_ends_at_once(owner, bob):
    old = services.make_secret(owner, actor=bob, seen="")
    new = services.rotate_secret(owner, actor=bob, seen=seen(owner), overlap=timedelta())
    assert (verified(owner, old), verified(owner, new)) == (False, True)


def test_a_form_that_is_sent_twice_changes_the_secret_once(owner, bob):
    secret = services.make_secret(owner, actor=bob, seen="")
    with pytest.raises(DomainError, match="changed meanwhile"):
        services.make_secret(owner, actor=bob, seen="")
    first = seen(owner)
    new = services.rotate_secret(owner, actor=bob, seen=first, overlap=DAY)
    with pytest.raises(DomainError, match="changed meanwhile"):
        services.rotate_secret(owner, actor=bob, seen=first, overlap=DAY)
    assert verified(owner, secret)
    assert verified(owner, new)


def test_secrets_are_sealed_and_are_no_part_of_the_audit_trail(owner, bob):
    secrets = [services.make_secret(owner, actor=bob, seen="")]
    secrets.append(services.rotate_secret(owner, actor=bob, seen=seen(owner), overlap=DAY))
    row = Destination.objects.get()
    trail = str([(entry.before, entry.after, entry.notes) for entry in AuditEntry.objects.all()])
    for secret in secrets:
        assert secret.encode() not in bytes(row.signing_secret) + bytes(row.previous_secret)
        assert secret not in trail


def test_secrets_are_sealed_anew_and_empty_ones_are_none(owner, bob):
    services.save_rules(owner, SendingRules(per_minute=1), actor=bob)
    assert encryption.reseal_all().lost == []
    services.make_secret(owner, actor=bob, seen="")
    assert encryption.reseal_all().lost == []


@pytest.mark.parametrize("overlap", [timedelta(seconds=-1), timedelta(days=8)])
def test_an_overlap_has_bounds(owner, bob, overlap):
    services.make_secret(owner, actor=bob, seen="")
    with pytest.raises(DomainError, match="seven days"):
        services.rotate_secret(owner, actor=bob, seen=seen(owner), overlap=overlap)


def test_masked_roles_change_nothing_of_it(owner):
    user = make_user(roles.ADMIN_MASKED, name="Mia")
    actor = Actor(user.name, user.pk)
    for act in (
        lambda: services.save_rules(owner, SendingRules(per_minute=1), actor=actor),
        lambda: services.make_secret(owner, actor=actor, seen=""),
        lambda: services.stop_signing(owner, actor=actor),
    ):
        with pytest.raises(DomainError) as refusal:
            act()
        assert refusal.value.status == 403
    assert not Destination.objects.exists()


def test_a_rest_is_ended_and_only_a_rest(owner, bob):
    assert services.try_now(owner, actor=bob) is False
    services.save_rules(owner, SendingRules(per_minute=1), actor=bob)
    Destination.objects.update(waits_for="unreachable", waits_until=NOON + DAY, failing_since=NOON, rests=3)
    assert services.try_now(owner, actor=bob) is True
    row = Destination.objects.get()
    assert (row.waits_for, row.waits_until, row.failing_since, row.rests) == ("", None, NOON, 3)
    Destination.objects.update(waits_for="cap", waits_until=NOON + DAY)
    assert services.try_now(owner, actor=bob) is False
    assert AuditEntry.objects.filter(action="tried before its time").count() == 1


def test_what_was_sent_counts_by_day_week_from_monday_and_month(owner, bob):
    row = services.save_rules(owner, SendingRules(cap_day=10, cap_week=50), actor=bob)
    today = datetime(2026, 12, 2).date()  # a Wednesday
    for ago, n in [(0, 8), (1, 4), (2, 2), (3, 100), (31, 1_000)]:
        SentCount.objects.create(destination=row, day=today - timedelta(days=ago), n=n)
    assert [(use.period.key, use.sent, use.cap, use.percent) for use in cap_uses(row, today)] == [
        ("day", 8, 10, 80), ("week", 14, 50, 28), ("month", 12, None, 0),
    ]  # fmt: skip

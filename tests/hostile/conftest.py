"""What hostile senders meet: an installation in which something could be stolen, doubled or broken."""

from collections.abc import Iterator

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections

from campaigns import services
from config.panel import enterprise, roles
from config.panel.models import AccessToken, Enterprise, IdempotencyKey
from leads.models import Lead, TallyDelta
from tests.cast import make_user
from tests.hostile.world import World


@pytest.fixture(autouse=True)
def _one_line_to_the_database() -> Iterator[None]:
    """The test's own, with its transaction: a server drops it between requests (Django's test client does the same)."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def world(campaign, pat, form, make_leads, bob) -> World:
    """Without limits on calls, which would hide everything behind them."""
    enterprise.ensure()
    Enterprise.objects.update(limits=dict.fromkeys(("logins", "logins_of_address", "lead_result", "all", "webhook")))
    enterprise.forget()
    user = make_user(roles.PUBLISHER)
    services.add_member(user, pat, actor=bob)
    (lead,) = make_leads(campaign)
    ids = {"campaign_id": campaign.pk, "form_id": form.pk, "publisher_id": pat.pk, "lead_id": lead.pk, "publisherId": pat.pk}
    ids |= dict.fromkeys(("linkId", "campaignLinkId"), campaign.links.get().pk)
    return World(user, services.api_key_of(campaign), ids)


@pytest.fixture
def nothing_half_done() -> Iterator[None]:
    """What a test sends stores whole leads, each counted once, or nothing at all."""
    leads, tokens = Lead.objects.count(), AccessToken.objects.count()
    yield
    taken = Lead.objects.count() - leads
    assert sum(TallyDelta.objects.values_list("n", flat=True)) == Lead.objects.count()
    assert taken >= 0
    assert AccessToken.objects.count() == tokens
    assert not IdempotencyKey.objects.filter(status=None).exists()

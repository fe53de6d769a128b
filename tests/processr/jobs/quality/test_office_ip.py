"""Office IP Check (1008)."""

from dataclasses import replace

import pytest

from config.core import enterprise
from config.core.models import Enterprise
from leads.models import Lead
from processr.engine import scheduler
from processr.job_types.outcomes import OutcomeKind
from processr.jobs.quality.office_ip import OfficeIP
from processr.models import Event
from tests.processr.planned import job, job_input, lead

OFFICES = ["203.0.113.7", "198.51.100.0/24", "2001:db8:1::/48"]


@pytest.fixture
def offices(monkeypatch):
    """offices("203.0.113.7", …): what the enterprise has named."""

    def name(*networks: str) -> None:
        monkeypatch.setattr(enterprise, "current", lambda: Enterprise(office_ips=list(networks)))

    name(*OFFICES)
    return name


def outcomes(*ips: str) -> list[OutcomeKind]:
    leads = job_input(*(replace(lead(), ip=ip) for ip in ips))
    asked = OfficeIP(job())
    asked.prepare(leads)
    return [asked.check(one).kind for one in leads.leads]


@pytest.mark.parametrize(
    ("ip", "kind"),
    [
        ("203.0.113.7", OutcomeKind.FAILED), ("203.0.113.8", OutcomeKind.PASSED), ("203.0.113.6", OutcomeKind.PASSED), ("198.51.100.0", OutcomeKind.FAILED),
        ("198.51.100.255", OutcomeKind.FAILED), ("198.51.101.0", OutcomeKind.PASSED), ("198.51.99.255", OutcomeKind.PASSED), ("2001:db8:1::9", OutcomeKind.FAILED),
        ("2001:db8:1:ffff:ffff:ffff:ffff:ffff", OutcomeKind.FAILED), ("2001:db8:2::", OutcomeKind.PASSED),
    ],
)  # fmt: skip
def test_a_lead_from_an_address_or_a_network_of_the_office_fails(offices, ip, kind):
    assert outcomes(ip) == [kind]


def test_leads_of_one_chunk_are_told_apart(offices):
    assert outcomes("203.0.113.7", "203.0.113.8", "203.0.113.7") == [OutcomeKind.FAILED, OutcomeKind.PASSED, OutcomeKind.FAILED]


def test_while_no_office_is_named_it_is_not_run(offices):
    offices()
    assert outcomes("203.0.113.7") == [OutcomeKind.SKIPPED]


@pytest.mark.django_db
def test_it_follows_the_settings_of_the_enterprise_and_is_not_run_without_an_address(campaign, add_job, make_leads):
    Enterprise.objects.filter(pk=enterprise.ensure().pk).update(office_ips=["192.0.2.0/24"])
    enterprise.forget()
    add_job(campaign, "office_ip")
    for columns in ({"ip": "192.0.2.77"}, {"ip": "192.0.3.1"}, {"ip": None}, {"ip": "192.0.2.77", "imported": True}):
        Lead.objects.filter(pk=make_leads(campaign)[0].pk).update(**columns)
    scheduler.serve_campaigns(seconds=5)
    steps = [event.steps[0] for event in Event.objects.order_by("lead_id")]
    assert [(step["outcome"], step["reason"]) for step in steps] == [
        ("failed", "The lead was sent from the operator's own office"),
        ("passed", ""),
        ("skipped", "The lead has no IP address"),
        ("skipped", "Imported leads have no IP address of their own"),
    ]

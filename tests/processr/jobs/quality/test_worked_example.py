"""The job type that CONTRIBUTING.md adds as an example."""

import pytest

from leads.models import Lead
from leads.statuses import QaStatus
from processr.engine import scheduler
from processr.models import Event
from tests.processr.jobs.asking import outcome
from tests.worked_examples import faults_of, load

FILE = "processr/jobs/quality/odd_length.py"


@pytest.fixture(autouse=True)
def odd_length(monkeypatch):
    return load(FILE, "odd_length", monkeypatch)


@pytest.mark.parametrize(("value", "kind"), [("Acme", "passed"), ("Acm", "failed"), ("", "passed")])
def test_it_judges_as_its_page_says(value, kind, odd_length):
    assert outcome(odd_length, {"company": value}).kind == kind


@pytest.mark.django_db
def test_it_runs_in_the_engine_and_has_a_rule(odd_length, campaign, add_job, make_leads):
    job = add_job(campaign, "odd_length", config={"field": "company"})
    even, odd = make_leads(campaign, company="Acme")[0], make_leads(campaign, company="Acm")[0]
    scheduler.serve_campaigns(seconds=5)
    assert [Lead.objects.get(pk=lead.pk).qa_status for lead in (even, odd)] == [QaStatus.VALID, QaStatus.INVALID]
    assert Event.objects.get(lead_id=odd.pk).steps[0]["reason"] == "odd number of characters"
    assert job.label == "Odd Length Check"


def test_it_is_written_as_the_project_writes():
    assert faults_of(FILE) == ""

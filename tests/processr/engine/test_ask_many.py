"""Types that ask a provider about many leads in one call: one recorded exchange, and an answer for each lead."""

import json
import threading
from time import monotonic

import pytest

from config.core import http
from leads import lifecycle
from leads.models import Lead
from leads.statuses import QaStatus
from processr import integrity
from processr.engine import provider_calls, scheduler
from processr.job_types.exchange import Exchange
from processr.job_types.outcomes import enriched, error, failed, passed, skipped
from processr.models import Event
from processr.services import try_job
from tests.processr.planned import job

pytestmark = pytest.mark.django_db

SECRET = "s3cr3t-key"
LEFT_UNANSWERED = "The provider's answer says nothing about this lead"


@pytest.fixture
def asks_many(job_type):
    """asks_many("key", provider): posts the companies as a list, and goes by what the answer says of each by name."""

    def make(key: str, provider, **members) -> str:
        def ask_many(self, leads):
            companies = json.dumps([lead.values["company"] for lead in leads])
            limits = http.Limits(read=1, total=1)
            return Exchange.from_answer(
                http.request("POST", f"{provider.url}/?key={SECRET}", body=companies, limits=limits, secrets=[SECRET])
            )

        def answers_by_lead(self, leads, exchange):
            said = json.loads(exchange.body)
            return {lead.id: json.dumps(said[company]) for lead in leads if (company := lead.values["company"]) in said}

        def judge_answer(self, lead, exchange):
            return passed() if json.loads(exchange.body) == f"{lead.values['company']} is fine" else failed("Unknown company")

        members = {"ask_many": ask_many, "answers_by_lead": answers_by_lead, "judge_answer": judge_answer, **members}
        return job_type(key, **members)

    return make


def fine(asked: str) -> dict[str, str]:
    return {company: f"{company} is fine" for company in json.loads(asked)}


def of_companies(make_leads, campaign, number: int) -> list[Lead]:
    return [make_leads(campaign, company=f"company{n}")[0] for n in range(number)]


def statuses(leads) -> list[str]:
    return [Lead.objects.get(pk=lead.pk).qa_status for lead in leads]


def outcomes(lead: Lead) -> list[tuple[str, str]]:
    return [(step["outcome"], step["reason"]) for step in Event.objects.filter(lead_id=lead.pk, kind="flow").latest("pk").steps]


def calls(**which) -> list[Event]:
    return list(Event.objects.filter(kind="provider", **which).order_by("pk"))


def whole_exchanges() -> list[Event]:
    return calls(source__about="")


def test_a_chunk_is_asked_about_in_one_call_and_each_lead_goes_by_its_own_answer(campaign, add_job, asks_many, provider, make_leads):
    asked = provider(lambda text: {**fine(text), "company1": "not known"})
    added = add_job(campaign, asks_many("many", asked))
    leads = of_companies(make_leads, campaign, 3)

    scheduler.serve_campaigns(seconds=5)

    assert dict(asked.asked) == {'["company0", "company1", "company2"]': 1}
    assert statuses(leads) == [QaStatus.VALID, QaStatus.INVALID, QaStatus.VALID]
    assert outcomes(leads[1]) == [("failed", "Unknown company")]
    (whole,) = whole_exchanges()
    assert (whole.lead_id, whole.job_id, whole.run_number, whole.outcome) == (leads[0].pk, added.pk, 1, "success")
    assert whole.message.startswith(f"POST {asked.url}/?key=")
    assert '["company0", "company1", "company2"]' in whole.message
    assert whole.message.endswith(json.dumps({**fine('["company0"]'), "company1": "not known", **fine('["company2"]')}))
    assert SECRET not in whole.message
    assert integrity.runs() + integrity.job_tallies() == []


def test_the_record_of_a_lead_holds_its_own_part_of_the_answer_and_nothing_of_the_others(
    campaign, add_job, asks_many, provider, make_leads
):
    add_job(campaign, asks_many("many", provider(fine)))
    leads = of_companies(make_leads, campaign, 3)

    scheduler.serve_campaigns(seconds=5)

    for number, lead in enumerate(leads):
        (part,) = [call for call in calls(lead_id=lead.pk) if call.source["about"]]
        assert part.message.startswith(
            f"Asked together with other leads: the whole exchange is recorded with lead {leads[0].pk}.\n\nHTTP/1.1 200 OK"
        )
        assert part.message.endswith(f'\n\n"company{number} is fine"')
        assert [other for other in range(3) if f"company{other}" in part.message] == [number]
        assert (part.outcome, part.source["status"]) == ("success", 200)


def test_more_leads_than_a_call_takes_are_several_calls_side_by_side(campaign, add_job, asks_many, provider, make_leads):
    asked = provider(lambda text: asked.hold(0.1) or fine(text))
    add_job(campaign, asks_many("many", asked, leads_per_call=2, concurrency=3))
    leads = of_companies(make_leads, campaign, 5)

    scheduler.process_turn(campaign.pk, lane=0)

    assert sorted(len(json.loads(text)) for text in asked.asked) == [1, 2, 2]
    assert asked.most_at_once > 1
    assert set(statuses(leads)) == {QaStatus.VALID}
    assert len(whole_exchanges()) == 3


def test_a_lead_that_the_answer_leaves_out_is_an_error_of_that_lead_alone(campaign, add_job, asks_many, provider, make_leads):
    asked = provider(lambda text: {company: said for company, said in fine(text).items() if company != "company1"})
    add_job(campaign, asks_many("many", asked))
    leads = of_companies(make_leads, campaign, 3)

    scheduler.serve_campaigns(seconds=5)

    assert [outcomes(lead) for lead in leads] == [[("passed", "")], [("error", "The provider did not answer")], [("passed", "")]]
    assert [(call.outcome, call.reason) for call in calls(lead_id=leads[1].pk)] == [("error", LEFT_UNANSWERED)]
    assert [call.outcome for call in whole_exchanges()] == ["success"]


def test_a_call_that_takes_too_long_is_an_error_of_the_leads_it_was_about(campaign, add_job, asks_many, provider, make_leads):
    slow = provider(lambda text: (slow.hold(3) if "company0" in text else None) or fine(text))
    add_job(campaign, asks_many("many", slow, leads_per_call=2))
    leads = of_companies(make_leads, campaign, 4)

    began = monotonic()
    scheduler.serve_campaigns(seconds=5)

    assert monotonic() - began < 3
    assert [outcomes(lead)[0][0] for lead in leads] == ["error", "error", "passed", "passed"]
    assert {call.outcome for call in calls(lead_id__in=[leads[0].pk, leads[1].pk])} == {"error"}
    assert all("127.0.0.1" in call.reason for call in calls(outcome="error"))


def test_a_call_that_never_ends_is_not_waited_for_and_is_on_record_for_each_lead(
    campaign, add_job, asks_many, provider, make_leads, monkeypatch
):
    monkeypatch.setattr(provider_calls, "GRACE_SECONDS", 0.2)
    over = threading.Event()
    add_job(campaign, asks_many("stuck", provider(), ask_many=lambda self, leads: over.wait(30), seconds=0.1))
    leads = of_companies(make_leads, campaign, 2)

    scheduler.serve_campaigns(seconds=5)
    over.set()

    assert [outcomes(lead) for lead in leads] == [[("error", "The provider did not answer")]] * 2
    assert {(call.lead_id, call.reason) for call in calls()} == {(lead.pk, "The call did not end") for lead in leads}


def test_leads_whose_call_did_not_begin_in_time_could_not_be_checked(campaign, add_job, asks_many, provider, make_leads):
    slow = provider(lambda text: slow.hold(0.3) or fine(text))
    add_job(campaign, asks_many("many", slow, leads_per_call=2, concurrency=1, seconds=0.2))
    leads = of_companies(make_leads, campaign, 4)

    scheduler.process_turn(campaign.pk, lane=0)

    too_late = ("error", "The provider took too long, so it was not asked about this lead")
    assert [outcomes(lead)[0] for lead in leads] == [("passed", ""), ("passed", ""), too_late, too_late]
    assert calls(lead_id__in=[leads[2].pk, leads[3].pk]) == []


@pytest.mark.parametrize(
    ("answer", "members"),
    [
        (lambda text: "rubbish", {}),
        (fine, {"answers_by_lead": lambda self, leads, exchange: 1 / 0}),
        (fine, {"answers_by_lead": lambda self, leads, exchange: {leads[0].id: 1, leads[1].id: "1"}}),
    ],
)
def test_an_answer_that_cannot_be_read_is_an_error_of_its_leads_and_is_on_record(
    answer, members, campaign, add_job, asks_many, provider, make_leads
):
    add_job(campaign, asks_many("odd", provider(answer), **members))
    leads = of_companies(make_leads, campaign, 2)
    scheduler.serve_campaigns(seconds=5)
    assert [outcomes(lead) for lead in leads] == [[("error", "Could not be checked")]] * 2
    assert ["HTTP/1.1 200 OK" in call.message for call in whole_exchanges()] == [True]


def test_what_asking_raises_is_an_error_of_its_leads(campaign, add_job, asks_many, provider, make_leads):
    add_job(campaign, asks_many("broken", provider(), ask_many=lambda self, leads: Lead.objects.count()))
    leads = of_companies(make_leads, campaign, 2)
    scheduler.serve_campaigns(seconds=5)
    assert [outcomes(lead) for lead in leads] == [[("error", "Could not be checked")]] * 2


def test_what_is_known_without_asking_is_not_in_the_call(campaign, add_job, asks_many, provider, make_leads):
    asked = provider(fine)
    known = lambda self, lead: skipped("No need") if lead.values["company"] == "company1" else None  # noqa: E731
    add_job(campaign, asks_many("sparing", asked, known_outcome=known))
    leads = of_companies(make_leads, campaign, 3)
    scheduler.serve_campaigns(seconds=5)
    assert dict(asked.asked) == {'["company0", "company2"]': 1}
    assert [outcomes(lead)[0][0] for lead in leads] == ["passed", "skipped", "passed"]


def test_a_run_that_is_taken_up_again_asks_only_about_what_has_changed(
    campaign, add_job, asks_many, provider, make_leads, break_off_while_writing, bob
):
    asked = provider(lambda text: {company: said for company, said in fine(text).items() if company != "company1"})
    add_job(campaign, asks_many("many", asked))
    leads = of_companies(make_leads, campaign, 4)
    break_off_while_writing(campaign)
    lifecycle.edit({leads[0].pk: {"company": "another"}}, actor=bob)
    lifecycle.delete([leads[2].pk], actor=bob)

    scheduler.serve_campaigns(seconds=5)

    assert dict(asked.asked) == {json.dumps([f"company{n}" for n in range(4)]): 1, '["another"]': 1}
    assert [outcomes(lead)[0][0] for lead in (leads[0], leads[1], leads[3])] == ["passed", "error", "passed"]


def test_a_recorded_part_is_judged_as_a_fresh_one(campaign, add_job, asks_many, provider, make_leads, break_off_while_writing):
    seen = []

    def judge_answer(self, lead, exchange):
        seen.append((lead.id, exchange))
        return passed()

    add_job(campaign, asks_many("many", provider(lambda text: {**fine(text), "company1": "\x00 é\n\n"}), judge_answer=judge_answer))
    of_companies(make_leads, campaign, 2)
    break_off_while_writing(campaign)
    scheduler.serve_campaigns(seconds=5)
    assert len(seen) == 4
    assert seen[:2] == seen[2:]


def test_values_for_many_leads_come_from_one_call_too(campaign, add_job, asks_many, provider, make_leads):
    judge_answer = lambda self, lead, exchange: enriched({"standing": json.loads(exchange.body)})  # noqa: E731
    asked = provider(fine)
    add_job(campaign, asks_many("finder", asked, category="enrichment", judge_answer=judge_answer))
    add_job(campaign, "field_not_empty", config={"fields_to_read": "standing"}, after_enrichment=True)
    leads = of_companies(make_leads, campaign, 2)
    scheduler.serve_campaigns(seconds=5)
    assert len(asked.asked) == 1
    assert [Lead.objects.get(pk=lead.pk).enriched for lead in leads] == [{"standing": f"company{n} is fine"} for n in range(2)]


@pytest.mark.parametrize(("answer", "outcome"), [(fine, passed()), (lambda text: {}, error("The provider did not answer"))])
def test_such_a_job_is_tried_on_one_lead_and_leaves_no_record(answer, outcome, campaign, asks_many, provider):
    asked = provider(answer)
    asks_many("many", asked)
    lead = try_job.pasted_lead(campaign, {"company": "Acme"})
    assert try_job.try_job(campaign, job(type="many"), lead).outcome == outcome
    assert dict(asked.asked) == {'["Acme"]': 1}
    assert calls() == []

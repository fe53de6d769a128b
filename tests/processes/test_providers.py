"""kill -9 while a provider is asked: what it has answered is not asked again, and every lead is judged once."""

from collections.abc import Iterator
from threading import Semaphore

import pytest

from tests.embedded.installation import until
from tests.processes.sluice import BACK_WITHIN, Sluice
from tests.processr.provider import Provider

pytestmark = [pytest.mark.processes, pytest.mark.timeout(300)]

LEADS, ANSWERED = 20, 3
HTTP_CHECK = {"path": "verdict", "passing": ["fine"], "keep_minutes": 0, "seconds": 30, "tries": 1}
_ANSWERED = """
SELECT l.email FROM processr_event AS e JOIN leads_lead AS l ON l.id = e.lead_id
WHERE e.kind = 'provider' AND e.job_id = %s AND l.processr_status <> 'complete'
"""


class Gate:
    """Lets calls be answered one by one, and at last all of them."""

    def __init__(self) -> None:
        self.provider = Provider(self._answer)
        self._one = Semaphore(0)

    def _answer(self, asked: str) -> object:
        self._one.acquire(timeout=60)
        return {"verdict": "fine"}

    def answer(self, calls: int) -> None:
        self._one.release(calls)


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.answer(1000)
    gate.provider.close()


def test_a_provider_is_not_asked_twice_about_a_lead_whose_answer_a_killed_worker_had(sluice: Sluice, gate: Gate) -> None:
    config = HTTP_CHECK | {"url": f"{gate.provider.url}/{{email}}"}
    campaign = sluice.new_campaign("Asks a provider", jobs={"http_check": {"config": config}})
    job = campaign["jobs"][0]["id"]
    client = sluice.client(campaign)
    person = {"firstName": "Vera", "lastName": "Stone", "company": "Alder Foods"}
    leads = [client.create_lead(campaign["forms"][1]["id"], {**person, "email": f"vera{n}@ask.example"}) for n in range(LEADS)]

    def answered() -> set[str]:
        return {email for (email,) in sluice.rows(_ANSWERED, job)}

    def enough_are_answered_and_others_still_asked() -> bool:
        """The first leads came alone, and are judged alone: with them nothing can be broken off in the middle."""
        if gate.provider.at_once and len(answered()) < ANSWERED:
            gate.answer(1)
        return len(answered()) >= ANSWERED and gate.provider.at_once > 0

    until(enough_are_answered_and_others_still_asked, "a worker is in the middle of its calls", within=BACK_WITHIN)
    sluice.kill(*sluice.pool())
    known = answered()
    asked_before = dict(gate.provider.asked)
    assert known
    gate.answer(1000)

    sluice.wait_until_all_are_judged()

    assert sluice.not_judged_exactly_once(leads) == []
    assert {email: gate.provider.asked[email] for email in known} == dict.fromkeys(known, 1)
    assert all(count <= 2 for count in gate.provider.asked.values())
    assert any(gate.provider.asked[email] == 2 for email in asked_before if email not in known), "nothing was broken off"
    calls = sluice.rows("SELECT count(*), count(DISTINCT lead_id) FROM processr_event WHERE kind = 'provider' AND job_id = %s", job)
    assert calls == [(LEADS, LEADS)]
    assert "problems" not in sluice.run("check_integrity")

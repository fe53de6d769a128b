"""When a delivery is tried again, by the table of decision 14."""

from datetime import UTC, datetime, timedelta

import pytest

from integrations.delivery.outcome import next_attempt

FIRST = datetime(2026, 1, 31, 12, tzinfo=UTC)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
DAY = 24 * HOUR


@pytest.mark.parametrize(
    ("attempts", "passed", "wait"),
    [
        (1, timedelta(0), MINUTE),
        (1, 20 * SECOND, MINUTE),
        (2, MINUTE, 5 * MINUTE),
        (3, 6 * MINUTE, 15 * MINUTE),
        (4, 21 * MINUTE, 60 * MINUTE),
        (5, 81 * MINUTE, 4 * HOUR),
        (9, 20 * HOUR, 4 * HOUR),
        (2, 10 * HOUR, 5 * MINUTE),  # the worker was away: the second attempt is the second still
        (9, timedelta(0), MINUTE),  # a person has sent it again: its attempts go on being counted, its time has begun anew
        (10, MINUTE, 5 * MINUTE),
        (10, MINUTE - SECOND, MINUTE),
        (300, 81 * MINUTE, 4 * HOUR),
    ],
)
def test_waits_grow_with_the_attempts_and_with_the_time(attempts, passed, wait):
    assert next_attempt(first=FIRST, now=FIRST + passed, attempts=attempts) == FIRST + passed + wait


@pytest.mark.parametrize(
    ("passed", "due"),
    [
        (20 * HOUR - SECOND, DAY - SECOND),
        (20 * HOUR, DAY),
        (20 * HOUR + SECOND, DAY),
        (DAY - SECOND, DAY),
        (DAY, None),
        (DAY + SECOND, None),
        (30 * HOUR, None),
    ],
)
def test_the_last_attempt_is_made_exactly_24_hours_after_the_first(passed, due):
    assert next_attempt(first=FIRST, now=FIRST + passed, attempts=9, chance=0) == (FIRST + due if due else None)


@pytest.mark.parametrize(
    ("attempts", "passed", "retry_after", "due"),
    [
        (1, timedelta(0), 120, 2 * MINUTE),
        (1, timedelta(0), 0, MINUTE),  # whoever says nought is not asked without end
        (1, timedelta(0), -5, MINUTE),
        (2, MINUTE, 30, 6 * MINUTE),
        (5, 81 * MINUTE, 5 * 3600, 81 * MINUTE + 5 * HOUR),
        (1, timedelta(0), 86_400, DAY),
        (1, timedelta(0), 86_401, None),
        (9, 23 * HOUR, 3600, DAY),
        (9, 23 * HOUR, 3601, None),
        (1, timedelta(0), 1e300, None),
        (1, timedelta(0), float("inf"), None),
    ],
)
def test_whoever_wants_to_be_skipped_until_longer_is_but_not_beyond_24_hours(attempts, passed, retry_after, due):
    found = next_attempt(first=FIRST, now=FIRST + passed, attempts=attempts, retry_after=retry_after)
    assert found == (FIRST + due if due else None)


@pytest.mark.parametrize(("chance", "seconds"), [(0, 60), (0.5, 66), (1, 72)])
def test_what_failed_together_does_not_come_back_together(chance, seconds):
    assert next_attempt(first=FIRST, now=FIRST, attempts=1, chance=chance) == FIRST + timedelta(seconds=seconds)


def test_jitter_leads_no_attempt_beyond_the_end():
    assert next_attempt(first=FIRST, now=FIRST + 20 * HOUR, attempts=9, chance=1) == FIRST + DAY

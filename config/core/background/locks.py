"""The keys of all advisory locks of the database. The database has one space for them, so they stand together."""

import hashlib

FOLD_LEAD_TALLIES = 7_310_001
SEAL_AUDIT = 7_310_002
FOLD_JOB_TALLIES = 7_310_003
MAKE_DEMO = 7_310_004
PICK_CAMPAIGN = 7_310_005
"""Serializes picks: a pick that reads before another has marked its campaign would take the same campaign."""
FILL_VALUE_INDEX = 7_310_006
SCHEDULE = 7_310_007
"""Held by the session of the scheduler that sends periodic tasks, as long as it lives."""
PICK_INTEGRATION = 7_310_011
"""Serializes picks: a worker that looks before another has claimed would choose the same integration."""
SUPPRESSION_LISTS = {"email": 7_310_041, "name": 7_310_042, "phone": 7_310_043}
"""The key of each suppression list, by its target."""


def named_key(*parts: object) -> int:
    """Return the key of the lock with this name: 64 bits of a hash. Two names that share a key only wait for each other needlessly."""
    name = "\n".join(map(str, parts))
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)

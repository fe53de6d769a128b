"""The rights to do something with batches, besides seeing them (decision 52): Admin Masked sees masked views and changes nothing."""

from batches.selectors import SEES_BATCHES
from campaigns.scope import Who
from config.core.accounts import roles

CHANGES_BATCHES = SEES_BATCHES & roles.HOLDS_CAPABILITIES


def may_change(who: Who) -> bool:
    return who.role in CHANGES_BATCHES

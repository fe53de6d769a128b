"""Template filters for percentages, amounts of money and times."""

from datetime import datetime
from decimal import Decimal

from django import template

from config.core.lists import times

register = template.Library()


@register.filter
def share(part: int, whole: int) -> str:
    """Return the share in whole percent: never 0 % of something, nor 100 % of less than all."""
    if not whole:
        return "—"
    percent = round(100 * part / whole)
    if percent == 0 and part:
        return "< 1 %"
    return "> 99 %" if percent == 100 and part < whole else f"{percent} %"


@register.filter
def money(amount: Decimal | None, currency: object) -> str:
    """Format an amount: {{ contract.payout|money:campaign.currency }} → 1,250.00 GBP. Four decimals only if they are needed."""
    if amount is None:
        return "—"
    places = 2 if amount == round(amount, 2) else 4
    return f"{amount:,.{places}f} {currency}"


@register.filter
def exactly(moment: datetime) -> str:
    """Return the full date and time."""
    return times.exact(moment)

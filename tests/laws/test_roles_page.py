"""docs/roles.md says of the tabs of a lead what `leads.privacy.tabs` decides."""

from pathlib import Path

from config.core.accounts import roles
from leads.privacy.tabs import TABS, TabRule

PAGE = Path(__file__).parents[2] / "docs/roles.md"


def word(rule: TabRule, role: str) -> str:
    if role not in rule.roles:
        return "no"
    return "by right" if role in rule.by_right else "yes"


def test_the_page_of_roles_has_the_tabs_in_their_order_with_the_roles_that_see_them():
    table = PAGE.read_text("utf-8").split("\n\n")[2].splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
    assert rows[0] == ["tab", *roles.LABELS.values()]
    assert rows[2:] == [[rule.label, *(word(rule, role) for role in roles.LABELS)] for rule in TABS.values()]

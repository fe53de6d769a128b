"""The first thing a new user does: post a lead, sign in, see it judged on the Leads page."""

import re
from http.cookiejar import CookieJar
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

import pytest

from config.core.accounts import roles
from tests.journey.page import cell
from tests.processes.sluice import Sluice

pytestmark = [pytest.mark.processes, pytest.mark.timeout(300)]

CAMPAIGN = "Payroll demo requests"  # active, without a cap, with the three jobs
VERA = {"firstName": "Vera", "lastName": "Stone", "company": "Alder Foods", "email": "vera.stone@example.com"}


def test_a_lead_posted_by_a_publisher_is_seen_judged_by_the_demo_admin(sluice: Sluice) -> None:
    campaign = sluice.campaign(CAMPAIGN)
    lead = sluice.client(campaign).create_lead(
        campaign["forms"][1]["id"], VERA, publisherId=campaign["publishers"][0], campaignLinkId=campaign["links"][0]["id"]
    )
    sluice.wait_until_all_are_judged()
    page = Browser(sluice.address).signed_in(next(user for user in sluice.world["users"] if user["role"] == roles.ADMIN)).get("/v2/leads")
    assert cell(page, lead, "Email") == VERA["email"]
    assert cell(page, lead, "Current Status") == "Valid"


class Browser:
    """A browser made of the standard library: it keeps cookies, follows redirects and fills in one form."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.opener = build_opener(HTTPCookieProcessor(CookieJar()))

    def get(self, path: str, form: dict[str, str] | None = None) -> str:
        body = urlencode(form).encode() if form else None
        with self.opener.open(self.address + path, body, timeout=30) as answer:
            text: str = answer.read().decode()
            return text

    def signed_in(self, user: dict[str, str]) -> "Browser":
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.get("/sign-in"))
        assert token
        self.get("/sign-in", {"csrfmiddlewaretoken": token[1], "username": user["username"], "password": user["password"]})
        return self

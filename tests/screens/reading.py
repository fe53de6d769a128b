"""Reads pages as people do: their words, and the cells of their tables by heading."""

import re
from dataclasses import dataclass
from html import unescape

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from config.core.background import runs
from config.core.models import SavedTable, User
from processr.models import Trial

WIDE = (
    "id", "created_at", "campaign_id", "campaign", "publisher", "current_status", "first_name", "last_name", "email", "phone", "score",
    "second_check", "processr_status", "delivery", "billable", "form",
)  # fmt: skip


@dataclass(frozen=True)
class Page:
    status: int
    html: str

    @property
    def words(self) -> str:
        return words(self.html)

    @property
    def headings(self) -> list[str]:
        """The words of the headings, without that of the boxes that select rows."""
        return [words(head) for head in re.findall(r"<th\b(?![^>]*\bpick\b)[^>]*>(.*?)</th>", self.html, re.DOTALL)]

    @property
    def rows(self) -> list[dict[str, str]]:
        """The rows of list tables, by heading, with words that open on hover."""
        found = re.findall(r"<tr role=\"row\"[^>]*>(.*?)</tr>", self.html, re.DOTALL)
        cells = [re.findall(r'<td[^>]*data-label="([^"]*)"[^>]*>(.*?)</td>', row, re.DOTALL) for row in found]
        return [{label: words(inside) for label, inside in row} for row in cells if row]

    @property
    def ids(self) -> list[int]:
        return [int(row["Id"]) for row in self.rows]


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


@dataclass(frozen=True)
class Reader:
    client: Client
    user: User

    def with_columns(self, *columns: str, table: str = "leads") -> "Reader":
        """Make these the columns of the user's own table; by default all of what is judged and what comes of it."""
        SavedTable.objects.create(user=self.user, table=table, columns=columns or WIDE)
        return self

    def get(self, address: str) -> Page:
        return self._page(self.client.get(address))

    def fragment(self, address: str) -> Page:
        """Return what htmx gets in place of the page."""
        return self._page(self.client.get(address, headers={"HX-Request": "true"}))

    def post(self, address: str, **fields: str) -> Page:
        return self._page(self.client.post(address, fields, follow=True))

    def tried(self, address: str, **fields: str) -> Page:
        """Begin a trial and return its result, once a worker has made it; the answer to the request where none was begun."""
        page = self.post(address, **fields)
        if not (begun := re.search(r'id="trial-(\d+)"', page.html)):
            return page
        trial = Trial.objects.get(pk=begun[1])
        runs.work_on(runs.run_types.get(trial.kind), trial.pk)
        return self.get(f"/v2/campaigns/{trial.campaign_id}/processr/trials/{trial.pk}")

    def queries(self, address: str) -> list[str]:
        with CaptureQueriesContext(connection) as caught:
            assert self.client.get(address).status_code == 200
        return [query["sql"] for query in caught]

    @staticmethod
    def _page(answer) -> Page:
        return Page(answer.status_code, answer.content.decode())

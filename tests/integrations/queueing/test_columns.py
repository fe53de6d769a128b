"""Columns of leads that integrations add, beside those of any field; and the one that CONTRIBUTING.md adds as an example."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config.core.accounts import roles
from config.core.errors import DomainError
from integrations.models import Delivery
from leads.columns import columns_for, rows_for_page
from leads.extension_points import LeadPage, lead_columns
from leads.models import Lead
from leads.selectors import leads_for
from leads.views.tables import LeadTable
from tests.integrations.queueing.acts import FILE, given_up, judged, sent, stuck
from tests.integrations.queueing.test_holds import again
from tests.screens.conftest import member  # noqa: F401  (a fixture)
from tests.screens.reading import words
from tests.worked_examples import faults_of, load

pytestmark = pytest.mark.django_db
EXAMPLE = "integrations/columns/last_answer.py"
CHOSEN = ["id", "captured:company", "transformed:company", "enriched:size", "email", "deliveries"]


def table_of(who, keys=CHOSEN) -> LeadTable:
    columns = columns_for(who, keys)
    return LeadTable(list(rows_for_page(leads_for(who), columns, who).order_by("pk")), who=who, columns=columns)


def rows_of(table: LeadTable) -> list[list[str]]:
    """Without the actions, which are last."""
    return [[words(cell) for cell in row.split("</td>")[:-2]] for row in table.body.split("</tr>")[:-1]]


def both_texts(key: str, who) -> list[str]:
    """The column's text of each lead, which is the same in Python and in SQL."""
    (column,) = columns_for(who, [key])
    page = LeadPage(who, list(leads_for(who).order_by("pk")))
    in_python = [column.text(lead, page) for lead in page.leads]
    assert in_python == list(leads_for(who).order_by("pk").values_list(column.sql(who), flat=True))
    return in_python


@pytest.fixture
def lead(campaign, crm, make_leads) -> Lead:
    (lead,) = judged(campaign, make_leads, company="Acme", email="jo@example.com")
    Lead.objects.filter(pk=lead.pk).update(transformed={"company": "ACME"}, enriched={"size": "40"})
    sent(lead)
    return lead


def test_any_field_and_what_an_upper_app_adds_are_columns_of_one_table(lead, member):  # noqa: F811
    table = table_of(member(roles.ADMIN))
    assert [column.header for column in table.columns] == [
        "Id", "company", "company (transformed)", "size (enriched)", "Email", "Deliveries", "Actions",
    ]  # fmt: skip
    assert rows_of(table) == [[str(lead.pk), "Acme", "ACME", "40", "jo@example.com", "Sent: 1"]]


def test_each_role_sees_such_a_table_with_its_masks(lead, acme, member):  # noqa: F811
    acme.visible_fields = ["company"]
    acme.save(update_fields=["visible_fields"])
    masked = ["A••••", "A••••", "••••", "j••••"]
    assert rows_of(table_of(member(roles.ADMIN_MASKED))) == [[str(lead.pk), *masked, "Sent: 1"]]
    assert rows_of(table_of(member(roles.ADVERTISER), CHOSEN[:-1])) == [[str(lead.pk), "Acme", "ACME", "••••", "j••••"]]
    assert rows_of(table_of(member(roles.ADVERTISER_REPORT), CHOSEN[:-1])) == [[str(lead.pk), "Acme", "ACME", "40", "jo@example.com"]]
    for role in (roles.ADVERTISER, roles.PUBLISHER, roles.AGENCY_CALL_CENTRE):
        with pytest.raises(DomainError, match="“deliveries” is not a column of leads"):
            table_of(member(role), ["deliveries"])


@pytest.mark.parametrize("role", [roles.ADMIN, roles.AGENCY])
def test_no_row_of_such_a_table_costs_a_query(campaign, crm, make_leads, member, role):  # noqa: F811
    who = member(role)
    numbers = []
    for n in (2, 18):
        judged(campaign, make_leads, n, company="Acme")
        with CaptureQueriesContext(connection) as caught:
            rows_of(table_of(who))
        numbers.append(len(caught))
    assert numbers[0] == numbers[1]


@pytest.mark.sql
def test_the_last_round_of_each_integration_counts_unless_it_was_withdrawn(campaign, crm, integrate, make_leads, bob, member):  # noqa: F811
    integrate("File", kind=FILE)
    waiting, failed, anew = judged(campaign, make_leads, 3)
    for lead in (failed, anew):
        stuck(lead), given_up(lead)
    again(anew, bob)
    Delivery.objects.filter(lead=failed, job=crm).update(state="needs_person")
    who = member(roles.ADMIN)
    assert both_texts("deliveries", who) == ["Waiting: 2", "Given up: 1, Needs a person: 1", "Waiting: 2"]
    Delivery.objects.filter(lead=anew, round=2).update(state="withdrawn")
    assert both_texts("deliveries", who)[2] == "Given up: 2"
    Delivery.objects.filter(lead=waiting).update(state="withdrawn")
    assert both_texts("deliveries", who)[0] == ""
    assert rows_of(table_of(who, ["deliveries"]))[0] == ["—"]


def test_the_table_that_everybody_begins_with_has_no_column_of_ours(lead, member):  # noqa: F811
    assert "deliveries" not in [column.key for column in columns_for(member(roles.ADMIN))]


class TestWorkedExample:
    @pytest.fixture(autouse=True)
    def _example(self, monkeypatch):
        load(EXAMPLE, "last_answer", monkeypatch, lead_columns)

    def test_it_shows_what_its_page_says(self, lead, make_leads, campaign, member):  # noqa: F811
        Delivery.objects.update(answer="Answered 201")
        make_leads(campaign)
        who = member(roles.ADMIN)
        assert both_texts("last_answer", who) == ["Answered 201", ""]
        table = table_of(who, ["id", "last_answer"])
        assert [column.header for column in table.columns] == ["Id", "Last Answer", "Actions"]
        assert [row[1] for row in rows_of(table)] == ["Answered 201", "—"]

    def test_roles_that_see_no_deliveries_do_not_have_it(self, member):  # noqa: F811
        with pytest.raises(DomainError, match="“last_answer” is not a column of leads"):
            columns_for(member(roles.PUBLISHER), ["last_answer"])

    def test_it_is_written_as_the_project_writes(self):
        assert faults_of(EXAMPLE) == ""

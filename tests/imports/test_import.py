"""Imports: every row becomes a lead once, whatever interrupts them."""

import os
import stat
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID

import pytest
from django.db import IntegrityError, OperationalError, connection
from django.utils import timezone

from campaigns import services
from campaigns.models import FormField
from config.core.actor import SYSTEM
from config.core.background import locks, runs
from config.core.background.runs import RunTakenAway
from config.core.errors import DomainError
from config.core.models import AuditEntry
from config.core.tabular.workbook_writer import write_workbook
from leads import integrity
from leads.imports import checkpoint, earlier_imports, reader, service
from leads.imports.checkpoint import ImportCounts
from leads.imports.dry_run import try_file
from leads.imports.row_digest import RowIdentity
from leads.imports.service import LeadImportRun
from leads.intake.service import receive_leads
from leads.models import Lead, LeadImport, LeadImportPart
from leads.signals import leads_waiting
from tests.imports.conftest import HEAD, Importer, Watcher, people
from tests.races import connected

pytestmark = pytest.mark.django_db
State = LeadImport.State


class Killed(BaseException):
    """Kills the import from inside: nothing that catches errors catches this."""


def kill_after(steps: int) -> Watcher:
    watch = Watcher()

    def act(_: ImportCounts) -> None:
        if len(watch.steps) == steps:
            raise Killed

    watch.act = act
    return watch


def audit() -> list[str]:
    return list(AuditEntry.objects.filter(page=LeadImportRun.page).order_by("pk").values_list("action", flat=True))


# Stored rows


def test_every_row_becomes_a_waiting_lead_of_the_import_lane_in_the_files_order(importer, small_chunks):
    ended = importer.take(importer.file(people(25)))
    assert importer.counts() == ImportCounts(25, 25, 0, 0)
    assert importer.captured("email") == [f"person{n}@example.com" for n in range(25)]
    lead = Lead.objects.latest("pk")
    assert (lead.imported, lead.lane, lead.entry_point, lead.processr_status) == (True, 1, "import", "waiting")
    assert (lead.publisher, lead.form, lead.link) == (importer.campaign.publishers.get(), importer.campaign.forms.get(), None)
    assert (ended.run.state, ended.run.total, ended.why) == (State.DONE, 25, "")
    assert integrity.tallies() == []


def test_a_link_is_kept(importer):
    link = importer.campaign.links.get()
    importer.take(importer.file(people(1)), link=link)
    assert Lead.objects.get().link == link


def test_values_are_what_the_file_says(importer):
    rows = f'{HEAD}José,"Núñez ""Pepe""",jose@example.com\n" Ann ","of\nArc",ann@example.com\n'
    importer.take(importer.file(rows.encode("utf-8-sig")))
    assert importer.captured("firstName", "lastName") == [("José", 'Núñez "Pepe"'), ("Ann", "of\nArc")]


def test_columns_beside_the_form_say_where_a_lead_comes_from(importer):
    head = "firstName,lastName,email,Id,publisherSubId,ip,landingPageUrl\n"
    importer.take(importer.file(head + "A,B,a@example.com,77,sub,::ffff:192.0.2.1,https://example.com/x\n"), mappings=("Id=externalId",))
    lead = Lead.objects.get()
    assert (lead.external_id, lead.publisher_sub_id, lead.ip, lead.landing_page_url) == ("77", "sub", "192.0.2.1", "https://example.com/x")


def test_the_engine_is_called_for_every_chunk(importer, small_chunks):
    batches = []

    def note(*, campaign_ids, **_):
        batches.append(campaign_ids)

    leads_waiting.connect(note)
    importer.take(importer.file(people(25)))
    leads_waiting.disconnect(note)
    assert batches == [{importer.campaign.pk}] * 3


def test_consent_is_read_as_at_every_door(importer, bob):
    form = services.create_form(
        "Consent",
        fields=[{"name": "email", "label": "E-mail", "type": "email"}, {"name": "terms", "label": "May we?", "type": "optin"}],
        actor=bob,
    )
    importer.campaign.campaign_forms.all().delete()
    services.add_form(importer.campaign, form, actor=bob)
    importer.take(importer.file("email,terms\na@example.com,1\nb@example.com,0\nc@example.com,\nd@example.com,yes\ne@example.com,maybe\n"))
    assert list(Lead.objects.order_by("pk").values_list("opt_in", flat=True)) == [True, False, False, True]
    assert [row[3] for row in importer.refused()] == ["Send 1, true, yes or on when ticked, 0, false, no or off when not."]


def test_a_chunk_costs_the_same_few_queries_whatever_its_rows(importer, django_assert_max_num_queries):
    importer.take(importer.file(people(1, first=9000), name="first.csv"))
    with django_assert_max_num_queries(35):
        importer.take(importer.file(people(500)))


# Refused rows


def test_refused_rows_are_in_a_file_of_their_own_with_reasons(importer, small_chunks):
    rows = HEAD + (
        "Ann,Lee,ann@example.com\nBob,,bob@example.com\n\nCid,Ray,no address\nDee\n"
        'Eve,Day,eve@example.com,extra\nFay,N\0o,fay@example.com\nGus,"Moe",gus@example.com\n"Hal,Poe,hal@example.com\n'
    )
    path = importer.file(rows)
    ended = importer.take(path)
    assert importer.counts() == ImportCounts(8, 2, 0, 6)
    assert importer.captured("firstName") == ["Ann", "Gus"]
    assert importer.refused() == [
        ["3", "3", "lastName", "This value should not be blank.", "Bob", "", "bob@example.com"],
        ["5", "5", "email", "This value is not a valid email address. It has no @.", "Cid", "Ray", "no address"],
        ["6", "6", "", "This row has 1 columns, the header has 3.", "Dee"],
        ["7", "7", "", "This row has 4 columns, the header has 3.", "Eve", "Day", "eve@example.com", "extra"],
        ["8", "8", "lastName", "This value holds characters that are not text (NUL or half a surrogate pair).", "Fay", "N\ufffdo", "fay@example.com"],
        ["10", "10", "", "A quotation mark that opens in this row is never closed. See column 1.", '"Hal,Poe,hal@example.com\n'],
    ]  # fmt: skip
    refused = path.with_name(f"people.csv.import-{ended.run.pk}.errors.csv")
    assert ended.run.refused_rows == str(refused)
    assert stat.S_IMODE(refused.stat().st_mode) == 0o600
    assert refused.read_text(encoding="utf-8-sig").splitlines()[0] == "row,line,field,message,firstName,lastName,email"


def test_a_row_with_several_faults_is_one_row_that_names_them_all(importer):
    importer.take(importer.file(f"{HEAD},,nonsense\n"))
    [[_, _, field, message, *cells]] = importer.refused()
    assert field == "firstName, lastName, email"
    assert message == (
        "firstName: This value should not be blank. lastName: This value should not be blank. email: This value is not a valid email address. It has no @."
    )
    assert cells == ["", "", "nonsense"]


def test_a_spreadsheet_computes_nothing_in_it(importer):
    importer.take(importer.file(f'{HEAD}"=HYPERLINK(""http://x"")",@b,+c\n'))
    assert importer.refused()[0][4:] == ['\'=HYPERLINK("http://x")', "'@b", "'+c"]


@pytest.mark.parametrize("named", ["", "utf-8"])
def test_a_wrong_encoding_is_found_before_a_row_is_stored(importer, small_chunks, named):
    path = importer.file(people(25).encode() + "Zoë,Lee,zoe@example.com\n".encode() * (not named) + b"Jos\xe9,Lee,jose@example.com\n")
    line, encoding = (27, "cp1252") if named else (28, "UTF-8")
    with pytest.raises(DomainError, match=f"see line {line}, character 4.*{encoding}"):
        importer.take(path, encoding=named)
    assert (Lead.objects.count(), LeadImport.objects.count(), len(list(importer.folder.iterdir()))) == (0, 0, 1)


def test_a_file_without_a_refused_row_leaves_no_file_behind(importer):
    importer.take(importer.file(people(3)))
    assert [path.name for path in importer.folder.iterdir()] == ["people.csv"]
    assert LeadImport.objects.get().refused_rows == ""


def test_refused_rows_go_where_somebody_says_but_over_nobodys_file(importer):
    path, mine = importer.file(f"{HEAD}a,b,c\n"), importer.folder / "mine.csv"
    mine.write_text("precious")
    with pytest.raises(DomainError, match="exists"):
        importer.take(path, refused_rows=mine)
    assert mine.read_text() == "precious"
    link = importer.folder / "link.csv"
    link.symlink_to(importer.folder / "elsewhere.csv")
    with pytest.raises(DomainError, match="exists"):
        importer.take(path, refused_rows=link)
    importer.take(path, refused_rows=importer.folder / "new.csv")
    assert "nonsense" not in (importer.folder / "new.csv").read_text()
    assert "c" in (importer.folder / "new.csv").read_text()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_to_asks_for_another(importer):
    path = importer.file(people(1))
    importer.folder.chmod(0o500)
    with pytest.raises(DomainError, match="--errors"):
        importer.take(path)


@pytest.mark.parametrize("place", ["missing/x.csv", "."])
def test_a_place_that_is_none_asks_for_another(importer, place):
    with pytest.raises(DomainError, match="--errors"):
        importer.take(importer.file(people(1)), refused_rows=importer.folder / place)
    assert (Lead.objects.count(), LeadImport.objects.filter(state=State.RUNNING).count()) == (0, 0)
    importer.take(importer.file(people(1)), refused_rows=importer.folder / "here.csv")
    assert Lead.objects.count() == 1


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("externalId", "x" * 121, "120 characters or less"),
        ("publisherSubId", "x" * 121, "120 characters or less"),
        ("ip", "1.2.3", "not an IP address"),
        ("ip", "fe80::1%eth0", "not an IP address"),
        ("userAgent", "a\0b", "not text"),
    ],
)
def test_what_is_said_beside_the_form_has_to_fit_too(importer, column, value, words):
    importer.take(importer.file(f"firstName,lastName,email,{column}\nA,B,a@example.com,{value}\n"))
    assert importer.counts() == ImportCounts(1, 0, 0, 1)
    assert (importer.refused()[0][2], words in importer.refused()[0][3]) == (column, True)


# Rows of earlier imports


def test_rows_whose_external_id_came_before_are_there_already_or_refused(importer, small_chunks):
    head = "externalId,firstName,lastName,email\n"
    importer.take(importer.file(f"{head}1,A,B,a@example.com\n", name="first.csv"))
    rows = (
        "1,A,B,a@example.com\n1,Other,B,a@example.com\n2,C,D,c@example.com\n2,C,D,c@example.com\n2,X,D,c@example.com\n,E,F,e@example.com\n"
    )
    importer.take(importer.file(head + rows))
    assert importer.counts() == ImportCounts(6, 2, 2, 2)
    old, new = Lead.objects.get(external_id="1"), Lead.objects.get(external_id="2")
    assert [row[:4] for row in importer.refused()] == [
        ["3", "3", "externalId", f"1 came before with other values: see lead {old.pk}."],
        ["6", "6", "externalId", f"2 came before with other values: see lead {new.pk}."],
    ]


@pytest.mark.sql
def test_refused_and_conflicting_rows_are_told_in_the_files_order(importer):
    head = "externalId,firstName,lastName,email\n"
    importer.take(importer.file(f"{head}1,A,B,a@example.com\n1,Other,B,a@example.com\n2,,B,b@example.com\n1,Third,B,a@example.com\n"))
    assert [row[0] for row in importer.refused()] == ["3", "4", "5"]


# Killed, and gone on with


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_a_killed_import_goes_on_where_it_was(importer, small_chunks, steps):
    broken = "".join(f"First,Last,broken{n}\n" for n in range(5))
    path = importer.file(people(12) + broken + people(13, first=20).removeprefix(HEAD))
    with pytest.raises(Killed):
        importer.take(path, watch=kill_after(steps))
    assert (LeadImport.objects.get().state, LeadImport.objects.get().position) == (State.RUNNING, steps * 10)
    watch = Watcher()
    importer.take(path, watch=watch)
    assert watch.began_at == steps * 10
    assert importer.counts() == ImportCounts(30, 25, 0, 5)
    assert len(set(importer.captured("email"))) == Lead.objects.count() == 25
    assert [row[0] for row in importer.refused()] == [str(row) for row in range(14, 19)]
    assert LeadImport.objects.get().state == State.DONE


def test_what_a_killed_import_had_not_committed_is_not_there(importer, small_chunks, monkeypatch):
    """Neither the leads of the chunk nor its refused rows, which were on the disk already."""
    path = importer.file(people(9) + "x,y,z\n" + people(9, first=9).removeprefix(HEAD) + "x,y,z\n")
    whole, steps = runs._advance, []

    def dies_the_second_time(*args, **more):
        steps.append(whole(*args, **more))
        if len(steps) == 2:
            raise Killed
        return steps[-1]

    monkeypatch.setattr(runs, "_advance", dies_the_second_time)
    with pytest.raises(Killed):
        importer.take(path)
    assert (Lead.objects.count(), importer.counts()) == (9, ImportCounts(10, 9, 0, 1))
    assert len(importer.refused()) == 2
    importer.take(path)
    assert (Lead.objects.count(), importer.counts()) == (18, ImportCounts(20, 18, 0, 2))
    assert [row[0] for row in importer.refused()] == ["11", "21"]


def test_one_killed_at_its_very_beginning_or_its_very_end_goes_on_too(importer, small_chunks, monkeypatch):
    path = importer.file(people(10) + "x,y,z\n")

    def dies(*_args, **_more):
        raise Killed

    for module, name in ((reader, "open_refused_rows"), (runs, "_end")):
        with monkeypatch.context() as patch:
            patch.setattr(module, name, dies)
            with pytest.raises(Killed):
                importer.take(path)
    assert importer.counts() == ImportCounts(11, 10, 0, 1)
    ended = importer.take(path)
    assert (ended.run.state, importer.counts(), len(importer.refused())) == (State.DONE, ImportCounts(11, 10, 0, 1), 1)
    assert LeadImport.objects.count() == 1


def test_what_the_last_one_left_beyond_the_position_is_cut_off(importer, small_chunks):
    path = importer.file(f"{HEAD}x,y,z\n{people(25).removeprefix(HEAD)}")
    with pytest.raises(Killed):
        importer.take(path, watch=kill_after(1))
    with open(LeadImport.objects.get().refused_rows, "a") as file:
        file.write("half a r")
    importer.take(path)
    assert [row[0] for row in importer.refused()] == ["2"]


def test_a_file_of_refused_rows_that_is_gone_is_begun_anew_and_a_shortened_one_is_not_trusted(importer, small_chunks):
    path = importer.file(f"{HEAD}x,y,z\n{people(9).removeprefix(HEAD)}x,y,z\n")
    with pytest.raises(Killed):
        importer.take(path, watch=kill_after(1))
    refused = LeadImport.objects.get().refused_rows
    os.truncate(refused, 10)
    with pytest.raises(DomainError, match="shorter than this import left it"):
        importer.take(path)
    os.remove(refused)
    importer.take(path)
    assert [row[0] for row in importer.refused()] == ["12"]
    assert importer.counts() == ImportCounts(11, 9, 0, 2)


def test_refused_rows_may_go_elsewhere_after_an_interruption(importer, small_chunks):
    path = importer.file(f"{HEAD}x,y,z\n{people(9).removeprefix(HEAD)}x,y,z\n")
    with pytest.raises(Killed):
        importer.take(path, watch=kill_after(1))
    first = LeadImport.objects.get().refused_rows
    importer.take(path, refused_rows=importer.folder / "elsewhere.csv")
    assert [row[0] for row in importer.refused()] == ["12"]
    assert os.path.exists(first)


# Once, unless somebody says again


def test_an_imported_file_is_not_imported_again_by_accident(importer):
    path = importer.file(people(3))
    importer.take(path)
    for same in (path, importer.file(people(3), name="copy.csv")):
        with pytest.raises(DomainError, match=r"imported already \(import \d+\): 3 of its rows are leads.*--again"):
            importer.take(same)
    assert Lead.objects.count() == 3
    importer.take(path, again=True)
    assert (Lead.objects.count(), LeadImport.objects.count(), importer.counts()) == (3, 2, ImportCounts(3, 0, 3, 0))


def test_again_takes_in_what_is_no_lead_yet_and_no_row_twice(importer, small_chunks):
    """Rows without external ids: those that were refused for their form, or whose lead was deleted."""
    path = importer.file(people(9) + "x,,x@example.com\n" + people(14, first=9).removeprefix(HEAD))
    importer.take(path)
    importer.campaign.forms.get().fields.filter(name="lastName").update(required=False)
    Lead.objects.filter(email="person4@example.com").update(deleted_at=timezone.now())
    assert try_file(importer.asked(path), observer=Watcher())[0] == ImportCounts(24, 2, 22, 0)
    for stored in (2, 0):
        importer.take(path, again=True)
        assert importer.counts() == ImportCounts(24, stored, 24 - stored, 0)
    live = Lead.objects.filter(deleted_at=None)
    assert (live.count(), len(set(live.values_list("email", flat=True)))) == (24, 24)


def test_again_read_in_another_way_refuses_the_rows_of_leads_that_would_differ(importer):
    path = importer.file("firstName,lastName,email,phone\nA,B,a@example.com,1\nC,D,c@example.com,\nE,F,no address,3\n")
    importer.take(path)
    lead = Lead.objects.get(email="a@example.com")
    importer.take(path, mappings=("phone=telephone",), again=True)
    assert importer.counts() == ImportCounts(3, 0, 1, 2)
    assert importer.refused()[0][3] == f"This row is lead {lead.pk} already, with other values. Delete that lead to take the row in anew."


RESAVED = (
    "other order",
    "CRLF",
    "XLSX",
    "semicolons and UTF-16",
    "columns moved",
    "renamed columns",
    "unmapped column added",
    "spelled otherwise",
)


def saved_anew(importer: Importer, kind: str, rows: list[list[str]]) -> tuple[Path, dict[str, object]]:
    """Return a file with the same rows, as people save one, and the options to read it with."""
    head, *people_ = rows
    more: dict[str, object] = {}
    delimiter, ending, encoding = ",", "\n", "utf-8"
    if kind == "other order":
        people_ = people_[::-1]
    elif kind == "CRLF":
        ending = "\r\n"
    elif kind == "semicolons and UTF-16":
        delimiter, encoding = ";", "utf-16"
    elif kind == "columns moved":
        head, people_ = head[::-1], [row[::-1] for row in people_]
    elif kind == "renamed columns":
        head = ["First", *head[1:]]
        more = {"mappings": ("First=firstName",)}
    elif kind == "unmapped column added":
        head, people_ = [*head, "Remarks"], [[*row, "x"] for row in people_]
    elif kind == "spelled otherwise":
        people_ = [[first.upper(), f" {last}", email.title(), phone.replace("+44 ", "0044-")] for first, last, email, phone in people_]
    if kind == "XLSX":
        write_workbook(importer.folder / "saved.xlsx", head, people_)
        return importer.folder / "saved.xlsx", more
    text = ending.join(delimiter.join(row) for row in [head, *people_]) + ending
    return importer.file(text, name="saved.csv", encoding=encoding), more


@pytest.mark.sql
def test_again_knows_rows_by_their_values_in_whatever_file_they_come(importer, small_chunks):
    """Also two equal rows of one file, which are two leads."""
    rows = [["firstName", "lastName", "email", "telephone"]]
    rows += [[f"First{n}", f"O’Last{n}", f"person{n}@example.com", f"+44 20 7946 {n:04}"] for n in range(12)]
    rows += [rows[3]] * 2
    importer.take(importer.file("".join(f"{','.join(row)}\n" for row in rows)))
    assert Lead.objects.count() == 14
    for kind in RESAVED:
        path, more = saved_anew(importer, kind, rows)
        importer.take(path, again=True, **more)
        assert (kind, importer.counts()) == (kind, ImportCounts(14, 0, 14, 0))
    corrected = [list(row) for row in rows]
    corrected[7][1] = "Corrected"
    path, _ = saved_anew(importer, "other order", [*corrected, rows[3], ["New", "Person", "new@example.com", ""]])
    assert try_file(importer.asked(path), again=True, observer=Watcher())[0] == ImportCounts(16, 3, 13, 0)
    importer.take(path, again=True)
    assert importer.counts() == ImportCounts(16, 3, 13, 0)  # the corrected row, the new one, and a fourth of those that are equal
    importer.take(path, again=True)
    assert (importer.counts(), Lead.objects.count()) == (ImportCounts(16, 0, 16, 0), 17)


def test_again_refuses_the_rows_of_leads_to_which_a_column_adds_values(importer):
    importer.take(importer.file(people(3)))
    importer.take(
        importer.file("firstName,lastName,email,telephone\n" + people(4).removeprefix(HEAD).replace(".com", ".com,020 7946 0001")),
        again=True,
    )
    assert importer.counts() == ImportCounts(4, 1, 0, 3)
    assert "already, with other values" in importer.refused()[0][3]
    watch = Watcher()
    importer.take(importer.file(people(5)), again=True, watch=watch)  # without the column again
    assert importer.counts() == ImportCounts(5, 2, 3, 0)
    assert [note.partition(",")[0] for note in watch.notes] == ["No column goes into telephone"]


def test_again_in_another_file_goes_on_where_it_was_killed(importer, small_chunks):
    """Rows that it found known before it was killed, or stored, answer for the leads that they are."""
    equal = "A,B,a@example.com\n"
    importer.take(importer.file(people(14) + equal * 2))
    path = importer.file(people(18) + equal * 12, name="longer.csv")
    for chunks in (1, 1, 1):
        with pytest.raises(Killed):
            importer.take(path, again=True, watch=kill_after(chunks))
    ended = importer.take(path)  # the run knows that it leaves out
    assert (ended.run.state, importer.counts(), Lead.objects.count()) == (State.DONE, ImportCounts(30, 14, 16, 0), 30)


def test_a_file_that_was_imported_again_doubles_nothing_without_the_word(importer):
    importer.take(importer.file(people(3)))
    path = importer.file(people(3) + "x,y,no address\n", name="longer.csv")
    for again in (True, False):
        importer.take(path, again=again)
        assert importer.counts() == ImportCounts(4, 0, 3, 1)


def test_again_is_per_destination(importer, bob):
    importer.take(importer.file(people(3)))
    link = importer.campaign.links.get()
    importer.take(importer.file(people(3) + "\n"), again=True, link=link)
    assert (Lead.objects.count(), importer.counts().stored) == (6, 3)


def test_a_great_many_equal_rows_are_matched_one_by_one(importer, small_chunks, monkeypatch):
    monkeypatch.setattr(earlier_imports, "MANY", 5)
    importer.take(importer.file(HEAD + "A,B,a@example.com\n" * 33))
    importer.take(importer.file(HEAD + "A,B,a@example.com\n" * 47 + "C,D,c@example.com\n"), again=True)
    assert (importer.counts(), Lead.objects.count()) == (ImportCounts(48, 15, 33, 0), 48)


def test_numbers_boxes_and_options_are_known_in_any_spelling():
    fields = [FormField(name=name, type=kind) for name, kind in (("n", "number"), ("t", "optin"), ("p", "telephone"), ("e", "email"))]
    digest = RowIdentity(1, 2, None, fields).digest
    same = [
        ({"n": "1250"}, {"n": "+1250.00"}), ({"n": "0"}, {"n": "-0.0"}), ({"n": "1e3"}, {"n": "1000"}), ({"n": ".5"}, {"n": "0.50"}),
        ({"t": "yes"}, {"t": "1"}), ({"t": "off"}, {"t": "N"}), ({"e": "a@Example.com"}, {"e": "A@example.COM"}), ({"x": ""}, {}),
        ({"p": "020 7946 0001", "country": "UK"}, {"p": "+442079460001", "country": "uk"}), ({"x": "O’Neil"}, {"x": "o'neil"}),
    ]  # fmt: skip
    for one, other in same:
        assert digest(one) == digest(other), (one, other)
    others = [({"n": "10"}, {"n": "1"}), ({"n": "-1"}, {"n": "1"}), ({"x": "a", "y": "b"}, {"x": "b", "y": "a"}), ({"x": "1"}, {"y": "1"})]
    long = "9" * 40
    others += [({"n": long}, {"n": f"{long[:-1]}8"}), ({"t": "yes"}, {"t": "no"}), ({"x": "é"}, {"x": "e"})]
    for one, other in others:
        assert digest(one) != digest(other), (one, other)
    assert digest({"x": "a"}) != RowIdentity(1, 2, 3, fields).digest({"x": "a"})


@pytest.mark.sql
def test_leads_of_imports_before_the_digests_are_known_too(importer, small_chunks):
    """The migration makes the digest that the import would have made. Deleted leads, and leads of no import, change nothing."""
    head = "externalId,firstName,lastName,email,telephone,ip,Notes\n"
    importer.take(importer.file(head + "".join(f"{n},F{n},L,p{n}@example.com,020 7946 0{n:03},2001:DB8::{n},x\n" for n in range(25))))
    before = dict(Lead.objects.values_list("pk", "row_digest"))
    Lead.objects.update(row_digest=None)
    migration = import_module("leads.migrations.0011_digests_from_imports")
    for _ in range(2):
        migration.fill(None, SimpleNamespace(connection=connection))
        assert dict(Lead.objects.values_list("pk", "row_digest")) == before
    Lead.objects.update(row_digest=UUID(int=7))
    import_module("leads.migrations.0018_forms_of_values_without_needless_zeros").digest_again(None, SimpleNamespace(connection=connection))
    assert dict(Lead.objects.values_list("pk", "row_digest")) == before, "and those of another form are made anew"


@pytest.mark.sql
def test_again_needs_to_know_which_rows_are_leads(importer):
    """Imports of versions that did not record it cannot be repeated."""
    path = importer.file(people(3))
    importer.take(path)
    LeadImportPart.objects.all().delete()
    with pytest.raises(DomainError, match="not recorded which rows of the file became leads"):
        importer.take(path, again=True)
    assert Lead.objects.count() == 3


def test_again_goes_on_with_its_own_interrupted_run(importer, small_chunks):
    path = importer.file(people(15))
    importer.take(path)
    with pytest.raises(Killed):
        importer.take(path, again=True, watch=kill_after(1))
    importer.take(path, again=True)
    assert (Lead.objects.count(), LeadImport.objects.count(), importer.counts()) == (15, 2, ImportCounts(15, 0, 15, 0))


def test_another_way_of_reading_a_half_imported_file_needs_a_word(importer, small_chunks):
    """Its position would mean nothing, and its first rows would come twice."""
    path = importer.file(people(15).replace("email", "email,telephone", 1).replace("@example.com", "@example.com,"))
    with pytest.raises(Killed):
        importer.take(path, watch=kill_after(1))
    for said in ({"mappings": ("telephone=",)}, {"encoding": "cp1252"}):
        with pytest.raises(DomainError, match=r"to row 10 \(import \d+\), but read in another way"):
            importer.take(path, **said)
    assert Lead.objects.count() == 10
    importer.take(path, mappings=("telephone=",), again=True)
    assert len(set(importer.captured("email"))) == Lead.objects.count() == 15
    with pytest.raises(DomainError, match="imported already"):
        importer.take(path)


def test_a_file_of_which_nothing_was_stored_may_be_tried_another_way(importer):
    path = importer.file(f"{HEAD}Ann,ann@example.com,Lee\n")
    importer.take(path)
    importer.take(path, mappings=("lastName=email", "email=lastName"))
    assert importer.captured("email") == ["ann@example.com"]


def test_a_changed_file_is_another_import(importer):
    importer.take(importer.file(people(3)))
    importer.take(importer.file(people(4, first=3)))
    assert Lead.objects.count() == 7


def test_the_same_file_may_go_to_another_publisher(importer, bob):
    path = importer.file(people(3))
    importer.take(path)
    other = services.create_publisher("Other Media", actor=bob)
    services.sign_contract(services.assign_publisher(importer.campaign, other, actor=bob, payout=1), signed_by="O", actor=bob)
    importer.take(path, publisher=other)
    assert Lead.objects.filter(publisher=other).count() == 3


# Two at once


def test_the_second_of_two_at_once_is_refused(importer, monkeypatch):
    monkeypatch.setattr(checkpoint, "PATIENCE", "50ms")
    path = importer.file(people(3))
    with connected() as other:
        with service.reader.open_import(importer.asked(path)) as read:
            other.execute("SELECT pg_advisory_lock(%s)", [locks.named_key(*read.target)])
        with pytest.raises(DomainError, match="being imported at this moment"):
            importer.take(path)
        assert LeadImport.objects.count() == 0
        importer.take(importer.file(people(3, first=5), name="other.csv"))
    importer.take(path)
    assert Lead.objects.count() == 6


def test_nobody_is_held_up_when_an_import_is_over_however_it_ended(importer, monkeypatch, small_chunks):
    monkeypatch.setattr(checkpoint, "PATIENCE", "50ms")
    path = importer.file(people(15))
    with pytest.raises(Killed):
        importer.take(path, watch=kill_after(1))
    with service.reader.open_import(importer.asked(path)) as read, connected() as other:
        assert other.execute("SELECT pg_try_advisory_lock(%s)", [locks.named_key(*read.target)]).fetchone() == (True,)


def test_who_lost_an_import_to_another_stores_nothing_more(importer, small_chunks):
    path = importer.file(people(25))
    watch = Watcher()
    watch.act = lambda step: LeadImport.objects.update(claim="00000000-0000-0000-0000-000000000001")
    with pytest.raises(RunTakenAway):
        importer.take(path, watch=watch)
    assert (Lead.objects.count(), importer.counts().read) == (10, 10)
    assert LeadImport.objects.get().state == State.RUNNING


def test_a_step_of_an_older_position_is_undone(importer, small_chunks):
    watch = Watcher()
    watch.act = lambda step: LeadImport.objects.update(position=12, done=12)
    with pytest.raises(RunTakenAway):
        importer.take(importer.file(people(25)), watch=watch)
    assert Lead.objects.count() == 10


def test_a_deadlock_is_tried_again(importer, monkeypatch):
    class Deadlock(Exception):
        sqlstate = "40P01"

    tries = []

    def collides_once(*args, **more):
        tries.append(1)
        if len(tries) == 1:
            raise OperationalError("deadlock detected") from Deadlock()
        return receive_leads(*args, **more)

    monkeypatch.setattr(service, "receive_leads", collides_once)
    importer.take(importer.file(f"{HEAD}A,B,a@example.com\nx,y,z\n"))
    assert (len(tries), importer.counts(), len(importer.refused())) == (2, ImportCounts(2, 1, 0, 1), 1)


def test_every_row_counts_once_or_the_database_says_no(importer):
    importer.take(importer.file(people(3)))
    with pytest.raises(IntegrityError):
        LeadImport.objects.update(done=2)


# Stopped, or not begun


def test_an_import_asked_to_stop_ends_between_chunks_and_goes_on_later(importer, small_chunks):
    path, watch = importer.file(people(25)), Watcher()
    watch.act = lambda step: setattr(watch, "stop", True)
    ended = importer.take(path, watch=watch)
    assert (ended.run.state, ended.run.position, ended.run.claim, bool(ended.why)) == (State.STOPPED, 10, None, True)
    importer.take(path)
    assert Lead.objects.count() == 25
    assert audit() == ["import started", "import stopped", "import resumed", "25 leads were imported"]


def test_the_run_itself_may_be_asked_to_stop(importer, small_chunks):
    path, watch = importer.file(people(25)), Watcher()
    watch.act = lambda step: LeadImport.objects.update(stop_asked=True)
    assert importer.take(path, watch=watch).run.state == State.STOPPED
    assert Lead.objects.count() == 10
    importer.take(path)
    assert Lead.objects.count() == 25


def test_a_stop_that_comes_with_the_last_chunk_is_too_late(importer, small_chunks):
    watch = Watcher()
    watch.act = lambda step: setattr(watch, "stop", True)
    assert importer.take(importer.file(people(10)), watch=watch).run.state == State.DONE


def test_a_campaign_paused_on_the_way_stops_the_import_which_goes_on_when_it_is_resumed(importer, bob, small_chunks):
    path, watch = importer.file(people(25)), Watcher()
    watch.act = lambda step: services.pause(importer.campaign.pk, actor=bob)
    with pytest.raises(DomainError, match="Campaign is inactive: Spring is Paused"):
        importer.take(path, watch=watch)
    run = LeadImport.objects.get()
    assert (run.state, run.position, "Paused" in run.error) == (State.FAILED, 10, True)
    services.resume(importer.campaign.pk, actor=bob)
    importer.take(path)
    assert (Lead.objects.count(), LeadImport.objects.get().error) == (25, "")


def test_a_field_that_becomes_required_on_the_way_is_required_from_then_on(importer, small_chunks):
    path, watch = importer.file(people(20)), Watcher()
    watch.act = lambda step: importer.campaign.forms.get().fields.filter(name="company").update(required=True)
    importer.take(path, watch=watch)
    assert importer.counts() == ImportCounts(20, 10, 0, 10)


@pytest.mark.parametrize("how", ["paused", "ended", "unsigned", "contract", "disabled"])
def test_a_closed_door_is_said_before_anything_is_read(importer, bob, how):
    campaign, yesterday = importer.campaign, timezone.now() - timedelta(days=1)
    contract = campaign.contracts.get()
    if how == "paused":
        services.pause(campaign.pk, actor=bob)
    elif how == "ended":
        type(campaign).objects.update(end=yesterday)
    elif how == "unsigned":
        type(campaign).objects.update(signed_at=None)
    else:
        type(contract).objects.update(**{"signed_at": None} if how == "contract" else {"enabled": False})
    words = {
        "paused": "Spring is Paused", "ended": "Spring is Ended", "unsigned": "Spring is Setup Required",
        "contract": "Publisher is inactive: the contract of Pat Media is Unsigned", "disabled": "the contract of Pat Media is Inactive",
    }[how]  # fmt: skip
    with pytest.raises(DomainError, match=words):
        importer.take(importer.file(people(1)))
    assert LeadImport.objects.count() == 0


def test_a_file_that_changes_while_it_is_read_stops_the_import(importer, small_chunks):
    path, watch = importer.file(people(25)), Watcher()

    def grows(_: ImportCounts) -> None:
        with path.open("a") as file:
            file.write("Late,Comer,late@example.com\n")

    watch.act = grows
    with pytest.raises(DomainError, match="changed while it was read"):
        importer.take(path, watch=watch)
    assert (Lead.objects.count(), LeadImport.objects.get().state) == (10, State.FAILED)


def test_a_head_without_rows_is_an_import_of_nobody(importer):
    importer.take(importer.file(HEAD))
    assert (importer.counts(), LeadImport.objects.get().state) == (ImportCounts(), State.DONE)


def test_long_rows_make_shorter_chunks(importer, monkeypatch):
    monkeypatch.setattr("leads.imports.reader.CHUNK_CHARACTERS", 100)
    watch = Watcher()
    importer.take(importer.file(people(12)), watch=watch)
    assert [step.read for step in watch.steps] == [4, 8, 12]


# The audit trail


def test_one_lead_was_imported_by_somebody(importer, bob):
    path = importer.file(people(1))
    service.import_file(importer.asked(path), actor=bob, observer=Watcher())
    entry = AuditEntry.objects.filter(page=LeadImportRun.page).latest("pk")
    assert (entry.action, entry.actor_id, entry.campaign_id) == ("1 lead was imported", bob.user_id, importer.campaign.pk)
    assert entry.after == {"file": str(path), "read": 1, "stored": 1, "already there": 0, "refused": 0}
    assert LeadImport.objects.get().started_by_id == bob.user_id


# A trial


def test_a_trial_says_what_would_be_and_stores_nothing(importer, small_chunks):
    head = "externalId,firstName,lastName,email\n"
    importer.take(importer.file(f"{head}1,A,B,a@example.com\n", name="first.csv"))
    rows = (
        "1,A,B,a@example.com\n1,X,B,a@example.com\n2,C,D,c@example.com\n2,C,D,c@example.com\n2,X,D,c@example.com\n"
        ",E,F,e@example.com\n3,,,\n4,G,H,g@example.com\n"
    )
    path = importer.file(head + rows)
    counts, why, refused = try_file(importer.asked(path), observer=Watcher())
    assert (why, Lead.objects.count(), LeadImport.objects.count()) == ("", 1, 1)
    assert refused == path.with_name("people.csv.trial.errors.csv")
    assert try_file(importer.asked(path), observer=Watcher())[0] == counts
    assert len(refused.read_text().splitlines()) == 4
    importer.take(path)
    assert importer.counts() == counts == ImportCounts(8, 3, 2, 3)


def test_a_trial_writes_over_nobodys_file(importer):
    mine = importer.file("precious", name="mine.csv")
    with pytest.raises(DomainError, match="exists"):
        try_file(importer.asked(importer.file(people(1))), refused_rows=mine, observer=Watcher())
    assert mine.read_text() == "precious"


def test_nobody_but_the_importer_is_needed(importer: Importer):
    assert service.import_file(importer.asked(importer.file(people(1))), actor=SYSTEM, observer=Watcher()).run.started_by is None

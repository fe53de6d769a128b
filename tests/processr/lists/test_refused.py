"""The refused lines of an import: a file to correct and import again."""

from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from config.core.accounts import roles
from config.core.background.runs import work_on
from processr.lists import files, importing, reader, refused
from processr.lists.importing import ValueImportRun
from processr.models import SuppressedName, ValueImport
from tests.cast import make_user
from tests.module_cast import ANEW
from tests.processr.lists.conftest import values_of

db, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ANEW
pytestmark = pytest.mark.django_db


def lines_of(run: ValueImport) -> str:
    return b"".join(refused.read(run)).decode("utf-8-sig")


def test_what_is_refused_is_kept_as_it_came_and_once_corrected_is_imported(taken_in):
    run = taken_in("name", b"note;first name;LAST NAME\n=1+1;Vera;Stone\n+44;Madonna;\n;Prince\n;;Bono\n")
    assert (run.added, run.failed) == (1, 3)
    text = lines_of(run)
    assert text.splitlines()[:2] == ["line,message,note,first name,LAST NAME", "3,Line 3 needs a first and a last name.,'+44,Madonna,"]
    corrected = text.replace("Madonna,", "Madonna,Ciccone").replace(",Prince", ",Prince,Nelson").replace(",,Bono", ",Paul,Bono")
    again = taken_in("name", corrected.encode("utf-8-sig"))
    assert (again.added, again.failed, again.error) == (3, 0, "")
    assert set(SuppressedName.objects.values_list("last_name", flat=True)) == {"Stone", "Ciccone", "Nelson", "Bono"}


def test_a_file_without_a_heading_or_delimiter_gets_one(taken_in, listed):
    run = taken_in(listed, b"Acme, Inc.\n" + b"x" * 501 + b"\n", delimiter=reader.WHOLE_LINE)
    assert lines_of(run).splitlines()[0] == "line,message,value"
    again = taken_in(listed, lines_of(run).replace("x" * 501, "Umbrella; Ltd").encode("utf-8-sig"))
    assert (again.added, values_of(listed)) == (1, ["Acme, Inc.", "Umbrella; Ltd"])


def test_broken_off_in_the_middle_each_refused_line_is_there_once(listed, begin, monkeypatch):
    monkeypatch.setattr(reader, "CHUNK", 2)
    run = begin(listed, b"value\na\n" + b"x" * 501 + b"\nb\n" + b"y" * 501 + b"\n")
    append, calls = refused.append, []

    def breaking(*args):
        size = append(*args)
        calls.append(args)
        if len(calls) == 2:
            raise OperationalError("gone")
        return size

    monkeypatch.setattr(refused, "append", breaking)
    with pytest.raises(OperationalError):
        work_on(ValueImportRun, run.pk)
    ValueImport.objects.update(beat_at="2020-01-01T00:00Z")
    work_on(ValueImportRun, run.pk)
    run.refresh_from_db()
    assert (run.state, run.failed) == ("done", 2)
    assert [line.partition(",")[0] for line in lines_of(run).splitlines()] == ["line", "3", "5"]


def test_it_is_kept_for_thirty_days_and_goes_with_its_list(taken_in, listed, monkeypatch):
    monkeypatch.setattr(files, "LEFT_BEHIND", -1.0)
    run = taken_in(listed, b"value\na\n" + b"x" * 501)
    assert oct(refused.path_of(run).stat().st_mode)[-3:] == "600"
    for days, is_there in ((29, True), (31, False)):
        ValueImport.objects.update(ended_at=timezone.now() - timedelta(days=days))
        ValueImportRun.tidy()
        assert refused.is_kept(run) == is_there
    again = taken_in(listed, b"value\nb\n" + b"x" * 501)
    listed.delete()
    ValueImportRun.tidy()
    assert not refused.is_kept(again)


def test_who_sees_the_import_downloads_them(taken_in, make_list, acme, client):
    run = taken_in(make_list(advertiser=acme, private=True), b"value\na\n" + b"x" * 501)
    address = f"/v2/system/validation-list/imports/{run.pk}"
    client.force_login(make_user(roles.ADMIN))
    assert "Download the refused line<" in client.get(address).content.decode()
    answer = client.get(f"{address}/refused")
    assert b"".join(answer.streaming_content).decode("utf-8-sig") == lines_of(run)
    assert f'filename="refused-lines-of-import-{run.pk}.csv"' in answer["Content-Disposition"]
    refused.path_of(run).unlink()
    assert "Download the refused" not in client.get(address).content.decode()
    assert client.get(f"{address}/refused").status_code == 404
    client.force_login(make_user(roles.ADMIN_MASKED))  # the values of private lists are hidden from masked admins
    assert client.get(f"{address}/refused").status_code == 404


@pytest.mark.parametrize("data", [b"value\na\n", b"a\n\n"])
def test_without_refused_lines_there_is_no_file(taken_in, listed, data):
    run = taken_in(listed, data)
    assert (run.refused_file_size, refused.is_kept(run), list(files.folder().iterdir())) == (0, False, [])
    with pytest.raises(FileNotFoundError):
        refused.read(run)


def test_one_that_was_lost_begins_anew(listed, begin, monkeypatch):
    monkeypatch.setattr(reader, "CHUNK", 1)
    run = begin(listed, b"value\n" + b"x" * 501 + b"\n" + b"y" * 501)
    work_on(ValueImportRun, run.pk, seconds=0)
    refused.path_of(run).unlink()
    work_on(ValueImportRun, run.pk)
    run.refresh_from_db()
    assert [line.partition(",")[0] for line in lines_of(run).splitlines()] == ["line", "3"]
    assert importing.REFUSALS_REPORTED > run.error.count("\n") + 1 == 2

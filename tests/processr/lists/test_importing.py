"""Imports into lists: progress, Stop, resuming, and every value once, also beside other imports."""

import os
from importlib import import_module
from threading import Event

import pytest
from django.db import OperationalError

from config.core.accounts import roles
from config.core.background import runs
from config.core.background.runs import work_on
from config.core.models import AuditEntry, User
from processr.lists import exporting, files, importing, reader, refused, services, storing
from processr.lists.importing import ValueImportRun
from processr.lists.kinds import KINDS, NAME, PHONE, VALUE
from processr.models import SuppressedEmail, SuppressedName, SuppressedPhone, ValueImport
from tests.module_cast import ANEW
from tests.processr.lists.conftest import upload, values_of
from tests.races import at_once

db, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ANEW
pytestmark = pytest.mark.django_db
NUMBERS = [f"v{n:05}" for n in range(2_500)]


@pytest.fixture
def small_parts(monkeypatch):
    monkeypatch.setattr(reader, "CHUNK", 100)


@pytest.mark.sql
def test_a_file_becomes_values_and_its_numbers_are_told(listed, taken_in, bob):
    services.add_values(listed, ["acme"], actor=bob)
    run = taken_in(listed, b"value\nAcme\nExample\nexample\n\n" + b"x" * 501)
    assert (run.state, run.added, run.repeated, run.failed, run.done, run.total) == ("done", 1, 2, 1, 3, 4)
    assert run.error == "Line 6 is longer than 500 characters."
    listed.refresh_from_db()
    assert (listed.value_count, listed.version) == (2, 3)
    assert list(files.folder().iterdir()) == [refused.path_of(run)]


@pytest.mark.parametrize(
    ("kind", "model", "data"),
    [
        ("email", SuppressedEmail, b"email\nJo@Example.com\nal@example.com\nno address\n"),
        ("name", SuppressedName, b"firstName,lastName\nMickey,Mouse\nTest,Test\nMadonna,\n"),
        ("phone", SuppressedPhone, b"telephone\n+44 20 7946 0000\n020 7946\nnone\n"),
    ],
)
def test_suppression_lists_take_files_too(taken_in, kind, model, data):
    run = taken_in(kind, data)
    assert (run.state, run.added, run.failed, model.objects.count()) == ("done", 2, 1, 2)
    assert AuditEntry.objects.order_by("-pk")[0].action.endswith("were imported")


def test_it_stops_after_the_part_it_is_at_and_what_was_added_stays(listed, begin, bob, small_parts, monkeypatch):
    run = begin(listed, upload(NUMBERS))
    store = storing.store

    def stopping(place, rows):
        if rows[0][0] == "v00300":
            runs.stop(ValueImportRun(run), actor=bob)
        return store(place, rows)

    monkeypatch.setattr(storing, "store", stopping)
    work_on(ValueImportRun, run.pk)
    run.refresh_from_db()
    listed.refresh_from_db()
    assert (run.state, run.added, listed.value_count, len(values_of(listed))) == ("stopped", 400, 400, 400)
    assert list(files.folder().iterdir()) == []


def test_one_that_waits_stops_at_once(listed, begin, bob, django_capture_on_commit_callbacks):
    run = begin(listed, b"a\n")
    with django_capture_on_commit_callbacks(execute=True):
        runs.stop(ValueImportRun(run), actor=bob)
    work_on(ValueImportRun, run.pk)
    run.refresh_from_db()
    assert (run.state, values_of(listed), list(files.folder().iterdir())) == ("stopped", [], [])


@pytest.mark.parametrize("last", [0, 1, 7, 24])
def test_broken_off_anywhere_it_goes_on_and_each_value_is_there_once(listed, begin, small_parts, monkeypatch, last):
    """The database goes away in the part after `last` others: that part is undone as a whole."""
    run = begin(listed, b"value\n", upload(NUMBERS))
    told, stored = importing.append_refusals, []

    def breaking(*args):
        stored.append(args)
        if len(stored) == last + 1:
            raise OperationalError("gone")
        return told(*args)

    monkeypatch.setattr(importing, "append_refusals", breaking)
    with pytest.raises(OperationalError):
        work_on(ValueImportRun, run.pk)
    run.refresh_from_db()
    listed.refresh_from_db()
    assert (run.state, run.added, listed.value_count) == ("running", last * 100, run.added)
    ValueImport.objects.update(beat_at="2020-01-01T00:00Z")
    work_on(ValueImportRun, run.pk)
    run.refresh_from_db()
    listed.refresh_from_db()
    assert (run.state, run.added, run.repeated, run.done) == ("done", len(NUMBERS), 0, len(NUMBERS))
    assert (listed.value_count, values_of(listed)) == (len(NUMBERS), NUMBERS)


def test_after_its_time_it_lets_others_have_theirs_and_goes_on_later(listed, begin, small_parts):
    run = begin(listed, upload(NUMBERS))
    work_on(ValueImportRun, run.pk, seconds=0)
    run.refresh_from_db()
    assert (run.state, run.added) == ("queued", 100)
    work_on(ValueImportRun, run.pk)
    run.refresh_from_db()
    assert (run.state, run.added) == ("done", len(NUMBERS))


def test_who_has_lost_it_to_another_writes_nothing(listed, begin, small_parts, monkeypatch):
    run = begin(listed, upload(NUMBERS))
    store = storing.store

    def taken_over(place, rows):
        if rows[0][0] == "v00100":
            ValueImport.objects.filter(pk=run.pk).update(claim="00000000-0000-0000-0000-000000000001")
        return store(place, rows)

    monkeypatch.setattr(storing, "store", taken_over)
    work_on(ValueImportRun, run.pk)
    run.refresh_from_db()
    listed.refresh_from_db()
    assert (run.added, run.position, listed.value_count, len(values_of(listed))) == (100, 700, 100, 100)


@pytest.mark.parametrize("lost", ["file", "fault"])
def test_what_cannot_go_on_says_so_and_keeps_what_was_added(listed, begin, small_parts, monkeypatch, lost):
    run = begin(listed, upload(NUMBERS))
    work_on(ValueImportRun, run.pk, seconds=0)
    if lost == "file":
        files.delete(files.path_of(ValueImport.objects.get(pk=run.pk).file))
    else:
        monkeypatch.setattr(reader, "restore", lambda cell: 1 / 0)
    work_on(ValueImportRun, run.pk)
    run.refresh_from_db()
    assert (run.state, run.added) == ("failed", 100)
    assert run.error == {"file": importing.FILE_GONE, "fault": ValueImportRun.fault}[lost]


def test_of_many_refused_lines_the_first_ones_are_told(listed, taken_in, small_parts):
    run = taken_in(listed, b"fine\n" + b"\n".join([b"x" * 501] * 300))
    assert (run.failed, len(run.error.splitlines())) == (300, importing.REFUSALS_REPORTED)
    assert run.error.startswith("Line 2 ")


def test_what_is_refused_at_once_leaves_no_run_and_no_file(listed, begin):
    for data in (b"", b"a,b\nc,d\n", b"\x81"):
        with pytest.raises(Exception, match="file"):
            begin(listed, data)
    assert (ValueImport.objects.count(), list(files.folder().iterdir())) == (0, [])


@pytest.mark.parametrize("name", ["../../etc/passwd", "a\x00b", "x" * 1_000, ""])
def test_the_name_of_a_file_is_only_told(listed, taken_in, name):
    run = taken_in(listed, b"a\n", name=name)
    assert run.state == "done"
    assert len(run.name) <= 255


def test_what_was_exported_comes_back_as_it_was(make_list, suppress, taken_in):
    odd = [
        "''=x",
        "a\r\nb",
        "''",
        "'+34 600",
        "=1+1",
        "+44 20",
        "-x",
        "@home",
        "'quoted",
        "'=1",
        "Acme, Inc",
        'the "best"',
        "a;b",
        "ä",
        "\u200fمرحبا",
        "tab\there",
        "value ",
    ]
    one, other = make_list(*odd), make_list(name="Other")
    taken_in(other, "".join(exporting.lines(one.values.all(), VALUE)).encode())
    assert values_of(other) == values_of(one)
    assert len(values_of(one)) == len(odd)
    suppress("phone", "+44 20 7946 0000", "020 7946 0000")
    suppress("name", ("=cmd", "O'Neil"), ("Jo", "-Doe"))
    for kind in (PHONE, NAME):
        before = list(kind.model.objects.order_by(kind.key).values_list(*kind.columns))
        data = "".join(exporting.lines(kind.model.objects.all(), kind)).encode()
        kind.model.objects.all().delete()
        assert taken_in(kind.target, data).failed == 0
        assert list(kind.model.objects.order_by(kind.key).values_list(*kind.columns)) == before


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_the_sample_can_be_imported(listed, taken_in, kind):
    run = taken_in(listed if kind is VALUE else kind.target, exporting.sample(kind).encode())
    assert (run.state, run.added, run.failed, run.total) == ("done", len(kind.example), 0, len(kind.example))


def test_rows_over_several_lines_are_gone_on_with_where_they_begin(listed, begin, small_parts):
    rows = "".join(f'v{n:05},"a\nb\n\n"\n' for n in range(250))
    run = begin(listed, f"sep=,\n\nvalue,x\n{rows}{'x' * 501}\n".encode())
    for added in (100, 200, 250):
        work_on(ValueImportRun, run.pk, seconds=0)
        run.refresh_from_db()
        assert run.added == added
    work_on(ValueImportRun, run.pk)
    run.refresh_from_db()
    assert (run.state, run.done, run.failed, run.total) == ("done", 250, 1, 251)
    assert run.error == "Line 1,004 is longer than 500 characters."


def test_an_export_is_read_by_key_in_portions(make_list, monkeypatch, django_assert_num_queries):
    listed = make_list(*NUMBERS[:1_000])
    monkeypatch.setattr(exporting, "AT_ONCE", 300)
    with django_assert_num_queries(5):
        lines = "".join(exporting.lines(listed.values.all(), VALUE))
    assert lines.removeprefix(exporting.MARK).split() == ["value", *NUMBERS[:1_000]]


@pytest.mark.django_db(transaction=True)
def test_two_imports_into_one_list_take_turns_and_every_value_is_counted_once(listed, begin, small_parts):
    halves = NUMBERS[:1_500], NUMBERS[1_000:][::-1]
    one, other = (begin(listed, upload(half)) for half in halves)
    assert at_once(lambda: work_on(ValueImportRun, one.pk, seconds=60), lambda: work_on(ValueImportRun, other.pk, seconds=60)) == []
    for run in (one, other):
        run.refresh_from_db()
        assert (run.state, run.added + run.repeated) == ("done", 1_500)
    listed.refresh_from_db()
    assert one.added + other.added == listed.value_count == len(NUMBERS)
    assert values_of(listed) == NUMBERS


@pytest.mark.django_db(transaction=True)
def test_two_imports_of_suppressed_addresses_take_turns(begin, small_parts):
    addresses = [f"{value}@example.com" for value in NUMBERS]
    one, other = begin("email", upload(addresses)), begin("email", upload(addresses[::-1]))
    assert at_once(lambda: work_on(ValueImportRun, one.pk, seconds=60), lambda: work_on(ValueImportRun, other.pk, seconds=60)) == []
    assert SuppressedEmail.objects.count() == len(NUMBERS)


@pytest.mark.django_db(transaction=True)
def test_an_import_that_is_under_way_is_left_alone_by_a_second_worker(listed, begin, small_parts, monkeypatch):
    run = begin(listed, upload(NUMBERS))
    store, reached, go_on = storing.store, Event(), Event()

    def slow(place, rows):
        reached.set()
        assert go_on.wait(30)
        return store(place, rows)

    monkeypatch.setattr(storing, "store", slow)

    def second():
        assert reached.wait(30)
        work_on(ValueImportRun, run.pk)
        go_on.set()

    assert at_once(lambda: work_on(ValueImportRun, run.pk, seconds=60), second) == []
    run.refresh_from_db()
    assert (run.state, run.added, run.repeated) == ("done", len(NUMBERS), 0)


def test_the_paths_of_earlier_versions_become_relative_and_paths_again(listed, begin, settings, monkeypatch):
    """But not those of imports under way, which a worker of that version may have begun."""
    migration = import_module("processr.migrations.0011_relative_files_of_value_imports")
    monkeypatch.setattr(migration, "BATCH", 2)
    runs_of = [begin(listed, b"a\n") for _ in range(5)]
    names = [run.file for run in runs_of]
    paths = [str(files.path_of(name)) for name in names]
    for run, path, state in zip(runs_of, paths, ("done", "queued", "failed", "stopped", "done"), strict=True):
        ValueImport.objects.filter(pk=run.pk).update(file=path, state=state)
    stored = ValueImport.objects.order_by("pk").values_list("file", flat=True)
    expected = [names[0], paths[1], *names[2:]]
    for _ in range(2):
        migration.make_relative()
        assert list(stored.all()) == expected
    migration.make_absolute()
    assert list(stored.all()) == paths


def test_an_import_with_a_path_of_the_earlier_version_finds_its_file(listed, begin):
    run = begin(listed, b"a\n")
    ValueImport.objects.filter(pk=run.pk).update(file=f"/srv/earlier/var/files/{run.file}")
    work_on(ValueImportRun, run.pk)
    run.refresh_from_db()
    assert (run.state, run.added) == ("done", 1)


def test_the_sweep_leaves_the_file_of_every_import_that_is_not_over(listed, begin, settings):
    waiting, over = begin(listed, b"a\n"), begin(listed, b"b\n")
    work_on(ValueImportRun, over.pk)
    lost = files.store([b"c\n"]).path
    for path in files.folder().iterdir():
        os.utime(path, (0, 0))
    runs.sweep()
    assert [f"value-imports/{path.name}" for path in files.folder().iterdir()] == [waiting.file]
    assert not lost.exists()


def test_the_rights_of_the_starter_are_asked_for_each_part(listed, make_list, begin, acme, bob, small_parts):
    """An import changes no list that its starter may not change any more (decisions 32 and 40)."""
    own = make_list(name="Of Acme", advertiser=acme)
    user = User.objects.get(pk=bob.user_id)
    for into, change in (
        (listed, {"role": roles.SUPER}),
        ("email", {"role": roles.SUPER}),
        (own, {"role": roles.ADMIN_MASKED}),
        (own, {"is_active": False}),
    ):
        run = begin(into, upload(f"a{n}@example.com" for n in range(300)))
        work_on(ValueImportRun, run.pk, seconds=0)
        User.objects.filter(pk=user.pk).update(**change)
        work_on(ValueImportRun, run.pk, seconds=60)
        run.refresh_from_db()
        assert (run.state, run.done) == ("failed", 100)
        assert run.error.startswith(f"{user.name} may not do this any more")
        User.objects.filter(pk=user.pk).update(role=roles.ADMIN, is_active=True)

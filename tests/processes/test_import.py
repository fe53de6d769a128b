"""Imports by the command: killed, without its database, or started twice, every row is a lead once, judged once."""

import csv
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.embedded.installation import until
from tests.people import invent
from tests.processes.commands import Command
from tests.processes.sluice import Sluice
from tests.processes.test_people import expected_verdicts, verdicts

pytestmark = [pytest.mark.processes, pytest.mark.timeout(300)]

CAMPAIGN, FORM = "Payroll demo requests", "Contact details"  # active, without a cap, with the three jobs
MANY, SOME = 10_000, 4_000
APART = 100
"""Good rows between two refused ones."""
CHUNK = 1_000
PROGRAM_WITHIN, JUDGED_WITHIN = 120, 240

MAP = {"first_name": "firstName", "last_name": "lastName", "company_name": "company", "zip": "postcode", "phone1": "telephone"}
GAEL = {
    "firstName": "Gaël", "lastName": "d'Ormesson", "company": "Groupe d'Ormesson S.A.", "postcode": "75086", "telephone": "01 99 00 12 39",
    "email": "g.d'ormesson39@dormesson.fr.example",
}  # fmt: skip
"""The first of the five hundred, copied by hand."""


class Import:
    """The import command on one file, run as often as it takes."""

    def __init__(self, sluice: Sluice, path: Path, *, campaign: dict[str, Any] | None = None) -> None:
        campaign = campaign or sluice.campaign(CAMPAIGN)
        self.sluice = sluice
        self.path = path
        said = {"campaign": campaign["id"], "form": FORM, "publisher": campaign["publishers"][0]}
        self.words = ["import_leads", str(path), *(f"--{name}={value}" for name, value in said.items())]

    def start(self) -> Command:
        return self.sluice.start_command(*self.words)

    def run(self) -> dict[str, int]:
        """Run the import to its end and return its counts."""
        return counts(self.sluice.run(*self.words, within=PROGRAM_WITHIN))

    def killed(self, *, after: int) -> None:
        program = self.start()
        until(lambda: self.position() >= after or program.poll() is not None, f"{after} rows are in", within=PROGRAM_WITHIN)
        assert program.poll() is None, f"it had ended already: {program.communicate(PROGRAM_WITHIN)}"
        self.kill(program)

    def kill(self, program: Command) -> None:
        program.kill()
        program.communicate(PROGRAM_WITHIN)

    def position(self) -> int:
        rows = self.sluice.rows("SELECT position FROM leads_leadimport WHERE file = %s", str(self.path))
        return int(rows[0][0]) if rows else 0

    @contextmanager
    def held(self) -> Iterator[None]:
        """Block the progress of imports: what one has stored of a chunk waits to be committed."""
        holder = psycopg.connect(self.sluice.database_url)
        try:
            holder.execute("LOCK TABLE leads_leadimport IN SHARE MODE")
            yield
        finally:
            holder.close()  # which is all that is left to do where the server was killed

    def waits_for_its_row(self, verb: str) -> bool:
        waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE %s"
        return bool(self.sluice.rows(waiting, f'{verb} "leads_leadimport"%'))

    def leads(self) -> list[tuple[Any, ...]]:
        of_the_file = "captured ->> 'company' = %s"
        return self.sluice.rows(f"SELECT id, captured ->> 'email' FROM leads_lead WHERE {of_the_file} ORDER BY id", self.path.stem)


def counts(said: str) -> dict[str, int]:
    return {what: int(number.replace(",", "")) for what, number in re.findall(r"(?m)^(\w[\w ]+?) +([\d,]+)$", said)}


@pytest.fixture
def file_of(sluice: Sluice, tmp_path: Path) -> Callable[[int], Import]:
    """So many good rows, and among them refused ones."""

    def file_of(good: int) -> Import:
        number = sluice.rows("SELECT count(*) FROM leads_leadimport")[0][0]
        path = tmp_path / f"people{number}.csv"
        with path.open("w", newline="") as file:
            paper = csv.writer(file)
            paper.writerow(["firstName", "lastName", "email", "company"])
            for n in range(good):
                paper.writerow([f"First{n}", f"Last{n}", f"person{n}@{path.stem}.example", path.stem])
                if n % APART == 0:
                    paper.writerow([f"First{n}", "", f"refused{n}@{path.stem}.example", path.stem])
        return Import(sluice, path)

    return file_of


def all_of(good: int) -> dict[str, int]:
    refused = good // APART
    return {"read": good + refused, "stored": good, "already there": 0, "refused": refused}


def check(sluice: Sluice, done: Import, good: int) -> None:
    """Each row once, in the file's order, judged once; each refused one once, with its number."""
    leads = done.leads()
    assert [email for _, email in leads] == [f"person{n}@{done.path.stem}.example" for n in range(good)]
    refused = sluice.rows("SELECT refused_rows FROM leads_leadimport WHERE file = %s", str(done.path))[0][0]
    with Path(refused).open(newline="", encoding="utf-8-sig") as file:
        assert [row["row"] for row in csv.DictReader(file)] == [str(3 + n * (APART + 1)) for n in range(good // APART)]
    sluice.wait_until_all_are_judged(within=JUDGED_WITHIN)
    assert sluice.not_judged_exactly_once([pk for pk, _ in leads]) == []
    assert "problems" not in sluice.run("check_integrity")


def test_the_five_hundred_are_imported_judged_and_right(sluice: Sluice, tmp_path: Path) -> None:
    people = invent()
    people.write(path := tmp_path / "people.csv")  # refused rows would be written beside it
    campaign = sluice.new_campaign("Five hundred by file")
    words = [*Import(sluice, path, campaign=campaign).words, *(f"--map={column}={field}" for column, field in MAP.items())]
    said = sluice.run_python("manage.py", *words, within=PROGRAM_WITHIN)
    assert counts(said) == {"read": 500, "stored": 500, "already there": 0, "refused": 0}
    assert [file.name for file in tmp_path.iterdir()] == ["people.csv"]
    sluice.wait_until_all_are_judged()
    persons = [{field: row[column].strip() for column, field in [*MAP.items(), ("email", "email")]} for row in people.rows]
    leads = sluice.rows(
        "SELECT id, captured, imported, lane, entry_point FROM leads_lead WHERE campaign_id = %s ORDER BY id", campaign["id"]
    )
    assert persons[0] == GAEL
    assert [captured for _, captured, *_ in leads] == persons
    assert {tuple(how) for _, _, *how in leads} == {(True, 1, "import")}
    ids = [pk for pk, *_ in leads]
    assert sluice.not_judged_exactly_once(ids) == []
    assert verdicts(sluice, ids) == expected_verdicts(people)
    assert sluice.rows("SELECT email, phone, name_key FROM leads_lead WHERE id = %s", ids[0]) == [
        ("g.d'ormesson39@dormesson.fr.example", "0199001239", "gael d'ormesson")
    ]


def test_an_import_killed_again_and_again_loses_and_doubles_nothing(sluice: Sluice, file_of: Callable[[int], Import]) -> None:
    command = file_of(MANY)
    for after in (CHUNK, 4 * CHUNK, 7 * CHUNK):
        command.killed(after=after)
    assert 0 < len(command.leads()) < MANY
    assert command.run() == all_of(MANY)
    check(sluice, command, MANY)


def test_an_import_killed_in_the_middle_of_a_chunk_has_stored_nothing_of_it(sluice: Sluice, file_of: Callable[[int], Import]) -> None:
    command = file_of(SOME)
    program = command.start()
    until(lambda: command.position() >= 2 * CHUNK, "some rows are in", within=PROGRAM_WITHIN)
    with command.held():
        until(lambda: command.waits_for_its_row("UPDATE"), "a chunk is half stored", within=PROGRAM_WITHIN)
        before = (command.position(), len(command.leads()))
        command.kill(program)
    until(lambda: not command.waits_for_its_row("UPDATE"), "the server has seen that it is gone")
    assert (command.position(), len(command.leads())) == before
    assert command.run() == all_of(SOME)
    check(sluice, command, SOME)


def test_of_two_at_once_the_second_is_refused_and_the_first_ends_well(sluice: Sluice, file_of: Callable[[int], Import]) -> None:
    command = file_of(SOME)
    with command.held():
        first = command.start()
        until(lambda: command.waits_for_its_row("INSERT INTO"), "it has begun", within=PROGRAM_WITHIN)
        second = command.start()
        said, beside = second.communicate(timeout=PROGRAM_WITHIN)
        assert (second.returncode, "This file is being imported at this moment" in beside) == (1, True), said + beside
    said, beside = first.communicate(timeout=PROGRAM_WITHIN)
    assert first.returncode == 0, said + beside
    check(sluice, command, SOME)


def test_an_import_whose_database_is_killed_says_so_and_goes_on_when_it_is_back(sluice: Sluice, file_of: Callable[[int], Import]) -> None:
    command = file_of(SOME)
    program = command.start()
    until(lambda: command.position() >= 2 * CHUNK, "some rows are in", within=PROGRAM_WITHIN)
    postgres = sluice.pids()["postgres"]
    with command.held():
        until(lambda: command.waits_for_its_row("UPDATE"), "a chunk is half stored", within=PROGRAM_WITHIN)
        sluice.kill(postgres)
    said, beside = program.communicate(timeout=PROGRAM_WITHIN)
    assert program.returncode == 1, said + beside
    assert "The database is away or in trouble" in beside
    assert "Traceback" not in beside
    sluice.wait_until_back(postgres)
    until(lambda: answers(command), "the database answers")
    assert command.run() == all_of(SOME)
    check(sluice, command, SOME)


def answers(command: Import) -> bool:
    try:
        return command.position() > 0
    except psycopg.OperationalError:
        return False

"""`manage.py import_leads`: import a CSV file of any length into a campaign, and resume an import however it was ended."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import InterfaceError, OperationalError
from typing_extensions import override

from config.core.actor import SYSTEM, Actor
from config.core.errors import DomainError
from config.core.models import User
from config.core.tabular.delimiters import DELIMITERS
from config.outages import short_reason
from leads.imports.checkpoint import ImportCounts
from leads.imports.command_line import ProgressDisplay, find_campaign, find_form, find_link, find_publisher, stop_on_signal
from leads.imports.dry_run import try_file
from leads.imports.reader import ImportRequest
from leads.imports.service import import_file

INTERRUPTED = 130
GO_ON = "Run the same command again to go on where it was."


class Command(BaseCommand):
    help = (
        "Import a file of leads, CSV or XLSX. The first row names the columns; those called like a field of the form, or like its label, "
        "go there by themselves. Ends with how many rows were read, stored, already there (by externalId; with --again by their values "
        "too) and refused. An import that was stopped or killed goes on where it was when the same command is run again: no row is lost "
        "and none comes twice. An import that stored nothing exits with an error."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        for name in ("campaign", "form", "publisher"):
            parser.add_argument(f"--{name}", required=True, metavar="ID|NAME")
        parser.add_argument("--link", metavar="ID|NAME", help="the campaign link the leads came by")
        parser.add_argument(
            "--map", action="append", default=[], metavar="COLUMN=FIELD", help='e.g. "First Name=firstName"; "Notes=" leaves a column out'
        )
        parser.add_argument("--delimiter", default="", help=f"{', '.join(DELIMITERS)}; guessed from the header unless said")
        parser.add_argument("--encoding", default="", help="marked in the file, or guessed, unless said; older files of Windows are cp1252")
        parser.add_argument(
            "--date-format",
            action="append",
            default=[],
            metavar="[COLUMN=]FORMAT",
            help="how dates are written, e.g. DD/MM/YYYY or month-day-year; found in the file unless said, if all its dates agree on it",
        )
        parser.add_argument(
            "--password-file", type=Path, metavar="PATH", help="a file with the password of an encrypted workbook or ZIP file"
        )
        parser.add_argument("--errors", type=Path, metavar="PATH", help="where refused rows go; beside the file unless said")
        parser.add_argument(
            "--again",
            action="store_true",
            help="take in the rows that are no leads yet, from a file that has been imported or one like it: corrected, saved anew, longer",
        )
        parser.add_argument("--dry-run", action="store_true", help="check every row, store none")
        parser.add_argument("--as", dest="username", metavar="USERNAME", help="who is doing this, for the audit trail")

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        with stop_on_signal() as interrupt:
            display = ProgressDisplay(self._write_progress, terminal=self.stderr.isatty(), should_stop=interrupt.is_set)
            try:
                if options["dry_run"]:
                    self._try(options, display)
                else:
                    self._import(options, display)
            except DomainError as error:
                display.clear()
                raise CommandError(error.message) from error
            except (OperationalError, InterfaceError) as error:
                display.clear()
                raise CommandError(f"The database is away or in trouble: {short_reason(error)}. {GO_ON}") from error

    def _import(self, options: dict[str, Any], display: ProgressDisplay) -> None:
        request, actor = _request(options), _actor(options["username"])
        result = import_file(request, refused_rows=options["errors"], again=options["again"], actor=actor, observer=display)
        display.clear()
        run = result.run
        self._report(ImportCounts.of(run), run.refused_rows if run.failed else "")
        if result.why:
            raise CommandError(f"Import {run.pk} has stopped after row {run.position:,}. {GO_ON}", returncode=INTERRUPTED)
        if not run.done:
            raise CommandError(f"Import {run.pk} has stored nothing. {_explain_nothing(ImportCounts.of(run))}")
        self.stdout.write(f"Import {run.pk} is complete.")

    def _try(self, options: dict[str, Any], display: ProgressDisplay) -> None:
        counts, why, refused_rows = try_file(_request(options), refused_rows=options["errors"], again=options["again"], observer=display)
        display.clear()
        self._report(counts, str(refused_rows or ""))
        if why:
            raise CommandError("Stopped before the end of the file. This was a trial: nothing is stored.", returncode=INTERRUPTED)
        if not counts.stored:
            raise CommandError(f"The import would store nothing. {_explain_nothing(counts)}")
        self.stdout.write("This was a trial: nothing is stored.")

    def _report(self, counts: ImportCounts, refused_rows: str) -> None:
        for label, number in zip(("read", "stored", "already there", "refused"), counts, strict=True):
            self.stdout.write(f"{label:<14}{number:>12,}")
        if refused_rows:
            self.stdout.write(f"Refused rows, with reasons: {refused_rows}")

    def _write_progress(self, text: str, ending: str) -> None:
        """Write to stderr, apart from the counts."""
        self.stderr.write(text, style_func=str, ending=ending)
        self.stderr.flush()


def _request(options: dict[str, Any]) -> ImportRequest:
    campaign = find_campaign(options["campaign"])
    return ImportRequest(
        path=options["file"],
        campaign=campaign,
        form=find_form(campaign, options["form"]),
        publisher=find_publisher(campaign, options["publisher"]),
        link=find_link(campaign, options["link"]) if options["link"] else None,
        mappings=tuple(options["map"]),
        delimiter=options["delimiter"],
        encoding=options["encoding"],
        date_formats=tuple(options["date_format"]),
        password=_password(options["password_file"]),
    )


def _explain_nothing(counts: ImportCounts) -> str:
    if not counts.read:
        return "The file has no row below its header."
    if not counts.refused:
        return "Every row is a lead already."
    already = f", the other {counts.repeated:,} are leads already" if counts.repeated else ""
    return f"{counts.refused:,} of {counts.read:,} rows were refused{already}."


def _password(path: Path | None) -> str:
    """Return the first line of the file: on the command line, everybody on the machine could see a password."""
    try:
        return path.read_text().partition("\n")[0].rstrip("\r") if path else ""
    except (OSError, UnicodeDecodeError) as error:
        raise DomainError(f"{path} cannot be read as the file of a password.", field="password") from error


def _actor(username: str | None) -> Actor:
    if not username:
        return SYSTEM
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        raise DomainError(f"There is no active user {username}.", field="as")
    return Actor(str(user), user.pk)

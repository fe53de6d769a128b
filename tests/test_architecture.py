"""The laws of the design, checked in the sources. Layers are held by import-linter."""

import ast
import functools
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fixtures.database import WHAT_MIGRATES
from tests.laws import model_access
from tests.sources import APPS, ROOT, nodes_of, text_of, trees

STATUS_COLUMNS = {
    "processr_status", "qa_status", "second_check", "current_status", "delivery_status", "hold_reason",
    "publisher_billable", "advertiser_billable", "over_allocation", "contract_slot", "campaign_slot", "deleted_at",
}  # fmt: skip
WRITERS_OF_STATUS = {
    "leads/lifecycle/verbs.py",
    "leads/lifecycle/claims.py",
    "leads/lifecycle/billing.py",
    "leads/lifecycle/deliverability.py",
    "leads/lifecycle/state.py",
    "leads/lifecycle/bulk_update.py",
}
WRITERS_OF_UNNAMED_COLUMNS = {
    "campaigns/services.py": "the fields of the object that is created, as its caller names them",
    "config/core/api/hydra/filters.py": "a copy of a filter, no row",
    "config/core/background/runs.py": "columns of background runs",
    "config/core/credentials/encryption.py": "encrypted columns, with a new key",
    "config/core/credentials/service.py": "columns of a credential",
    "integrations/delivery/recorder.py": "counts of a job",
    "integrations/alerts/settings.py": "what a campaign's managers are alerted to",
    "integrations/destinations/services.py": "the rules of sending to a destination",
    "integrations/outbound_events/services.py": "columns of an outbound event",
    "leads/imports/checkpoint.py": "a new import",
    "processr/services/jobs.py": "columns of a job",
    "processr/transforms/services.py": "columns of a value transform",
}
EDGES = re.compile(r"/views/|/api/|/(views|pages|tables|filters)\.py$")
"""The admin is not among them: the support staff sees all rows."""
READERS_OF_ALL_ROWS = {
    "config/core/accounts/views.py": {"User"},  # who signs in, and oneself
    "config/core/api/idempotency.py": {"IdempotencyKey"},  # of the caller
    "campaigns/credentials/pages.py": {"Advertiser"},  # for those who see all of them
    "integrations/views/filters.py": {"Message"},  # of events of the selector
    "leads/views/timeline.py": {"LeadNote"},  # of a lead of the selector
    "processr/api/form_mappings.py": {"FormField", "ValueTransform"},  # of a campaign of the selector
    "processr/api/list_values.py": {"ValidationListValue"},  # of a list of the selector; one by its id, whose list is then asked for
    "processr/api/logs.py": {"Event", "AuditEntry"},  # of a lead of the selector; for those who read the whole audit
    "processr/api/serializers.py": {"FormField", "GroupCondition"},  # of campaigns and jobs of the selector
    "processr/api/steps.py": {"Event"},  # of a lead of the selector
    "processr/views/copy_settings.py": {"GroupCondition", "Job"},  # of jobs of the selector
    "processr/views/overview.py": {"GroupCondition", "Job"},  # of jobs of the selector
    "processr/views/transforms/advertiser.py": {"Advertiser", "ValueTransform"},  # those of the selector once each, and their transforms
    "integrations/views/deliveries.py": {"Job"},  # of a campaign of the selector
}
"""Where an edge starts from all rows of a model, with what narrows them in the same query."""
TESTS = ROOT / "tests"
MOST_LINES_OF_A_FILE, MOST_LINES_OF_A_FUNCTION = 500, 60
PLUG_INS = {"processr/jobs/quality", "processr/jobs/enrichment", "integrations/kinds", "integrations/columns"}
NAMES_THAT_SAY_NOTHING = {"utils.py", "helpers.py", "common.py", "extras.py", "misc.py"}

READERS_OF_JSON = {
    "config/core/api/json_body.py": "bodies of requests",
    "config/core/audit.py": "values of our own, as they are stored",
    "config/core/backup/archive.py": "a file of our own",
    "config/core/demo.py": "a file of our own",
    "config/core/http/response.py": "answers of others",
    "config/embedded/paths.py": "a file of our own",
    "config/embedded/welcome.py": "a file of our own",
    "campaigns/submission.py": "our own rows",
    "integrations/delivery/unrecorded.py": "a file of our own",
    "integrations/kinds/http_response.py": "answers of others",
    "integrations/outbound_events/headers.py": "what we have encrypted",
    "leads/selectors.py": "our own rows",
    "processr/engine/step_log.py": "our own rows",
    "processr/jobs/enrichment/http_enrichment.py": "answers of others",
    "processr/jobs/http/call.py": "our own cache",
    "processr/jobs/quality/http_check.py": "answers of others",
    "processr/services/trials.py": "our own rows",
    "processr/views/exchange_text.py": "exchanges with others, as they were recorded",
}
WORKED_EXAMPLES = {
    "batches/targets/http_put.py",
    "tests/batches/targets/test_http_put.py",
    "processr/jobs/quality/odd_length.py", "tests/processr/jobs/quality/test_odd_length.py",
    "integrations/kinds/text_line.py", "tests/integrations/kinds/test_text_line.py",
    "processr/api/publishers.py", "integrations/columns/last_answer.py", "tests/processr/api/test_publishers.py",
}  # fmt: skip
CONVERTERS_OF_DIGITS = {
    "config/core/api/bodies.py": "a length, cut to 19 digits",
    "config/core/api/timed_body.py": "a length, cut to 19 digits",
    "config/core/http/address_guard.py": "a setting of the installation",
    "config/core/tabular/cell_values.py": "a number of a format, at most seven digits",
    "config/core/tabular/workbook_reader.py": "a number of a row, at most seven digits",
    "config/embedded/postgres.py": "a limit of the kernel",
    "config/embedded/processes.py": "process ids of the kernel",
    "processr/api/steps.py": "a position, at most five digits",
    "processr/job_types/rows_field.py": "the number of a row, written by the form itself",
    "processr/jobs/http/answer_path.py": "a step of a path, whose length the settings limit",
    "processr/transforms/drafts.py": "the number of a row, at most six digits",
}
"""Where text of digits is converted other than by `config.core.ids`, with what bounds it: Python refuses more than 4,300 digits."""
DECODERS = {
    "json.*", "json.load", "json.loads", "json.JSONDecoder", "yaml", "yaml.*", "yaml.load", "yaml.safe_load", "orjson", "orjson.*", "orjson.loads",
    "ast.literal_eval", "ast", "pickle", "marshal", "simplejson", "ujson",
}  # fmt: skip
PUBLISHING = {"delay", "apply_async", "delay_on_commit", "apply_async_on_commit", "send_task"}
RUN_STATE = re.compile(r"(Run|LeadImport|LeadExport|ValueImport|BulkAction)\.State\.")
IMPORTERS_BY_NAME = {
    "batches/targets/__init__.py": "the modules of a folder of plug-ins",
    "batches/targets/sftp.py": "a library that is seldom needed and takes long to load",
    "config/core/api/openapi.py": "the parts of the description, which the apps name",
    "config/core/models/session.py": "the store of sessions, which imports the model",
    "config/core/tabular/protection.py": "a library that is seldom needed and takes long to load",
    "integrations/apps.py": "the modules of a folder of plug-ins",
    "processr/apps.py": "the modules of a folder of plug-ins",
    "processr/jobs/contact/telephones.py": "tables of a library",
    "processr/patterns.py": "a part of a library",
}
VAGUE = re.compile(r"\W*(what|who|whose|whom|of)\b", re.IGNORECASE)
FILE_FORMATS = {"csv", "openpyxl", "xlsxwriter", "zipfile", "msoffcrypto", "pyzipper"}
NETWORK = re.compile(
    r"(socket|ssl|smtplib|poplib|imaplib|ftplib|telnetlib|xmlrpc|asyncio|requests|httpx|aiohttp|urllib3|paramiko|dns|pycurl|http\.client"
    r"|urllib\.request|django\.core\.mail)(\.|$)"
)
USERS_OF_NETWORK = {
    "config/core/http/": "the one client, which refuses calls in requests",
    "config/embedded/": "the launcher",
    "config/core/accounts/password_mail.py": "workers send from its queue",
    "config/core/notifications/mail.py": "workers send from its queue",
    "config/core/notifications/local_mail.py": "writes files",
    "batches/targets/email.py": "workers send, and it refuses to in requests",
    "batches/targets/protocols/ftp_session.py": "over sockets of the one client",
    "batches/targets/protocols/ssh_session.py": "over sockets of the one client",
    "config/core/api/reading_limits.py": "connections of the web server",
    "config/web_worker.py": "connections of the web server",
}


def sources() -> list[Path]:
    return [path for app in APPS for path in sorted((ROOT / app).rglob("*.py")) if "migrations" not in path.parts]


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def tree(path: Path) -> ast.Module:
    return trees()[named(path)]


def functions(module: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in nodes_of(module) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def test_files_and_functions_stay_readable():
    """Ceilings that catch accidents; complexity has one as well, in ruff's settings."""
    long = [f"{named(p)}: {n} lines" for p in sources() if (n := len(text_of(p).splitlines())) > MOST_LINES_OF_A_FILE]
    for path in sources():
        for function in functions(tree(path)):
            lines = function.end_lineno - function.lineno + 1
            if lines > MOST_LINES_OF_A_FUNCTION:
                long.append(f"{named(path)}:{function.lineno} {function.name}: {lines} lines")
    assert long == []


def test_no_file_name_says_nothing_and_no_star_is_imported():
    assert [named(p) for p in sources() if p.name in NAMES_THAT_SAY_NOTHING] == []
    stars = [named(p) for p in sources() for n in ast.walk(tree(p)) if isinstance(n, ast.ImportFrom) and n.names[0].name == "*"]
    assert stars == []


def test_status_has_one_writer():
    """No assignment of any kind, no setattr, no method of a queryset and no SQL writes a status column outside the lifecycle and its parts."""
    others = [path for path in sources() if named(path) not in WRITERS_OF_STATUS]
    writes = [f"{named(path)}:{line}" for path in others for line in model_access.writes_of(STATUS_COLUMNS, tree(path))]
    writes += [f"{named(path)}:{line} SQL" for path in others for line in model_access.updates_of_leads(tree(path))]
    assert writes == []


def test_columns_whose_names_do_not_stand_there_are_written_in_known_places():
    """Elsewhere such a write could be one of a status."""
    found = {named(path) for path in sources() if any(model_access.writes_of_unnamed_columns(tree(path)))}
    assert found - WRITERS_OF_STATUS == set(WRITERS_OF_UNNAMED_COLUMNS)


@pytest.mark.parametrize(
    "source",
    [
        "lead.qa_status = VALID",
        "lead.qa_status: str = VALID",
        "lead.publisher_billable += 1",
        "lead.pk, lead.qa_status = 1, VALID",
        "for lead.qa_status in (VALID,):\n    lead.save()",
        "with flag() as lead.second_check:\n    pass",
        "del lead.deleted_at",
        "setattr(lead, 'qa_status', VALID)",
        "object.__setattr__(lead, 'qa_status', VALID)",
        "leads.update(qa_status=VALID)",
        "leads.update(**{'qa_status': VALID})",
        "leads.update(**dict(qa_status=VALID))",
        "await leads.aupdate(qa_status=VALID)",
        "Lead.objects.bulk_update(leads, ['qa_status'])",
        "Lead.objects.bulk_update(leads, fields=('email', 'qa_status'))",
        "Lead.objects.update_or_create(pk=1, defaults={'qa_status': VALID})",
        "Lead.objects.bulk_create(leads, update_conflicts=True, update_fields=['qa_status'])",
        "lead.save(update_fields=['qa_status'])",
        "cursor.execute('UPDATE leads_lead SET email = %s')",
        "cursor.execute('update only \"leads_lead\" set email = %s')",
        'cursor.execute(\'UPDATE "public"."leads_lead" AS l SET email = %s\')',
        "cursor.execute('WITH a AS (SELECT 1) UPDATE\\n    leads_lead SET email = %s')",
        "cursor.execute(f'UPDATE {Lead._meta.db_table} SET email = %s')",
        "cursor.execute(f'update {table} AS l set email = %s')",
        "cursor.execute('UPDATE ' + table + ' SET email = 1')",
        "cursor.execute('UPDATE %s SET email = 1' % table)",
        "cursor.execute(SQL('UPDATE {} SET email = 1').format(table))",
        "cursor.execute('MERGE INTO leads_lead AS l USING others ON true WHEN MATCHED THEN DELETE')",
    ],
)
def test_a_write_of_a_status_is_found_in_any_spelling(source):
    module = ast.parse(source)
    assert [*model_access.writes_of(STATUS_COLUMNS, module), *model_access.updates_of_leads(module)]


@pytest.mark.parametrize(
    "source",
    [
        "setattr(lead, name, value)",
        "leads.update(**columns)",
        "Lead.objects.bulk_update(leads, names)",
        "Lead.objects.bulk_update(leads, ['email', name])",
        "Lead.objects.update_or_create(pk=1, defaults=columns)",
        "leads.update(**{name: value})",
        "lead.__dict__.update(values)",
        "vars(lead).update(values)",
    ],
)
def test_a_write_of_columns_without_their_names_is_found(source):
    assert list(model_access.writes_of_unnamed_columns(ast.parse(source)))


@pytest.mark.parametrize(
    "source",
    [
        "if lead.qa_status == VALID:\n    flags = lead.qa_status",
        "leads.filter(qa_status=VALID).update(email='')",
        "Lead.objects.bulk_update(leads, ['email'])",
        "text = 'Update the lead'",
        "cursor.execute('SELECT id FROM leads_lead FOR UPDATE OF l')",
        "cursor.execute('UPDATE leads_leadsearch SET text = %s')",
        "cursor.execute('UPDATE processr_job SET removed_at = now()')",
    ],
)
def test_what_writes_no_status_is_left_alone(source):
    module = ast.parse(source)
    assert not [*model_access.writes_of(STATUS_COLUMNS, module), *model_access.updates_of_leads(module)]


def test_rows_are_read_through_their_selectors():
    """Views, APIs and tables never start from all leads, and from all rows of another model where the table above says why."""
    edges = [path for path in sources() if EDGES.search(named(path))]
    assert len(edges) > 60, "hardly any edge is looked at"
    found = {(named(path), model) for path in edges for _, model in model_access.bare_reads(tree(path))}
    assert found == {(path, model) for path, models in READERS_OF_ALL_ROWS.items() for model in models}
    assert "Lead" not in {model for _, model in found}


@pytest.mark.parametrize(
    "source",
    [
        "Lead.objects.filter(pk=1)",
        "leads = Lead.objects",
        "from leads.models import Lead as Row\nRow.objects.all()",
        "from leads import models\nmodels.Lead.objects.all()",
        "from leads.models import Lead\nRow = Lead\nRow.objects.all()",
        "Lead._default_manager.all()",
        "Lead._base_manager.all()",
        "Lead._meta.default_manager.all()",
        "get_object_or_404(Lead, pk=1)",
        "shortcuts.get_list_or_404(klass=Lead)",
        "from leads.models import Lead as row\nget_object_or_404(row, pk=1)",
        "QuerySet(Lead).all()",
    ],
)
def test_a_read_of_all_leads_is_found_in_any_spelling(source):
    assert [model for _, model in model_access.bare_reads(ast.parse(source))] == ["Lead"]


@pytest.mark.parametrize("source", ["type(lead).objects.all()", "apps.get_model('leads', 'Lead')", "self.model.objects.get(pk=1)"])
def test_a_read_of_all_rows_of_a_model_that_is_not_named_is_found(source):
    assert [model for _, model in model_access.bare_reads(ast.parse(source))] == [model_access.UNKNOWN]


def test_a_read_that_starts_from_a_selector_is_left_alone():
    assert not list(model_access.bare_reads(ast.parse("get_object_or_404(leads_for(user).filter(Q(pk=1)), pk=pk)")))


def test_one_module_publishes_to_the_broker():
    """Whoever calls or passes on a method that publishes, by any name."""
    assert [named(path) for path in sources() if names_of(tree(path)) & PUBLISHING] == ["config/core/background/notify.py"]


def test_one_module_claims_moves_and_ends_background_runs():
    found = [named(path) for path in sources() if any(_run_writes(tree(path)))]
    assert found == ["config/core/background/runs.py"]


def _run_writes(module: ast.Module) -> Iterator[int]:
    """Yield the lines that write when a run was last alive, that it shall stop, or its state."""
    yield from model_access.writes_of({"beat_at", "stop_asked"}, module)
    for node in nodes_of(module):
        match node:
            case ast.Call(func=ast.Attribute(attr=method), keywords=keywords) if method in model_access.WRITING:
                if any(keyword.arg == "state" and RUN_STATE.match(ast.unparse(keyword.value)) for keyword in keywords):
                    yield node.lineno
            case ast.Assign(targets=[ast.Attribute(attr="state", value=owner)], value=value):
                if RUN_STATE.match(ast.unparse(value)) or re.search(r"run$|import$|export$", ast.unparse(owner)):
                    yield node.lineno


@pytest.mark.parametrize(
    "source",
    [
        "run.state = 'done'",
        "self.run.state = State.DONE",
        "rows.update(state=Run.State.DONE)",
        "LeadImport.objects.filter(pk=1).update(state=LeadImport.State.STOPPED)",
        "rows.update(**{'stop_asked': True})",
        "run.beat_at = now",
        "run.save(update_fields=['beat_at'])",
    ],
)
def test_a_write_of_a_run_is_found_in_any_spelling(source):
    assert list(_run_writes(ast.parse(source)))


def test_one_module_reads_the_json_of_requests():
    """Every module that decodes JSON is named here with what it decodes, and Django REST framework's parser is not used."""
    assert {named(path) for path in sources() if _decodes_json(tree(path))} == set(READERS_OF_JSON)


def _decodes_json(module: ast.Module) -> bool:
    names = names_of(module)
    calls = {ast.unparse(node) for node in nodes_of(module) if isinstance(node, ast.Attribute) and node.attr in ("load", "loads", "data")}
    json = {alias for alias, name in imported(module) if name in DECODERS} | ({"json.loads", "json.load"} & calls)
    return bool(json or names & {"JSONDecoder", "JSONParser", "YAMLParser"} or "request.data" in calls)


@pytest.mark.parametrize(
    "source",
    [
        "import json\njson.loads(request.body)",
        "import json as j\nj.loads(request.body)",
        "from json import loads as read\nread(request.body)",
        "from json import JSONDecoder",
        "import yaml\nyaml.safe_load(request.body)",
        "from yaml import safe_load",
        "import orjson as json",
        "import ast\nast.literal_eval(request.body)",
        "values = request.data",
        "from rest_framework.parsers import JSONParser",
    ],
)
def test_a_decoder_is_found_in_any_spelling(source):
    assert _decodes_json(ast.parse(source))


def test_a_module_that_writes_json_decodes_none():
    assert not _decodes_json(ast.parse("import json\njson.dumps(1)"))


def test_modules_are_imported_by_name_in_known_places():
    """A module whose name is given while the program runs is seen by no contract of the layers."""
    assert {
        named(path) for path in sources() if names_of(tree(path)) & {"import_module", "__import__", "import_string", "exec", "eval"}
    } == set(IMPORTERS_BY_NAME)


@functools.cache
def names_of(module: ast.Module) -> set[str]:
    """Return every name and attribute that the module reads, and what it imports under its own name."""
    read = {node.id if isinstance(node, ast.Name) else node.attr for node in nodes_of(module) if isinstance(node, ast.Name | ast.Attribute)}
    return read | {name.rpartition(".")[2] for _, name in imported(module)}


def imported(module: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield the local and the full name of each import; a module that is imported under another name counts as all it holds."""
    for node in nodes_of(module):
        match node:
            case ast.Import(names=names):
                yield from ((name.asname or name.name, f"{name.name}.*" if name.asname else name.name) for name in names)
            case ast.ImportFrom(names=names, module=str(origin)):
                yield from ((name.asname or name.name, f"{origin}.{name.name}") for name in names)


def test_plug_in_keys_are_never_choices():
    assert not re.search(
        r"type = models\.CharField\([^)]*choices", (ROOT / "processr/models/job.py").read_text().split("class ValueTransform")[0]
    )


def test_every_package_of_the_product_is_held_by_the_laws():
    """A new one beside them would be seen neither by these tests nor by import-linter, mypy and the template of the tests' database."""
    configured = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    no_packages = {"node_modules", "var", "tests"}
    folders = [path for path in ROOT.iterdir() if path.is_dir() and path.name not in no_packages and not path.name.startswith(".")]
    packages = {path.name for path in folders if any(path.rglob("*.py"))}
    assert packages == set(APPS)
    assert packages == set(configured["importlinter"]["root_packages"])
    assert packages == set(configured["mypy"]["files"])
    assert packages == {name for name in WHAT_MIGRATES if "." not in name}
    assert packages == {layer.partition(".")[0] for layer in configured["importlinter"]["contracts"][0]["layers"]}
    assert [path.name for path in ROOT.glob("*.py")] == ["manage.py"]


@pytest.mark.parametrize("word", ["TODO", "FIXME", "XXX"])
def test_nothing_is_promised_for_later(word):
    assert [named(p) for p in sources() if re.search(rf"\b{word}\b", text_of(p))] == []


def test_no_two_classes_have_one_name():
    """Wherever they stand: nested, in a function, under a condition. Names of types (aliases, type variables) count as well.

    Django prescribes Command, and Meta in a class. One exception: choices nested in a model, whose name makes theirs one (`Run.State`,
    `Delivery.State`). A module may call them by their last name (`State = Delivery.State`), so the name of a class that stands on its own
    is not that of choices of any model.
    """
    where: dict[str, list[str]] = {}
    choices: dict[str, list[str]] = {}
    for path in sources():
        for name, is_of_a_model in set(_names_of_types(tree(path))):
            (choices if is_of_a_model else where).setdefault(name, []).append(named(path))
    assert {name: paths for name, paths in where.items() if len(paths) > 1} == {}
    assert {name: (where[name], choices[name]) for name in where.keys() & choices.keys()} == {}


def _names_of_types(node: ast.AST, *, within: ast.ClassDef | None = None) -> Iterator[tuple[str, bool]]:
    """Yield each name, and whether it is that of choices nested in a class."""
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.ClassDef(name=name):
                if name != ("Meta" if within else "Command"):
                    yield name, within is not None and any(ast.unparse(base).endswith("Choices") for base in child.bases)
                yield from _names_of_types(child, within=child)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield from ((inner.name, False) for inner in ast.walk(child) if isinstance(inner, ast.ClassDef))
            case ast.Assign(value=ast.Name() | ast.Attribute()) | ast.AnnAssign(value=ast.Name() | ast.Attribute()) if within:
                pass  # an attribute that names a class, such as `Settings` of a job type
            case ast.Assign(targets=targets, value=value):
                yield from _assigned_names(targets, value)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                yield from _assigned_names([target], value)
            case ast.stmt() | ast.excepthandler():
                yield from _names_of_types(child, within=within)


def _assigned_names(targets: list[ast.expr], value: ast.expr) -> Iterator[tuple[str, bool]]:
    named_elsewhere = value.attr if isinstance(value, ast.Attribute) else ""
    for target in (inner for outer in targets for inner in ast.walk(outer)):
        if isinstance(target, ast.Name) and re.fullmatch(r"_?[A-Z]\w*[a-z]\w*", target.id) and target.id != named_elsewhere:
            yield target.id, False


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("class Odd: ...", ["Odd"]),
        ("class Even:\n    class Odd: ...", ["Even", "Odd"]),
        ("def odd():\n    class Odd: ...", ["Odd"]),
        ("class Even:\n    def odd(self):\n        class Odd: ...", ["Even", "Odd"]),
        ("if TYPE_CHECKING:\n    class Odd: ...", ["Odd"]),
        ("try:\n    class Odd: ...\nexcept ImportError:\n    class Even: ...", ["Odd", "Even"]),
        ("Odd, Even = type('Odd', (), {}), type('Even', (), {})", ["Odd", "Even"]),
        ("if True:\n    Odd: TypeAlias = int", ["Odd"]),
        ("Odd = Even = NewType('Odd', int)", ["Odd", "Even"]),
        ("State = Delivery.State\nclass Even:\n    class Meta: ...", ["Even"]),
        ("class Even:\n    class Command: ...", ["Even", "Command"]),
        ("class Even:\n    Settings = EvenSettings\n    Odd = type('Odd', (), {})", ["Even", "Odd"]),
        ("class Meta: ...", ["Meta"]),
    ],
)
def test_the_names_of_classes_are_found_wherever_they_stand(source, names):
    assert [name for name, _ in _names_of_types(ast.parse(source))] == names


def test_choices_of_a_model_are_told_from_other_classes():
    module = ast.parse(
        "class Run(models.Model):\n    class State(models.TextChoices): ...\n    class Odd: ...\nclass Free(TextChoices): ..."
    )
    assert list(_names_of_types(module)) == [("Run", False), ("State", True), ("Odd", False), ("Free", False)]


def test_no_package_holds_more_modules_than_one_can_look_through():
    """Folders of plug-ins aside, and those of their tests: the files of plug-ins are found by discovery."""
    modules = Counter(str(path.parent.relative_to(ROOT)) for path in [*sources(), *TESTS.rglob("*.py")])
    assert {package: n for package, n in modules.items() if n > 20 and package.removeprefix("tests/") not in PLUG_INS} == {}


def test_docstrings_state_their_subject():
    """Those of attributes too, which follow an assignment."""
    modules = {**{named(path): tree(path) for path in sources()}, **{named(path): ast.parse(text_of(path)) for path in TESTS.rglob("*.py")}}
    found = [f"{file}:{line} {text[:60]}" for file, module in modules.items() for line, text in _docstrings(module) if VAGUE.match(text)]
    assert found == []


def _docstrings(module: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield each text that stands as a statement of its own, with its line."""
    for node in nodes_of(module):
        match node:
            case ast.Expr(value=ast.Constant(value=str(text)) | ast.JoinedStr(values=[ast.Constant(value=str(text)), *_])):
                yield node.lineno, text


@pytest.mark.parametrize(
    "source",
    [
        '"""What stands in a module."""',
        'class Odd:\n    """Who is odd."""',
        'async def odd():\n    """Of what is odd."""',
        'ODD = 1\n"""What is odd."""',
        'class Odd:\n    odd: int\n    """whose is odd."""',
        'def odd():\n    """\n    what is odd."""',
        'def odd():\n    """“What” is odd."""',
        'def odd():\n    """\'What\' is odd."""',
        'def odd():\n    r"""WHAT is odd."""',
        'def odd():\n    """Whom it is odd for."""',
        'ODD = 1\nf"""Of {ODD}."""',
    ],
)
def test_a_docstring_that_begins_without_its_subject_is_found(source):
    assert [text for _, text in _docstrings(ast.parse(source)) if VAGUE.match(text)]


def test_a_docstring_that_names_its_subject_is_left_alone():
    module = ast.parse('"""Offers of whatever is odd."""\ndef odd():\n    "Whole rows."')
    assert len(list(_docstrings(module))) == 2
    assert not [text for _, text in _docstrings(module) if VAGUE.match(text)]


def test_documents_that_are_cited_are_in_the_repository():
    """A decision that the code names by its number stands in docs/decisions.md."""
    decided = set(re.findall(r"^\| (\d+) \|", (ROOT / "docs/decisions.md").read_text(), re.MULTILINE))
    texts = {path: text_of(path) for path in [*sources(), *sorted(TESTS.rglob("*.py"))]}
    cited = {
        number
        for text in texts.values()
        for numbers in re.findall(r"decisions? ((?:\d+(?:, | and | to )?)+)", text)
        for number in re.findall(r"\d+", numbers)
    }
    assert cited, "no decision is cited at all: the pattern is wrong"
    assert cited - decided == set()
    elsewhere = re.compile(r"\b(DESIGN \d|spec/\w+\.md|LAYOUT\.md|STYLE\.md)")
    assert [named(path) for path, text in texts.items() if elsewhere.search(text) and path.name != "test_architecture.py"] == []


def test_paths_that_documents_name_exist():
    """Test modules and templates are also named without their first folder; the changelog may name what is gone."""
    named_path = re.compile(r"`((?:[\w.-]+/)+[\w.-]*)`")
    documents = [*(ROOT / "docs").glob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
    paths = {(path, document.name) for document in documents for path in named_path.findall(document.read_text())}
    folders = {"docs", "static", "templates", "tests", *APPS}
    files = {(path, name) for path, name in paths if path.partition("/")[0] in folders or path.endswith((".py", ".html"))}
    assert len(files) > 50, "hardly any path is named: the pattern is wrong"
    parents = (ROOT, TESTS, ROOT / "templates")
    missing = {(path, name) for path, name in files if not any((parent / path).exists() for parent in parents)}
    assert {(path, name) for path, name in missing if path not in WORKED_EXAMPLES} == set()


def test_jobs_read_values_as_they_were_transformed():
    """Captured values are not theirs to read: `JobLead.values`, `text` and `FieldSelection` lay the transformed ones over them."""
    for package in ("processr/jobs", "processr/duplicates", "processr/lists"):
        readers = [
            f"{named(path)}:{node.lineno}"
            for path in sources()
            if named(path).startswith(package)
            for node in nodes_of(tree(path))
            if isinstance(node, ast.Attribute) and node.attr == "captured"
        ]
        assert readers == []


def test_each_way_from_url_to_sql_takes_four_files_that_hold_what_they_are_said_to():
    section = (ROOT / "docs/architecture.md").read_text().partition("## From URL to SQL")[2].partition("\n## ")[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if "`" in line and line.startswith("|")]
    assert len(rows) == 4
    for _, *files, _ in rows:
        assert [len(re.findall(r"`[\w/]+\.py`", cell)) for cell in files] == [1, 1, 1, 1]
    for file, name in re.findall(r"`([\w/]+\.py)` \(`(\w+)`\)", section):
        defined = {node.name for node in nodes_of(trees()[file]) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
        assert name in defined, f"{file} has no {name}"


def test_every_extension_point_is_described():
    section = (ROOT / "docs/architecture.md").read_text().partition("## Extension points")[2].partition("\n## ")[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("| `")]
    described = {
        (name, file) for names, where, _ in rows for name in re.findall(r"`(\w+)`", names) for file in re.findall(r"`([\w/.]+)`", where)
    }
    points = {
        (name, named(path)) for path in sources() for name in _extension_points(tree(path), of_module=path.stem == "extension_points")
    }
    assert len(points) > 20, "hardly any point is found"
    assert points - described == set()
    assert described - points == {("proofs", "config/core/accounts/token_store.py")}


def _extension_points(module: ast.Module, *, of_module: bool) -> Iterator[str]:
    """Yield the registries and signals of a module, and of a module of extension points all its public variables."""
    for node in module.body:
        match node:
            case ast.AnnAssign(target=ast.Name(id=name), value=value) | ast.Assign(targets=[ast.Name(id=name)], value=value):
                makes = ast.unparse(value.func) if isinstance(value, ast.Call) else ""
                if name.islower() and not name.startswith("_") and (of_module or makes in {"Registry", "Signal"}):
                    yield name


def test_tables_in_files_are_read_and_written_by_one_package():
    strangers = []
    for path in sources():
        if named(path).startswith("config/core/tabular/"):
            continue
        for node in nodes_of(tree(path)):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            if names and FILE_FORMATS & {name.partition(".")[0] for name in names}:
                strangers.append(f"{named(path)}:{node.lineno}")
    assert strangers == []


def imported_modules(module: ast.Module) -> Iterator[str]:
    for node in nodes_of(module):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom) and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_the_network_is_used_where_no_request_waits_for_it():
    users = {named(path) for path in sources() if any(NETWORK.match(name) for name in imported_modules(tree(path)))}
    assert {user for user in users if not user.startswith(tuple(USERS_OF_NETWORK))} == set()
    assert [place for place in USERS_OF_NETWORK if not any(user.startswith(place) for user in users)] == []


def test_text_of_digits_is_converted_by_the_parser_of_ids():
    """A check of the digits alone lets a number of any length pass."""
    found = set()
    for path in sources():
        for function in functions(tree(path)):
            nodes = list(ast.walk(function))
            checks_digits = any(_checks_digits(node) for node in nodes)
            if checks_digits and any(isinstance(node, ast.Name) and node.id == "int" and _is_value(node, nodes) for node in nodes):
                found.add(named(path))
    assert found == set(CONVERTERS_OF_DIGITS)


def _checks_digits(node: ast.AST) -> bool:
    match node:
        case ast.Attribute(attr="isdecimal" | "isdigit" | "isnumeric"):
            return True
        case ast.Call(func=ast.Attribute(attr="fullmatch" | "match" | "search"), args=[ast.Constant(value=str(pattern)), *_]):
            return re.search(r"\\d[+*]|\[0-9\][+*]|\\d\{\d*,\}", pattern) is not None
    return False


def _is_value(name: ast.Name, nodes: list[ast.AST]) -> bool:
    """Whether the name is called or passed on, as opposed to being an annotation."""
    return any(isinstance(node, ast.Call) and name in (node.func, *node.args) for node in nodes)

"""A worker knows each type of run: it loads no view, and finds a run by its type alone."""

import ast
import subprocess
import sys

from tests.sources import ROOT, nodes_of, trees

KEYS = """
import django; django.setup()
from config.celery import app
app.loader.import_default_modules()
from config.core.background.runs import run_types
print(*(run_type.key for run_type in run_types))
"""


def test_a_worker_knows_each_type_of_run():
    declared = {
        ast.literal_eval(line.value)
        for path, module in trees().items()
        for node in nodes_of(module)
        if isinstance(node, ast.ClassDef) and any("run_types.register" in ast.unparse(one) for one in node.decorator_list)
        for line in node.body
        if isinstance(line, ast.Assign) and ast.unparse(line.targets[0]) == "key"
    }
    assert "bulk_forecast" in declared, "or the test looks for nothing"
    known = subprocess.run([sys.executable, "-c", KEYS], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    assert declared == set(known.stdout.split())

"""`python -m config.celery_program worker …` and `… beat …`: the two of Celery's commands that an installation runs.

The `celery` program has them too, but loads a dozen others first, with a prompt and a console: a tenth of the time of each start.
"""

import gc
import sys

import click
import django
from celery.bin.base import CLIContext
from celery.bin.beat import beat
from celery.bin.worker import worker

from config.celery import app

if __name__ == "__main__":
    # Nothing that is loaded becomes garbage. Looking for some takes a tenth of a start, and writes to pages that a pool's processes share.
    gc.disable()
    django.setup()
    gc.freeze()
    gc.enable()
    context = CLIContext(app=app, no_color=True, workdir="", quiet=True)
    sys.exit(click.Group(commands={"worker": worker, "beat": beat}).main(obj=context, auto_envvar_prefix="CELERY"))

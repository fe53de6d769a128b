#!/usr/bin/env python
"""Sluice's command line: `manage.py serve` runs everything, every other command works on what is running."""

import os
import sys

from django.core.management import execute_from_command_line
from django.db import OperationalError

from config.embedded.running import SeveralRun, adopt_running
from config.outages import is_database_lost, short_reason

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        adopt_running(sys.argv, os.environ)
    except SeveralRun as unclear:
        sys.exit(str(unclear))
    try:
        execute_from_command_line(sys.argv)
    except OperationalError as error:
        if not is_database_lost(error) or "--traceback" in sys.argv:
            raise
        sys.exit(f"The database cannot be reached: {short_reason(error)}. Start it (make run starts everything), and repeat the command.")

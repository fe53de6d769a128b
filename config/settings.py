"""Settings: from the environment where an operator decides, from the embedded installation otherwise.

A variable that is empty counts as unset, because `compose.yaml` passes all of them.
"""

import os
from ipaddress import ip_network
from pathlib import Path

import dj_database_url
from csp.constants import NONE, SELF

from config import logs
from config.embedded import paths, server_files

BASE_DIR = Path(__file__).resolve().parent.parent
STATE_DIR = paths.state_dir()
PRODUCTION = os.environ.get("SLUICE_ENV") == "production"
EMBEDDED = paths.is_embedded()
_secrets = paths.secrets()

DEBUG = False
SECRET_KEY = _secrets["secret_key"]
FIELD_KEYS = _secrets["field_keys"]
OAUTH_CLIENT = {"id": _secrets["client_id"], "secret": _secrets["client_secret"]}
ALLOWED_HOSTS = os.environ.get("SLUICE_HOSTS", "127.0.0.1,localhost,[::1]").split(",")
BASE_URL = os.environ.get("SLUICE_BASE_URL", f"http://127.0.0.1:{os.environ.get('PORT', '8000')}")
CSRF_TRUSTED_ORIGINS = [BASE_URL]
CSRF_FAILURE_VIEW = "config.core.error_pages.csrf_failure"

INSTALLED_APPS = [
    "config.embedded",
    "integrations",
    "batches",
    "processr",
    "leads",
    "campaigns",
    "config.core",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "axes",
    "crispy_forms",
    "csp",
    "django_filters",
    "django_htmx",
    "django_tables2",
    "drf_spectacular",
    "rest_framework",
]

MIDDLEWARE = [
    "config.core.middleware.RequestLogMiddleware",
    "config.core.middleware.HealthCheckMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.core.middleware.PageCompressionMiddleware",
    "config.core.middleware.ErrorResponseMiddleware",
    "csp.middleware.CSPMiddleware",
    "config.core.middleware.CheckedSessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "config.core.middleware.NoStoreMiddleware",
    "config.core.middleware.IdleTimeoutMiddleware",
    "config.core.middleware.HtmxLoginRequiredMiddleware",
    "config.core.middleware.ExpiredPasswordMiddleware",
    "config.core.middleware.UserTimeZoneMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.core.context_processors.page_frame",
            ]
        },
    }
]

# DATABASE_URL leads through pgbouncer, or a pooler like it, in transaction mode: each transaction may have another session.
DATABASE_POOLED = os.environ.get("SLUICE_DATABASE_POOLED") == "1"
DATABASES: dict[str, dict] = {
    "default": {
        **dj_database_url.parse(paths.database_url(), engine="config.core.database"),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": DATABASE_POOLED,
        "TEST": {"NAME": os.environ.get("SLUICE_TEST_DB", "test_sluice")},
    }
}
DATABASES["default"].setdefault("OPTIONS", {}).update(
    {"application_name": "sluice", "connect_timeout": 5, "prepare_threshold": None if DATABASE_POOLED else 5}
)
# Folders of pg_dump, pg_restore and psql for backups, before those of the search path.
_programs = os.environ.get("SLUICE_POSTGRES_PROGRAMS", "").split(os.pathsep)
POSTGRES_PROGRAMS: list[str | Path] = [*filter(None, _programs), *server_files.client_programs()]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "core.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "sign_in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "sign_in"
PASSWORD_RESET_TIMEOUT = 3600
AXES_FAILURE_LIMIT = 8
FAILURES_OF_NAME = 50  # from all addresses together, within the time of the lock
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = "registration/locked_out.html"
AXES_HANDLER = "config.core.accounts.lockout.LockoutHandler"
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "old_password", "new_password1", "new_password2"]
AXES_VERBOSE = False
AXES_CLIENT_IP_CALLABLE = "config.core.client_address.peer"

# Cookies are shared by all ports of a host, so their names tell two installations on one host apart. The hosts of one
# installation share its key, wherever each of them keeps its state.
_installation = paths.key_hash(SECRET_KEY)
SESSION_COOKIE_NAME = f"sluice_session_{_installation}"
CSRF_COOKIE_NAME = f"sluice_csrf_{_installation}"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
SESSION_ENGINE = "config.core.accounts.session_store"
SESSION_COOKIE_AGE = 12 * 3600
IDLE_SECONDS = int(os.environ.get("SLUICE_IDLE_SECONDS") or "3600")
MESSAGE_STORAGE = "config.core.notifications.page_messages.PageMessages"
SECURE_SSL_REDIRECT = False
TRUSTED_PROXIES = int(os.environ.get("SLUICE_PROXIES") or "0")  # our own proxies, each adding one address to X-Forwarded-For
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PRODUCTION else None
SECURE_HSTS_SECONDS = 31536000 if PRODUCTION else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000

CONTENT_SECURITY_POLICY = {
    "EXCLUDE_URL_PREFIXES": ["/webhook/", "/api/v2", "/api/login", "/oauth/"],
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    },
}

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False
USE_THOUSAND_SEPARATOR = False  # it would group ids as well; amounts are grouped where they are displayed

STATIC_URL = "/static/"
STATIC_ROOT = STATE_DIR / "static"
STATICFILES_DIRS = [
    BASE_DIR / "static",
    ("vendor/tabler", BASE_DIR / "node_modules/@tabler/core/dist"),
    ("vendor/bootstrap-icons", BASE_DIR / "node_modules/bootstrap-icons/font"),
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": STATE_DIR / "files"}},
    # Files of batches, encrypted: on the disk, or in a bucket, for which django-storages is installed beside the product.
    "batches": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {
            "location": Path(os.environ.get("SLUICE_BATCH_FILES") or STATE_DIR / "batch-files"),
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
if os.environ.get("SLUICE_BATCH_BUCKET"):
    STORAGES["batches"] = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": os.environ["SLUICE_BATCH_BUCKET"],
            "location": os.environ.get("SLUICE_BATCH_BUCKET_FOLDER", ""),
            "endpoint_url": os.environ.get("SLUICE_BATCH_BUCKET_URL") or None,
            "region_name": os.environ.get("SLUICE_BATCH_BUCKET_REGION") or None,
            "default_acl": None,
            "file_overwrite": True,
            "querystring_auth": True,
        },
    }
WHITENOISE_KEEP_ONLY_HASHED_FILES = True

_mail_backend = "django.core.mail.backends.smtp" if os.environ.get("SLUICE_SMTP_HOST") else "config.core.notifications.local_mail"
EMAIL_BACKEND = f"{_mail_backend}.EmailBackend"
EMAIL_FILE_PATH = STATE_DIR / "mail"
EMAIL_HOST = os.environ.get("SLUICE_SMTP_HOST", "")
EMAIL_PORT = int(os.environ.get("SLUICE_SMTP_PORT") or "25")
EMAIL_HOST_USER = os.environ.get("SLUICE_SMTP_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("SLUICE_SMTP_PASSWORD", "")
EMAIL_USE_TLS = os.environ.get("SLUICE_SMTP_TLS") == "1"
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = os.environ.get("SLUICE_MAIL_FROM") or "Sluice <sluice@localhost>"

# Hosts, host:port or networks that may be called although they are not on the public internet.
OUTBOUND_ALLOW = os.environ.get("SLUICE_OUTBOUND_ALLOW", "").split(",")

# Folders below which files of batches may be put, and the largest one that is sent by e-mail, in megabytes before it is encoded.
BATCH_FOLDERS = [Path(text.strip()).absolute() for text in os.environ.get("SLUICE_BATCH_FOLDERS", "").split(",") if text.strip()]
BATCH_FOLDERS = BATCH_FOLDERS or ([STATE_DIR / "batches"] if EMBEDDED else [])
BATCH_MAIL_MB = float(os.environ.get("SLUICE_BATCH_MAIL_MB") or "15")

# A MaxMind-format file (.mmdb) of IP addresses with their countries and cities; empty for none.
GEOIP_PATH = os.environ.get("SLUICE_GEOIP_PATH", "")

# Addresses and networks that may read /metrics.
METRICS_ALLOW = [
    ip_network(text.strip(), strict=False) for text in (os.environ.get("SLUICE_METRICS_ALLOW") or "127.0.0.0/8,::1").split(",")
]

SWEEP_SECONDS = float(os.environ.get("SLUICE_SWEEP_SECONDS") or "60")
CLAIM_SECONDS = int(os.environ.get("SLUICE_CLAIM_SECONDS") or "600")
# /readyz reports that workers are missing when the oldest lead, delivery, run or e-mail that is due is older than this.
LATE_LEAD_SECONDS, LATE_DELIVERY_SECONDS, LATE_RUN_SECONDS, LATE_LETTER_SECONDS = (
    float(os.environ.get(f"SLUICE_LATE_{kind}_SECONDS") or "900") for kind in ("LEAD", "DELIVERY", "RUN", "LETTER")
)
CELERY_BROKER_URL = paths.broker_url()
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = False  # the sweep finds the work of a dead worker, so the message need not be redelivered
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_DEFAULT_QUEUE = "work"
WORK_QUEUES = ("processr", "sweeps", "work")
DELIVERY_QUEUES = ("deliveries",)
BATCH_QUEUES = ("batches",)
TRIAL_QUEUES = ("trials",)
MAIL_QUEUES = ("mail",)
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False  # a lost broker connection is no reason to drop claimed leads
CELERY_TASK_TIME_LIMIT = 300
CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 600, "socket_timeout": 5, "socket_connect_timeout": 1}
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "config.core.background.beat:SoleScheduler"


def _periodic(seconds: float, task: str, *, queue: str = "sweeps") -> dict:
    """Return a schedule entry. A message that finds no worker in time expires, because the next one does the same work."""
    return {"task": task, "schedule": seconds, "options": {"queue": queue, "expires": seconds}}


CELERY_BEAT_SCHEDULE = {
    "sweep leads": _periodic(SWEEP_SECONDS, "processr.tasks.sweep"),
    "sweep deliveries": _periodic(SWEEP_SECONDS, "integrations.tasks.sweep"),
    "batches": _periodic(SWEEP_SECONDS, "batches.tasks.tick"),
    "find alerts": _periodic(60.0, "integrations.tasks.find_alerts"),
    "sweep runs": _periodic(SWEEP_SECONDS, "config.core.tasks.sweep_runs"),
    "fold tallies": _periodic(min(15.0, SWEEP_SECONDS), "leads.tasks.fold_tallies"),
    "words of newest leads": _periodic(60.0, "leads.tasks.write_words_of_newest"),
    "pictures of leads": _periodic(SWEEP_SECONDS, "leads.tasks.fetch_pictures", queue="work"),
    "watch fields": _periodic(SWEEP_SECONDS, "processr.tasks.watch_fields"),
    "fold job tallies": _periodic(SWEEP_SECONDS, "processr.tasks.fold_job_tallies"),
    "seal audit": _periodic(60.0, "config.core.tasks.seal_audit"),
    "forget what is expired": _periodic(3600.0, "config.core.tasks.forget_expired"),
    "mail notifications": _periodic(SWEEP_SECONDS, "config.core.tasks.send_notification_mail", queue="mail"),
    "mail passwords": _periodic(SWEEP_SECONDS, "config.core.tasks.send_password_mail", queue="mail"),
    "resume campaigns": _periodic(60.0, "campaigns.tasks.resume_due"),
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Sluice",
    "VERSION": "4",
    "OAS_VERSION": "3.1.0",
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": "/api/v4/",
    "PREPROCESSING_HOOKS": ["config.core.api.hydra.schema.without_suffix"],
    "ENUM_NAME_OVERRIDES": {
        "FieldTypeEnum": "campaigns.submission.FIELD_TYPES",
        "FlagEnum": "leads.statuses.SecondCheck.values",
        "JobOutcomeEnum": "processr.job_types.outcomes.OUTCOME_WORDS",
    },
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "config.core.api.openapi.join_parts"],
}

CRISPY_ALLOWED_TEMPLATE_PACKS = CRISPY_TEMPLATE_PACK = "sluice"  # templates/sluice
DJANGO_TABLES2_TEMPLATE = "core/table.html"
# In production the static files are collected already, and their sources need not be there.
SILENCED_SYSTEM_CHECKS = ["axes.W006", *(["staticfiles.W004"] if PRODUCTION else [])]

LOGGING_CONFIG = None
logs.configure(json_lines=logs.wants_json())

"""The WSGI application."""

import os
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from config.core.api.chunked_body import with_length
from config.core.api.content_type import with_readable_content_type
from config.core.api.timed_body import with_time_limit

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = with_time_limit(with_length(with_readable_content_type(get_wsgi_application())))
# The views come with the application, once for all processes that gunicorn forks from it. No first request waits for them.
import_module(settings.ROOT_URLCONF)

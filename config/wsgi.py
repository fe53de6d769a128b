"""The WSGI application."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import resolve

from config.core.api.chunked_body import with_length
from config.core.api.content_type import with_readable_content_type
from config.core.api.timed_body import with_time_limit

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = with_time_limit(with_length(with_readable_content_type(get_wsgi_application())))
# Resolving an address loads the views: once for all processes that gunicorn forks, and not while the first request of each waits.
resolve("/")

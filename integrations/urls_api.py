"""URLs of integrations in API v4, and of feedback."""

from django.urls import re_path

from config.core.api.hydra import HydraRouter
from integrations.api import events
from integrations.api.feedback import feedback

router = HydraRouter()
router.register(events.EventViewSet)
urlpatterns = [re_path("^feedback/?$", feedback, name="feedback"), *router.urls]

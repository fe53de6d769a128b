"""URLs of integrations in API v4."""

from config.core.api.hydra import HydraRouter
from integrations.api import events

router = HydraRouter()
router.register(events.EventViewSet)
urlpatterns = router.urls

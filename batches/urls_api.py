"""URLs of batches in API v4."""

from config.core.api.hydra import HydraRouter

router = HydraRouter()
urlpatterns = router.urls

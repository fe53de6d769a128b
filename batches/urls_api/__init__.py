"""URLs of batches in API v4."""

from batches.api import batches
from config.core.api.hydra import HydraRouter

router = HydraRouter()
router.register(batches.PendingBatchViewSet)
router.register(batches.BatchNowViewSet, "batch-manager-batch-now")
router.register(batches.SentBatchViewSet)
urlpatterns = router.urls

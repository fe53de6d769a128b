"""URLs of the Processr in API v4."""

from config.core.api.hydra import HydraRouter
from processr.api import (
    catalogue,
    explanations,
    form_mappings,
    groups,
    job_leads,
    jobs,
    list_files,
    list_values,
    lists,
    logs,
    suppressed,
    value_transforms,
)

router = HydraRouter()
router.register(jobs.JobViewSet)
router.register(groups.GroupViewSet)
router.register(catalogue.TypeViewSet)
router.register(job_leads.JobLeadViewSet)
router.register(form_mappings.FormMappingViewSet)
router.register(logs.LogViewSet)
router.register(explanations.ExplanationViewSet)
router.register(value_transforms.PreviewViewSet, "advertiser-value-manipulate-preview")
router.register(lists.ListViewSet)
router.register(list_files.ListImportViewSet, "suppression-list-values/import")
router.register(list_values.ListValueViewSet)
router.register(list_files.ListDownloadViewSet, "suppression-list-download")
router.register(list_files.ImportViewSet)
router.register(suppressed.SuppressedEmailViewSet)
router.register(suppressed.SuppressedNameViewSet)
router.register(suppressed.SuppressedTelephoneViewSet)
router.register(list_files.EmailImportViewSet, "invalid-emails-import")
router.register(list_files.NameImportViewSet, "invalid-names-import")
router.register(list_files.TelephoneImportViewSet, "invalid-telephone-import")
urlpatterns = router.urls

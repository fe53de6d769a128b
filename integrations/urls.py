"""URLs of the pages of deliveries."""

from django.urls import path

from integrations.views import alerts, deliveries, needs_person, sending, test

urlpatterns = [
    path("v2/campaigns/<int:pk>/processr/<int:job_id>/deliveries", deliveries.DeliveriesList.as_view(), name="deliveries"),
    path("v2/campaigns/<int:pk>/processr/<int:job_id>/sending", sending.integration_sending, name="integration_sending"),
    path("v2/campaigns/<int:pk>/processr/<int:job_id>/sending/resend", sending.integration_resend, name="integration_resend"),
    path("v2/campaigns/<int:pk>/alerts", alerts.campaign_alerts, name="campaign_alerts"),
    path("v2/campaigns/<int:pk>/tracking/events/<int:event_id>/sending", sending.event_sending, name="event_sending"),
    path("v2/campaigns/<int:pk>/tracking/events/<int:event_id>/sending/resend", sending.event_resend, name="event_resend"),
    path("v2/campaigns/<int:pk>/processr/<int:job_id>/test", test.test_saved_job, name="integration_test"),
    path("v2/campaigns/<int:pk>/processr/add/<slug:type_key>/test", test.test_unsaved_job, name="integration_test_new"),
    path("v2/deliveries/needs-a-person", needs_person.NeedsPersonList.as_view(), name="needs_person"),
    path("v2/deliveries/needs-a-person/retry", needs_person.deliveries_retry, name="needs_person_retry"),
    path("v2/deliveries/needs-a-person/give-up", needs_person.deliveries_give_up, name="needs_person_give_up"),
    path("v2/deliveries/actions/<int:pk>", needs_person.delivery_action_detail, name="delivery_action"),
    path("v2/deliveries/actions/<int:pk>/stop", needs_person.delivery_action_stop, name="stop_delivery_action"),
    path("v2/deliveries/actions/<int:pk>/go-on", needs_person.delivery_action_go_on, name="go_on_delivery_action"),
    path("v2/deliveries/<int:pk>", deliveries.delivery_detail, name="delivery"),
]

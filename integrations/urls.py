"""URLs of the pages of deliveries."""

from django.urls import path

from integrations.views import alerts, arrived, deliveries, event_messages, events, feedback_policy, needs_person, outbox, sending, test
from integrations.views.selection import DELIVERIES, MESSAGES

EVENTS = "v2/campaigns/<int:pk>/tracking/events"

urlpatterns = [
    path(EVENTS, events.events_list, name="outbound_events"),
    path(f"{EVENTS}/add", events.event_create, name="outbound_event_add"),
    path(f"{EVENTS}/<int:event_id>", events.event_update, name="outbound_event"),
    path(f"{EVENTS}/<int:event_id>/switch", events.event_switch, name="outbound_event_switch"),
    path(f"{EVENTS}/<int:event_id>/delete", events.event_delete, name="outbound_event_delete"),
    path(f"{EVENTS}/<int:event_id>/messages", event_messages.EventMessagesList.as_view(), name="outbound_event_messages"),
    path("v2/campaigns/<int:pk>/processr/<int:job_id>/deliveries", deliveries.DeliveriesList.as_view(), name="deliveries"),
    path("v2/campaigns/<int:pk>/processr/<int:job_id>/sending", sending.integration_sending, name="integration_sending"),
    path("v2/campaigns/<int:pk>/processr/<int:job_id>/sending/resend", sending.integration_resend, name="integration_resend"),
    path("v2/campaigns/<int:pk>/processr/<int:job_id>/feedback", feedback_policy.feedback_policy, name="integration_feedback"),
    path("v2/campaigns/<int:pk>/alerts", alerts.campaign_alerts, name="campaign_alerts"),
    path("v2/campaigns/<int:pk>/tracking/events/<int:event_id>/sending", sending.event_sending, name="event_sending"),
    path("v2/campaigns/<int:pk>/tracking/events/<int:event_id>/sending/resend", sending.event_resend, name="event_resend"),
    path("v2/campaigns/<int:pk>/processr/<int:job_id>/test", test.test_saved_job, name="integration_test"),
    path("v2/campaigns/<int:pk>/processr/add/<slug:type_key>/test", test.test_unsaved_job, name="integration_test_new"),
    path("v2/deliveries/needs-a-person", needs_person.NeedsPersonList.as_view(), name="needs_person"),
    path("v2/deliveries/needs-a-person/retry", needs_person.retry_selected, {"need": DELIVERIES}, name="needs_person_retry"),
    path("v2/deliveries/needs-a-person/give-up", needs_person.give_up_selected, {"need": DELIVERIES}, name="needs_person_give_up"),
    path("v2/deliveries/needs-a-person/messages", outbox.MessagesInNeedList.as_view(), name="messages_in_need"),
    path("v2/deliveries/needs-a-person/messages/retry", needs_person.retry_selected, {"need": MESSAGES}, name="messages_retry"),
    path("v2/deliveries/needs-a-person/messages/give-up", needs_person.give_up_selected, {"need": MESSAGES}, name="messages_give_up"),
    path("v2/messages/<int:pk>", outbox.message_detail, name="outbound_message"),
    path("v2/deliveries/needs-a-person/arrived", arrived.ArrivedList.as_view(), name="needs_person_arrived"),
    path("v2/deliveries/needs-a-person/arrived/dismiss", arrived.arrived_dismiss, name="needs_person_dismiss"),
    path("v2/deliveries/actions/<int:pk>", needs_person.delivery_action_detail, name="delivery_action"),
    path("v2/deliveries/actions/<int:pk>/stop", needs_person.delivery_action_stop, name="stop_delivery_action"),
    path("v2/deliveries/actions/<int:pk>/go-on", needs_person.delivery_action_go_on, name="go_on_delivery_action"),
    path("v2/deliveries/<int:pk>", deliveries.delivery_detail, name="delivery"),
]

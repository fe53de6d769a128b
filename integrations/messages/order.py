"""The order of messages: nothing of an order key is sent while an earlier message of it is open."""

# The states are those of the index `message_order`.
FIRST_OF_ITS_KEY = """
(m.order_key = '' OR NOT EXISTS (
    SELECT FROM integrations_message AS earlier
    WHERE earlier.destination_id = m.destination_id AND earlier.order_key = m.order_key AND earlier.order_key <> '' AND earlier.id < m.id
    AND earlier.state IN ('queued', 'sending', 'needs_person')
))
"""
"""The condition on a message `m` that is waiting, under which it may be sent."""

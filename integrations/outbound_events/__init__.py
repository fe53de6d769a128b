"""Outbound events: calls to addresses of others when leads become Valid, Invalid or billable.

`trigger` queues a message for each event that a move of leads sets off, `message_kind` sends it, and `services` are the
changes to events.
"""

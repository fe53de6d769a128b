"""The model of deliveries: each lead's way to each integration."""

from integrations.models.delivery import Delivery

__all__ = ["Delivery"]

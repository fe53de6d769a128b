"""Alerts: notifications of what goes wrong by itself, each given once for its episode or period.

`destinations` are called by the scheduler of deliveries; `finding` looks for everything else, by a periodic task.
"""

from integrations.alerts.destinations import destination_answers, destination_rests

__all__ = ["destination_answers", "destination_rests"]

"""Messages: what leaves and is no delivery of a lead. `kinds` is what can be sent, `queue` queues it."""

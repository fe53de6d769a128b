"""Feedback on deliveries: what receivers say afterwards of the leads they got."""

"""The screens of deliveries."""

"""Destinations: the rules of sending to them, their signing secrets, and their state in words."""

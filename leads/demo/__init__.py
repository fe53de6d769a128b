"""The demo data of this layer: its leads, and what was done with many of them at once."""

"""Watching deployed services."""

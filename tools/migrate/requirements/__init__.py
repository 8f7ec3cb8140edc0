"""Requirement files: read without loss, edited in place, resolved before and after."""

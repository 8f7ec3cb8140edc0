"""Measurements behind the figures in reports/ and the README."""

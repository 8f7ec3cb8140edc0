"""Prove a conversion: install it without torch, run it inside a real memory limit, compare what it retrieves."""

"""Configuration of a host from one measured plan."""

"""Load tests that judge a chat service by its memory and its latency: `python -m loadtests --help`.

Locust underneath; not shipped in the wheel.
"""

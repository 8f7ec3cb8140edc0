"""Who uses the RAM of a Python web app, does it fit, did it grow, and what is the smallest limit.

`python -m tools.profile run -- COMMAND` measures once and writes a profile (`result.py`, schema 1);
everything else reads that file.
"""

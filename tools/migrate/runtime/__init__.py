"""What fit512 put beside this app so that it runs without torch (MIT licence).

Every module says in its first lines what it is. The folder belongs to the app from now on:
it imports nothing of fit512, and may be edited.
"""

from __future__ import annotations

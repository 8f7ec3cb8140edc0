"""LangChain's memories: which classes there are, how each one grows, and where the code keeps them."""

from __future__ import annotations

from __future__ import annotations

import streamlit as st

from tests.migrate.runtime.frameworks.shared_bot import ask


@st.cache_resource
def bot():
    return ask


if text := st.query_params.get("q"):
    st.write(f"heard:{bot()(text)}")

"""The pages in a browser: ``make app``, ``aicompute app`` or ``streamlit run app.py``. Everything is in sim/app."""

import streamlit as st  # `streamlit run` looks for the name App

from sim.app import server

app: st.App = server.application()

if __name__ == "__main__":
    server.serve()

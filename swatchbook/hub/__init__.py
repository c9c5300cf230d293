"""The Hub as this house reads it: models and datasets found, described, judged and fetched.

Asks a model hub for facts and files, never for code, and always without a
token. Imports neither torch nor gradio, and nothing of the page.
"""

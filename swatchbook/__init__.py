"""What Swatchbook does, without any user interface. Nothing in this package imports gradio."""

__version__ = "0.1.0"
"""The version in `pyproject.toml`; a run says which one made it."""

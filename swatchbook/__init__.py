"""What Swatchbook does, without any user interface. Nothing in this package imports gradio."""

"""Reading views: each turns values of `swatchbook` into markup, one file a view."""

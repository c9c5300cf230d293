"""What is kept: documents of several kinds in one file, their links, and the plates that carry them elsewhere."""

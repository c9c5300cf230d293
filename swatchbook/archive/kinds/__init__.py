"""The kinds of documents that are kept, one file each."""

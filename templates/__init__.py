"""The hand-written sources of what is generated."""

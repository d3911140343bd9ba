"""Ideas that several papers share, one per file."""

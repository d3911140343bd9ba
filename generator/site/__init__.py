"""The documentation site: what its pages say and show, and how they become HTML."""

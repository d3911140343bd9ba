"""The catalogue: its records, what must hold for them, and how they are read, written and laid out."""

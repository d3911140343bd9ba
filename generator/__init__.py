"""The program that turns ``catalog.yaml`` into a library, its tests, its exports and its site."""

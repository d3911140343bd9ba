"""What only one paper's module must do: naive forms of its equations, and the mistakes others made with it."""

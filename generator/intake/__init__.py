"""How papers come in: new records with what can be looked up, and lists that others wrote."""

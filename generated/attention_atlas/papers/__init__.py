"""One module per paper, named by its id. Nothing is imported until it is asked for."""

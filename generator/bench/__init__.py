"""Recording what was measured on a device, and comparing two records. Only the command itself imports torch."""

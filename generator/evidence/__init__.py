"""Evidence: records of what the authors' code computes, and what is measured on ours. Needs torch."""

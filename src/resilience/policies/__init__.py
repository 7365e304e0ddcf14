"""The policies: one module each, none of which imports another."""

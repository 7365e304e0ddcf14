"""What a guarded call costs, next to the peers, in one run: `make bench`."""

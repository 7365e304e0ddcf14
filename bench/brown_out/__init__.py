"""The brown-out: a dependency falls to a tenth of its capacity for eight seconds; ours and the peers on one script."""

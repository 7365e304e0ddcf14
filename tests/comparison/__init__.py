"""Ours and the peers, asked the same questions; see the README."""

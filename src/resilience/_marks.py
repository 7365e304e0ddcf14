"""The names under which an error carries what happened to it: its attempts, and the prefix of our notes."""

HISTORY = "_resilience_history"
NOTE = "resilience: "

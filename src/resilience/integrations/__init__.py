"""Where this library meets others; each module stands alone and imports what it needs."""

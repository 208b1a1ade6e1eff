"""Where it is decided when, to whom, and whether it is safely kept."""

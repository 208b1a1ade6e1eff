"""Keeping and destroying: how long a case is kept, who holds it, and the two who destroy it."""

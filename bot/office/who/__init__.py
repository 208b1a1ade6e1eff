"""Who is who: which addresses are whose, how sure that is, and what humans find out about it."""

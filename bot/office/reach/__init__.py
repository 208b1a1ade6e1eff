"""How people are reached: addresses, invites, and what people allowed and forbade."""

"""What we say, and what they meant: conversations as straight lines."""

"""What people allow us to do with what we know of them, purpose by purpose."""

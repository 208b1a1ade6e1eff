"""The two directions of the wire: calls of the product, and webhooks to it."""

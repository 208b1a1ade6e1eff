"""Telegram as the product sees it: the methods of the Bot API and its updates."""

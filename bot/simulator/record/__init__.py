"""What the simulator remembers: messages, files, people, webhooks, switches and the log."""

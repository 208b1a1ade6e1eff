"""The durable path of a message: inbox, lanes, turns, outbox, receipts."""

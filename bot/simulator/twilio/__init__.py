"""Twilio as the product sees it: REST resources, content templates and signed webhooks."""

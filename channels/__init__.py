"""How each provider says it: WhatsApp and SMS by Twilio, and Telegram."""

"""The menu of commands that Telegram shows beside the bot's text field, in each language.

Each command says the word that works by hand on every channel.
"""

from collections.abc import Mapping

MENU: Mapping[str, Mapping[str, str]] = {
    "es": {
        "ayuda": "Quiénes somos y cómo comprobarlo",
        "persona": "Hablar con una persona",
        "idioma": "Cambiar de idioma",
        "alto": "No recibir más mensajes",
    },
    "en": {
        "help": "Who we are and how to check it",
        "person": "Talk to a person",
        "language": "Change the language",
        "stop": "Get no more messages",
    },
}

EVERYWHERE = MENU["es"]
"""What people see whose phone speaks another language."""

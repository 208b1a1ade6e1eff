"""Somebody chooses the PIN by which they are known on another phone."""

from handlers.talk import SILENCE, Talk
from models.facts import PinGiven
from models.text import _

PATIENCE_HOURS = 24
"""How long digits may be the answer. Later they may mean something else."""

KEPT, CODE, EASY = "kept", "code", "refused"
"""What became of the digits: kept, as long as a code for another phone, or too easy to guess."""


async def pin(talk: Talk, _given: PinGiven) -> None:
    """Ask for a number that nobody would guess. What was written is never part of the answer."""
    question = _(
        "Choose a PIN of 4 or 5 digits and write it here. "
        "We ask for it when you change phones. Tell it to nobody."
    )
    n = 1
    while True:
        heard = await talk.hear(f"pin {n}", question, patience_hours=PATIENCE_HOURS)
        if heard is SILENCE:
            return
        if heard == KEPT:
            talk.say(_("Done: your PIN is kept. You can delete your message."))
            return
        question = (
            _(
                "Our codes have 6 digits: if you got one, write it on your other phone. "
                "For your PIN, choose 4 or 5 digits."
            )
            if heard == CODE
            else _("That PIN is easy to guess. Choose another, of 4 or 5 digits.")
        )
        n += 1

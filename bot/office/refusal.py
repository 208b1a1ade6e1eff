"""What the office will not do, said so that staff can mend it."""

from bot.tongues import render
from models.text import Text


class Refusal(ValueError):  # noqa: N818 - a verdict for whoever asked
    """Nothing was done. `reasons` says why, a sentence each, in words still to be translated.

    As text it is the English sentences. They may name people: show them, do not log them.
    """

    def __init__(self, *reasons: Text) -> None:
        self.reasons = reasons
        super().__init__(" ".join(render(reason, "eng") for reason in reasons))

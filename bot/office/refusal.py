"""What the office will not do, said so that staff can mend it."""

from models.text import Text


class Refusal(Exception):  # noqa: N818 - a verdict for whoever asked
    """Nothing was done. `reasons` says why, a sentence each, in words still to be translated.

    The exception's own text is the sentences without their values, which may be names.
    """

    def __init__(self, *reasons: Text) -> None:
        self.reasons = reasons
        super().__init__(" ".join(reason.source for reason in reasons))

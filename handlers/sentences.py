"""How sentences are set: one after another in one message, and words as they are."""

from models.text import Text


def together(*sentences: Text | None) -> Text:
    """Set sentences one after another; those that are not there are left out."""
    there = [sentence for sentence in sentences if sentence]
    return Text(
        " ".join(f"{{sentence{n}}}" for n in range(len(there))),
        tuple((f"sentence{n}", sentence) for n, sentence in enumerate(there)),
    )


def verbatim(words: str) -> Text:
    """Set words that are the same in every language: a name, a code."""
    return Text("{words}", (("words", words),))

"""Keeping WhatsApp's approvals: what is missing is asked for, and what it says is kept."""

from sqlmodel import Session, select

from bot.post.phrases import Phrase
from models.template import TemplateRow


def kept(s: Session, phrase: Phrase, language: str) -> TemplateRow | None:
    """Give what is known of a phrase at WhatsApp, in one language and in its present version."""
    return s.exec(
        select(TemplateRow).where(
            TemplateRow.key == phrase.key,
            TemplateRow.language == language,
            TemplateRow.version == phrase.version,
        )
    ).first()

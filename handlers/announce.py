"""Staff's own words go to somebody, who says yes, no or later."""

from typing import assert_never

from handlers.seen import asks
from handlers.sentences import together
from handlers.talk import SILENCE, Talk
from handlers.understanding import Expect, Meaning
from models.broadcast import Reply
from models.facts import AnnounceGiven, Answered, Asked
from models.text import Text, _

ANSWER_HOURS = 72
"""How long the request stays on the screen. Who says nothing has not answered."""


async def announce(talk: Talk, given: AnnounceGiven) -> None:
    """Show the request as staff wrote it, and keep the answer with the words around it."""
    reply = await talk.choose(
        "reply",
        # Translators: staff's own words, in the reader's language, after the code of the request.
        _("{code}: {body}", code=given.code, body=given.body),
        {Reply.YES: _("I can"), Reply.NO: _("I cannot"), Reply.LATER: _("Later on")},
        means={Reply.YES: Meaning.YES, Reply.NO: Meaning.NO, Reply.LATER: Meaning.LATER},
        expects=Expect.OFFER,
        patience_hours=ANSWER_HOURS,
    )
    if reply is SILENCE:
        return
    words = talk.aside("reply")
    talk.record(Answered(given.broadcast, reply, words))
    asked = asks(words)
    if asked:
        talk.record(Asked(given.code, words))
    talk.say(
        together(
            _thanks(reply, given.code), _("Coordination has your question.") if asked else None
        )
    )


def _thanks(reply: Reply, code: str) -> Text:
    match reply:
        case Reply.YES:
            return _("Thank you. Coordination knows that you can: {code}.", code=code)
        case Reply.NO:
            return _("Thank you for telling us. Coordination knows it: {code}.", code=code)
        case Reply.LATER:
            return _("Thank you. Coordination knows that you can later on: {code}.", code=code)
        case _:
            assert_never(reply)

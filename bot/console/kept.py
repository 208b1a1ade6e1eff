"""What the record keeps in English for staff, said again in its reader's language.

A reason or a task's words are written once, by whatever process meets them, for readers of any
language. Providers' sentences are in the catalogs as they are; ours that hold a value are found
again by their forms. What is in neither, such as a provider's own words, stays as it is.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache
from string import Formatter

from models.text import Text

Say = Callable[[Text], str]


def t(form: str) -> Text:
    """Name a sentence as it is kept, with places for what it holds."""
    return Text(form)


WHOLE = (
    t("{who} wrote after asking us to stop: {words}"),
    t("{who} wrote while all messages to them are frozen: {words}"),
    t("{who} wrote to the human who has the talk: {words}"),
    t("{who} asks for a person: {words}"),
    t("{who} asks for news: {words}"),
    t("{who} says we have the wrong person: {words}"),
    t("{who} could not be understood three times: {words}"),
    t("{who} could not say which request it is for: {words}"),
    t("{who} answers a closed request: {words}"),
    t("{who} wrote what fits no request: {words}"),
    t("{who} changed an earlier message: {words}"),
    t("{who} wrote to us first: {words}"),
    t("{who} wrote about a request from an address that is in doubt: {words}"),
)
"""Of the whole: what somebody wrote, which stays hers, may hold anything."""

SENTENCES = (
    t("There is no address this person can be reached at. Add or mend one."),
    t("Files came that belong to no request yet."),
    t("{who} gave a wrong PIN or code five times."),
    t("{who} does not know their PIN any more."),
    t("{who} cannot show who they are at a new or quiet address."),
    t("Call them on a number you know, then confirm the address on their page."),
    t("Who wrote to us first may be somebody that this case looks for."),
    t("A call was agreed for {at} ({zone})."),
    t("The conversation «{name}» cannot go on."),
    t("A message by {channel} did not arrive."),
    t("Messages by {channel} wait."),
    t("A message by {channel} was refused."),
    t("Broadcasts by {channel} wait."),
    t("Carriers took {filtered} of {sent} messages of the last hour for spam."),
    t("It was kept back: {why}"),
    t("It waited too long and was not sent."),
    t("The same words went again and again within minutes: something answers itself."),
    t("Our own code could not write it."),
    t("The process ended while the message was being sent."),
    t("There are no words for «{phrase}» in the language {language}."),
    t(
        "WhatsApp's 24 hours are over, and we have no words in the language {language} that "
        "may open them."
    ),
    t("Call, or ask somebody who speaks it."),
    t("WhatsApp does not let «{phrase}» go in the language {language}: {why}."),
    t("Envelope {n} failed {tries} times and waits for staff."),
    t("It is kept as envelope {n}."),
    t("A file that was kept while the database was away cannot be read."),
    t("It is {path} now."),
    t("Was MASTER_KEY another one then?"),
    t("With that key, take {ending} from its name and it is read again."),
    t("Else a message or its fate is lost: ask whoever wrote at that time."),
    t("An SMS without words."),
    t("A WhatsApp message without words, file or place."),
    t("A WhatsApp message without words, file or place ({kind})."),
    t("Twilio reported a status that we do not know: {kind}."),
    t("Not as Telegram documents it: {kind}."),
    t("It nests too deep to be read."),
    t("Not from a person, or of no known kind: {words}."),
    t("A membership that we do not know: {kind}."),
    t("A pressed button without its payload."),
    t("A message that we cannot read: {kind}."),
    t("Not an update: {words}."),
    t("Not a request as we keep them: {words}."),
    t("It did not arrive."),
    t("The channel is off."),
    t("WhatsApp rejected the words «{name}»."),
    t("WhatsApp paused the words «{name}»."),
    t("WhatsApp disabled the words «{name}»."),
    t("It gives no reason."),
    t("Messages that need them wait."),
    t("WhatsApp now counts the words «{name}» as {category}."),
    t("They still go, cost more, and do not reach numbers in the United States."),
    t("Ask WhatsApp to review it, or have plainer words approved."),
    t("File {n}: {why}"),
    t("Telegram holds back {n} updates and cannot bring them."),
    t("It says: {words}."),
    t(
        "See that {address} can be reached from the Internet with a valid certificate and that "
        "the database answers; Telegram keeps messages for a day and pressed buttons for minutes."
    ),
    t("Telegram brings its updates again; {n} wait there."),
    t("Somebody told Telegram to bring what people write to our bot nowhere."),
    t("Somebody told Telegram to bring what people write to our bot to {address}."),
    t("It was told our address again."),
    t(
        "Find out who has the bot's token: where it is nobody of yours, revoke it at @BotFather "
        "and set the new one."
    ),
    t("A number that was silent for over a month wrote again."),
    t("A number that nobody uses may be given to somebody else."),
    t("The network does not know a number of this person, or its phone is away."),
    t("WhatsApp knows a number of this person under another id than before."),
    t("It may be somebody else's phone."),
    t("WhatsApp says that this person has another number now."),
    t("One of you doubts that an address is still this person's."),
    t(
        "A phone came in by an invite, and on another phone of this person they said that it was "
        "not them."
    ),
    t("If their PIN may be known to others, drop it."),
    t(
        "Nothing of a case goes there until one of you has asked by a way that is sure, and has "
        "said on the page of this person what it is."
    ),
    t("One WhatsApp account stands in the record as two people."),
    t("A number that was one person's comes with the WhatsApp id of another."),
    t("Look at the proposal on this person's page, and confirm or drop it."),
    t("The other is person {n}."),
    t("Two who were joined had said differently whether we may write."),
    t("The stricter holds: nothing goes out."),
    t("Ask this person again, by another way than a message."),
)

NAMELESS = t("Somebody")
"""Who has no name in the record yet."""

_WIDE = ("words", "why")
_ANY, _SHORT = r".+?", r"(?:(?![.!?]\s).)+?"
"""What may stand in a value's place: what somebody wrote, or something within a sentence."""

_PAUSES = re.compile(r"(?<=[.!?])\s+|\s*(?=\(\w{1,12}\)(?:\s|$))|(?<=\d\))\s+")
"""Between sentences, and around a provider's code, which stands in brackets after its sentence."""


def again(text: str, say: Say) -> str:
    """Say what is kept in the reader's language, as far as it is known."""
    form = _formed(WHOLE, text, say)
    if form is not None:
        return form
    sentences = [one for one in _PAUSES.split(text) if one]
    said = list(_pieces(sentences, say))
    return text if said == sentences else " ".join(said)


def _pieces(sentences: list[str], say: Say) -> Iterator[str]:
    """Say the longest run of sentences that is known, and so on behind it; the rest as it is."""
    start = 0
    while start < len(sentences):
        for end in range(len(sentences), start, -1):
            run = " ".join(sentences[start:end])
            said = _known(run, say)
            if said is not None:
                yield said
                start = end
                break
        else:
            yield sentences[start]
            start += 1


def _known(sentence: str, say: Say) -> str | None:
    if "{" not in sentence and "}" not in sentence:
        said = say(Text(sentence))
        if said != sentence:
            return said
    return _formed(SENTENCES, sentence, say)


def _formed(forms: tuple[Text, ...], text: str, say: Say) -> str | None:
    for form in forms:
        found = _pattern(form.source).fullmatch(text)
        if found is not None:
            values = found.groupdict()
            if "why" in values:
                values["why"] = again(values["why"], say)
            if values.get("who") == NAMELESS.source:
                values["who"] = say(NAMELESS)
            return say(Text(form.source, tuple(values.items())))
    return None


def literals(source: str) -> list[str]:
    """Give what stands between a form's values."""
    return [literal for literal, _name, _style, _conversion in Formatter().parse(source)]


@cache
def _pattern(source: str) -> re.Pattern[str]:
    parts = [
        re.escape(literal) + (f"(?P<{name}>{_ANY if name in _WIDE else _SHORT})" if name else "")
        for literal, name, _style, _conversion in Formatter().parse(source)
    ]
    return re.compile("".join(parts), re.DOTALL)

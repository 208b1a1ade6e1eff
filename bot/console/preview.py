"""How a message will look on a phone, before anybody gets it: real words, real channels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.world import World
from channels.base import Option, Outbound
from handlers.repertoire import REPERTOIRE
from handlers.talk import Answer, play
from models.person import Via


@dataclass(frozen=True)
class Preview:
    """One message as one channel draws it. `segments` is how many SMS it costs, or 0."""

    via: Via
    text: str
    labels: tuple[str, ...]
    segments: int
    plain: str  # the words before the channel drew them


def previews(
    world: World,
    name: str,
    given: object,
    language: str,
    channels: Sequence[Via],
    answers: Mapping[str, Answer] | None = None,
) -> list[Preview]:
    """Draw what a conversation shows first, or after some answers, on some channels."""
    text, labels = _shown(world, name, given, language, answers or {})
    options = tuple(Option(f"preview.{n}", label) for n, label in enumerate(labels))
    return [_drawn(world, via, text, options) for via in Via if via in channels and on(world, via)]


def said(
    world: World,
    name: str,
    given: object,
    language: str,
    answers: Mapping[str, Answer] | None = None,
) -> str:
    """Give the words of the same, before any channel draws them."""
    return _shown(world, name, given, language, answers or {})[0]


def _shown(
    world: World, name: str, given: object, language: str, answers: Mapping[str, Answer]
) -> tuple[str, list[str]]:
    turn = play(REPERTOIRE[name].conversation, given, answers)
    words = [world.render(text, language) for text in turn.says]
    labels: list[str] = []
    if turn.asks is not None:
        words.append(world.render(turn.asks.text, language))
        labels = [world.render(option.label, language) for option in turn.asks.options]
    return "\n".join(words), labels


def on(world: World, via: Via) -> bool:
    """Tell whether a channel is on."""
    return via.value in world.channels


def _drawn(world: World, via: Via, text: str, options: tuple[Option, ...]) -> Preview:
    channel = world.channels[via.value]
    written = channel.write(Outbound("preview", 1, "", text, options))
    return Preview(
        via=via,
        text=written.text,
        labels=written.labels,
        segments=written.segments if channel.abilities.gsm7 else 0,
        plain=text,
    )

"""A lesson exactly as it will be sent, for whoever writes or reviews one. Pure.

It plays by the same player and writes by the same rules as the real thing; nothing is stored. What the
player cannot say by itself (a danger word, a person) is told in one line in brackets.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bot.choices import Choice, as_text, intent_and_entities, read_choice
from bot.lessons import player
from bot.lessons.catalog import Catalog, Step
from bot.lessons.player import Place, Turn
from bot.text import for_sms, segments

CHANNELS = ("sms", "web")
MOVES = {"NEXT": "next", "BACK": "back", "REPEAT": "repeat", "SKIP": "skip"}
OVER = "(The lesson is over. What was learnt is theirs; the menu comes next.)"
ASIDE = "(Here the lesson waits and care begins: {label}. The lesson goes on afterwards.)"
UNREAD = "(Nothing here is chosen by {text!r}; the real thing would answer it and come back.)"


class Preview:
    """One lesson being played; ``ended`` when it is over."""

    def __init__(self, catalog: Catalog, *, channel: str, values: Mapping[str, str]) -> None:
        self._catalog, self._channel, self._values = catalog, channel, values
        self._turn: Turn | None = None

    @property
    def ended(self) -> bool:
        """True when the lesson is over, or has not begun."""
        return self._turn is None or self._turn.ended

    def begin(self, *, module: str, lesson: str, band: str, lang: str) -> list[str]:
        """The first messages; raises KeyError when there is no such lesson or band."""
        return self._say(player.begin(self._catalog, module=module, lesson=lesson, band=band, lang=lang, values=self._values))

    def answer(self, text: str) -> list[str]:
        """The messages after what somebody types: a key, a label, NEXT, BACK, REPEAT, SKIP, or a sentence."""
        turn = self._turn
        if turn is None or turn.place is None:
            return [OVER]
        choice = read_choice(text, turn.choices)
        if choice is not None:
            return self._chosen(turn.place, choice)
        word = MOVES.get(text.strip().upper())
        step = next(s for s in _steps(self._catalog, turn.place) if s.id == turn.place.step)
        if word is None and step.kind != "practise":
            return [UNREAD.format(text=text)]
        return self._say(player.move(self._catalog, turn.place, move=word or "text", values=self._values))

    def _chosen(self, place: Place, choice: Choice) -> list[str]:
        intent, entities = intent_and_entities(choice.payload)
        if intent == "lesson_choice":
            moved = player.move(self._catalog, place, move="choose", option=entities["option"], values=self._values)
        elif intent in ("next", "skip"):
            moved = player.move(self._catalog, place, move=intent, values=self._values)
        else:
            return [ASIDE.format(label=choice.label)]
        return self._say(moved)

    def _say(self, turn: Turn) -> list[str]:
        self._turn = turn
        said = [as_sent(text, (), self._channel) for text in turn.says[:-1]]
        last = [as_sent(turn.says[-1], turn.choices, self._channel)] if turn.says else []
        return [*said, *last, *([OVER] if turn.ended else [])]


def as_sent(text: str, choices: Sequence[Choice], channel: str) -> str:
    """One message as it leaves: on SMS with its choices written out, on the web with its buttons."""
    if channel == "sms":
        return for_sms(as_text(text, choices))
    mains = "  ".join(f"[{choice.label}]" for choice in choices if not choice.aside)
    asides = "  ".join(choice.label for choice in choices if choice.aside)
    return "\n".join(part for part in (text, mains, asides) if part)


def size(message: str) -> str:
    """How long a text message is: characters and segments."""
    return f"{len(message)} characters, {segments(message)} of at most 2 segments"


def every_step(
    catalog: Catalog, *, module: str, lesson: str, band: str, lang: str, channel: str, values: Mapping[str, str]
) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Every step in order: its id and kind, the message, and what is said after each option or practised sentence."""
    for step in catalog.steps(module=module, lesson=lesson, band=band):
        place = Place(module, lesson, band, lang, step.id)
        turn = player.show(catalog, place, values=values)
        options: list[str | None] = list(step.options) or ([None] if step.kind == "practise" else [])
        after = tuple(_feedback(catalog, place, option, values) for option in options)
        yield f"{step.id} ({step.kind})", as_sent(turn.says[-1], turn.choices, channel), tuple(text for text in after if text)


def _feedback(catalog: Catalog, place: Place, option: str | None, values: Mapping[str, str]) -> str:
    """What is said at once after a choice, or a sentence (no option), before the step that follows; empty for nothing."""
    turn = player.move(catalog, place, move="choose" if option else "text", option=option, values=values)
    said = turn.says if turn.ended else turn.says[:-1]
    return f"{option.upper()}: {' '.join(said)}" if option else " ".join(said)


def _steps(catalog: Catalog, place: Place) -> Sequence[Step]:
    return catalog.steps(module=place.module, lesson=place.lesson, band=place.band)

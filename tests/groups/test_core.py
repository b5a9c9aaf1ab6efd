"""Codes, states, steps, reading, redacting: the pure part of groups."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.choices import Choice
from bot.groups import codes, effect
from bot.groups.activities import Activities, ActivitiesError
from bot.groups.clouds import cloud
from bot.groups.nicknames import nickname
from bot.groups.reading import Matter, read
from bot.groups.redacting import redacted
from bot.groups.state import TABLE, GroupEvent, GroupState, NotNow, moved
from bot.groups.steps import QUESTIONS, GroupLessons, GroupStep, Subject
from bot.groups.suppression import Published
from bot.lessons.catalog import Catalog
from bot.redaction import Redaction
from bot.words import Words

REDACTION = Redaction.load(Path(__file__).resolve().parents[2] / "content" / "redaction")
CONTENT = Path(__file__).resolve().parents[2] / "content"
ALL = ("arrive", "one_word", "who_could_help", "leave", QUESTIONS)
POLL = GroupStep("lesson:notice", "one", ("a", "b", "c"))
LABELS = {"a": "The gift", "b": "Nobody gets you like me", "c": "Nothing yet"}


@pytest.fixture(scope="module")
def lessons() -> GroupLessons:
    return GroupLessons(Catalog.load(CONTENT / "lessons"), Activities.load(CONTENT / "groups"))


def test_a_code_has_no_letter_that_looks_like_another_and_nothing_to_giggle_about() -> None:
    assert not set(codes.ALPHABET) & set("0O1IL2Z5S8BVUAEG6Q")
    assert not {"M", "N"} <= set(codes.ALPHABET) and not set("DP") & set(codes.ALPHABET), "they sound alike"
    made = {codes.new_code() for _ in range(4000)}
    assert len(made) > 3950
    rude = ("WTF", "FCK", "KKK", "XXX", "F49", "F47", "H4RM", "H473", "M37H", "TW47", "J3W", "J3RK", "94Y")
    assert not [code for code in made if any(each in code for each in rude)]
    assert all(codes.asked_to_join(code) == code for code in made), "each is known as one without a word before it"
    assert all(len(code) == codes.LENGTH and codes.asked_to_join(f"join {code}") == code for code in made)


@pytest.mark.parametrize(
    "text",
    [
        "JOIN 4F7KM",
        "join 4f7km",
        " Join: 4F7 KM. ",
        "join 4f7-km",
        "UNIRME 4F7KM",
        "rejoindre 4F7KM",
        "4F7KM",
        "4f7 km",
        "JOIN 4F7KM please",
        "Join code 4F7KM",
        "rejoins 4f7km",
        "entrar 4f7km por favor",
    ],
)
def test_a_code_is_read_however_it_is_typed(text: str) -> None:
    assert codes.asked_to_join(text) == "4F7KM"
    assert codes.read_code(text) == "4F7KM", "in the field for the code too"


@pytest.mark.parametrize(
    "text",
    [
        "join me",
        "join my group please",
        "he wants me to join 3 of his friends tonight",
        "code 1234",
        "94103",
        "KMRTX",
        "join",
        "join us at 7",
        "join 2 others",
        "join my 3rd game",
        "join him 2nite",
    ],
)
def test_a_sentence_with_join_in_it_is_no_code(text: str) -> None:
    assert codes.asked_to_join(text) is None


def test_equal_words_of_a_cloud_are_one_sized_in_fives_in_an_order_that_says_nothing() -> None:
    said = ["they listen", "Kind", *["kind"] * 4, *["calm"] * 17, *["safe"] * 4, "they  listen"]
    found = cloud(said, "1 also:one_word")
    assert dict(found) == {"they listen": 0, "kind": 1, "calm": 3, "safe": 0}
    assert cloud(reversed(said), "1 also:one_word") == found
    assert {tuple(word for word, _ in cloud(said, str(n))) for n in range(40)} > {tuple(word for word, _ in found)}


def test_leaving_is_one_word_and_never_a_sentence() -> None:
    assert codes.asks_to_leave("Leave.") and codes.asks_to_leave("SALIR")
    assert not codes.asks_to_leave("I can't leave him")


def test_an_ended_group_stays_ended_and_every_other_can_be_calmed_and_ended() -> None:
    for state in GroupState:
        for event in GroupEvent:
            if state is GroupState.ENDED:
                with pytest.raises(NotNow, match="ended"):
                    moved(state, event)
        if state is not GroupState.ENDED:
            assert (state, GroupEvent.END) in TABLE
            assert state is GroupState.CALM or (state, GroupEvent.CALM) in TABLE


def test_a_nickname_is_friendly_short_and_fits_a_phone() -> None:
    words = Words.load(CONTENT / "messages")
    for lang in ("en", "es", "fr", "xx"):
        animals = words.say("group_animals", lang).split()
        animal, _, number = nickname(animals).partition(" ")
        assert animal in animals and number.isdecimal() and len(animal) <= 7 and len(animals) > 10


def test_every_module_can_be_played_by_a_group_in_every_band_with_every_activity(lessons: GroupLessons) -> None:
    for module in lessons.catalog.modules:
        for lesson in module.lessons:
            for band in module.bands:
                subject = Subject(module.id, lesson.id, band, "en", ALL)
                steps = lessons.steps(subject)
                assert len({s.id for s in steps}) == len(steps)
                for step in steps:
                    shown = lessons.show(subject, step, lang="fr", values={})
                    assert shown.say and set(shown.labels) == set(step.options), step
                    assert lessons.guide(subject, step).text
                    assert len(step.id) <= 48 and len(",".join(step.options)) <= 24


def test_everybody_walks_the_same_steps_whatever_they_pick(lessons: GroupLessons) -> None:
    """A branch for young people in care would show the room who took it."""
    ids = [s.id for s in lessons.steps(Subject("grooming", "trust", "13-15", "en"))]
    assert ids.index("lesson:who") < ids.index("lesson:care") < ids.index("lesson:plan")


def test_the_questions_stand_before_the_lesson_and_after_it(lessons: GroupLessons) -> None:
    ids = [s.id for s in lessons.steps(Subject("grooming", "trust", "13-15", "en", ALL))]
    assert ids[0] == "also:arrive" and ids[1] == "before:seen" and ids[-1] == "also:leave" and ids[-2] == "after:friend"
    assert ids.index("also:one_word") < ids.index("lesson:keep")


def test_the_answer_each_question_hopes_for_is_the_one_its_words_say(lessons: GroupLessons) -> None:
    for module in lessons.catalog.modules:
        items = lessons.catalog.items(module.id, "en")
        for name, construct in module.items.items():
            label = items[name].options[effect.HOPED[construct]]
            assert label in ("Mostly", "I do", "Not theirs") or label.startswith("The one who"), (module.id, name, label)


@pytest.mark.parametrize(
    ("text", "matter", "options"),
    [
        ("b", Matter.ANSWER, ("b",)),
        ("B)", Matter.ANSWER, ("b",)),
        ("2", Matter.ANSWER, ("b",)),
        ("nothing yet", Matter.ANSWER, ("c",)),
        ("ASK is it ok if he is 19", Matter.QUESTION, ()),
        ("box: what if they find out", Matter.QUESTION, ()),
    ],
)
def test_what_is_plainly_the_groups_is_the_groups(text: str, matter: Matter, options: tuple[str, ...]) -> None:
    found = read(text, step=POLL, labels=LABELS, offered=(), free=False)
    assert found and (found.matter, found.options) == (matter, options)


@pytest.mark.parametrize(
    "text", ["what is grooming", "i think b because it feels off", "person", "next", "ask", "he asked me for a pic"]
)
def test_everything_else_stays_between_them_and_the_bot(text: str) -> None:
    assert read(text, step=POLL, labels=LABELS, offered=(), free=False) is None


def test_a_letter_answers_what_the_bot_asked_privately_before_the_groups_poll() -> None:
    yes = Choice("Yes", "/affirm", "A")
    assert read("a", step=POLL, labels=LABELS, offered=[yes], free=False) is None


def test_many_are_picked_in_one_text() -> None:
    many = GroupStep("also:who_could_help", "many", ("a", "b", "c"))
    for text in ("A C", "a,c", "c and a", "A+C", "c, a"):
        found = read(text, step=many, labels=LABELS, offered=(), free=False)
        assert found and found.options == ("a", "c"), text
    assert read("a friend told me", step=many, labels=LABELS, offered=(), free=False) is None


def test_the_cloud_takes_a_word_and_no_story() -> None:
    cloud = GroupStep("also:one_word", "cloud")
    found = read("They listen", step=cloud, labels={}, offered=(), free=False)
    assert found and found.words == "They listen", "capitals stay until names are taken out"
    assert read("my uncle makes me keep secrets", step=cloud, labels={}, offered=(), free=False) is None


def test_a_practised_sentence_is_taken_and_a_question_is_not() -> None:
    practise = GroupStep("lesson:say_it", "practise")
    found = read("I'm not into that, stop asking", step=practise, labels={}, offered=(), free=False)
    assert found and found.matter is Matter.PRACTISED and not found.words
    assert read("what do I do if he gets angry?", step=practise, labels={}, offered=(), free=False) is None


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("My name is Sarah, call 416 555 0199", "My name is [name], call [phone]"),
        ("Jake is weird", "[name] is weird"),
        ("Zyler keeps texting", "[name] keeps texting"),
        ("Zyler texts me at night", "[name] texts me at night"),
        ("we were in room 2204", "we were in room [number]"),
        ("what if kevin hits me", "what if [name] hits me"),
        ("is it ok if Coach Dave texts me on Instagram", "is it ok if [name] texts me on Instagram"),
        ("add @foo.bar or me@x.com or www.x.org/y", "add [handle] or [email] or [address]"),
        ("i live at 12 Main Street", "i live at [address]"),
        ("je m'appelle Léa", "je m'appelle [name]"),
        ("my friend Zoë-Ann won't stop", "my friend [name] won't stop"),
        ("Henderson makes us hug", "[name] makes us hug"),
        ("is it ok? Zyler keeps texting", "is it ok? [name] keeps texting"),
        ("mr k said we can't tell", "[name] said we can't tell"),
        ("coach h is weird", "[name] is weird"),
        ("my coach i think", "my coach i think"),
        ("his number is four one six five five five", "his number is [number]"),
        ("Grooming makes me angry", "Grooming makes me angry"),
        ("Everybody says it is one or two", "Everybody says it is one or two"),
        ("is it grooming if he is 19?", "is it grooming if he is 19?"),
        ("he was born 3/4/2011 on 12/5/2020", "he was born [birth date] on [number]"),
        ("my counsellor mrs o'brien", "my counsellor [name]"),
        ("he said I am the only one", "he said I am the only one"),
        ("Zyrell is mean to everybody", "[name] is mean to everybody"),
        ("zyrell is weird", "[name] is weird"),
        ("is it ok? zyrell and his friends follow me", "is it ok? [name] and his friends follow me"),
        ("zyrell's always there", "[name]'s always there"),
        ("zy-rell keeps asking", "[name] keeps asking"),
        ("Grooming is scary", "Grooming is scary"),
        ("kissing is fine", "kissing is fine"),
        ("sextortion and nudes", "sextortion and nudes"),
        ("Snapchat is fun. tiktok has rules", "Snapchat is fun. tiktok has rules"),
        ("everybody's mean and nobody is kind", "everybody's mean and nobody is kind"),
        ("My stepbro is weird", "My stepbro is weird"),
        ("step-dad is mean", "step-dad is mean"),
        ("secrets always hurt", "secrets always hurt"),
        ("nunca has dicho nada", "nunca has dicho nada"),
    ],
)
def test_names_and_numbers_are_taken_out_before_a_facilitator_reads(text: str, left: str) -> None:
    assert redacted(text, REDACTION) == left


def test_an_effect_is_told_with_an_interval_that_holds_the_rounding() -> None:
    before = effect.share(Published(40, {"a": 15, "b": 10, "c": 10}, True), "c")
    after = effect.share(Published(40, {"a": 5, "b": 0, "c": 30}, True), "c")
    found = effect.effect("seen", before, after)
    assert found and before and after
    assert before.low < 25 < before.percent < before.high and after.percent > 70
    assert found.low < found.change < found.high and found.low > 0


def test_no_effect_is_told_where_a_poll_shows_nothing_or_was_closed_small() -> None:
    assert effect.share(Published(5, {"c": 5}, True), "c") is None
    assert effect.share(Published(10, {}, False), "c") is None
    assert effect.effect("seen", None, effect.share(Published(20, {"c": 10}, True), "c")) is None


def test_activities_that_cannot_be_used_say_what_to_mend(tmp_path: Path) -> None:
    for file in (CONTENT / "groups").iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    assert len(Activities.load(tmp_path).all) == 4
    (tmp_path / "fr.yml").write_text("arrive: {say: Oui}", encoding="utf-8")
    with pytest.raises(ActivitiesError, match="must hold exactly"):
        Activities.load(tmp_path)
    (tmp_path / "fr.yml").unlink()
    (tmp_path / "activities.yml").write_text("x: {kind: dance, at: start}", encoding="utf-8")
    with pytest.raises(ActivitiesError, match="kind and a place"):
        Activities.load(tmp_path)

"""Routes and words: what is an opt-out, what is a keyword, what is neither."""

from __future__ import annotations

import pytest

from bot.safety.verdict import Level
from bot.threads import Route, Thread, asks_to_be_forgotten, choose_route, is_help, is_stop, keyword

SMS = Thread(id="t", channel="sms")


@pytest.mark.parametrize("text", ["STOP", "stop", " Stop. ", "UNSUBSCRIBE", "Arret", "arrêt", "ALTO", "stop texting me", "Stop messaging me please",
                                  "dont text me anymore", "don't contact me again", "leave me alone", "take me off this list", "no more texts",
                                  "don\u2019t text me", "Don\u2019t contact me again", "opt-out", "Opt out", "quit texting me", "opt me out",
                                  "Arrête de m\u2019écrire", "arrete de m'ecrire stp", "arrêtez de m'envoyer des messages", "ne m\u2019écris plus", "laisse-moi tranquille",
                                  "Laissez moi tranquille svp", "désabonne-moi", "plus de textos", "ARRÊT", "arrêter",
                                  "Déjame en paz", "¡dejame en paz!", "deja de escribirme", "por favor dejen de mandarme mensajes", "no me escribas más",
                                  "ya no me mandes mensajes", "no quiero más mensajes", "dame de baja"])  # fmt: skip
def test_this_is_an_opt_out(text: str) -> None:
    assert is_stop(text)


@pytest.mark.parametrize("text", ["make him stop", "tell him to stop", "he wont stop", "stop him hurting me", "please make it stop", "i want it to stop",
                                  "stop it", "he tells me to leave me alone but he", "i told him dont text me", "leave me alone he said",
                                  "how do i end it", "cancel my plans", "can you stop my uncle", "don\u2019t tell him i text you", "he says don\u2019t text me",
                                  "dis-lui d\u2019arrêter", "il n\u2019arrête pas de m\u2019écrire", "il m'a dit arrête de m'écrire", "je veux qu'il arrête de m'écrire",
                                  "il ne me laisse pas tranquille", "comment arrêter", "dis-lui de me laisser tranquille", "arrête-le",
                                  "dile que pare", "haz que pare", "no deja de escribirme", "dile que me deje en paz", "quiero que me deje en paz",
                                  "él no me deja en paz", "me dijo deja de escribirme", "como lo dejo", "mi tío está de baja"])  # fmt: skip
def test_this_is_not_an_opt_out(text: str) -> None:
    assert not is_stop(text)


@pytest.mark.parametrize("text", ["please forget me", "Forget me please!", "forget me now", "can you delete my messages?", "erase my data", "delete everything i wrote",
                                  "wipe this chat pls", "delete everything", "oublie moi stp", "supprime mes données", "efface tout ce que j\u2019ai écrit",
                                  "borra mis datos", "por favor borra todo lo que dije", "olvídame ya", "borra todo"])  # fmt: skip
def test_this_is_a_wish_to_be_forgotten(text: str) -> None:
    assert asks_to_be_forgotten(text) and keyword(text) == "/forget_me"


@pytest.mark.parametrize("text", ["forget about me", "everyone forgets me", "just forget it", "forget what i said", "he told me to delete my messages", "delete me",
                                  "he says delete everything", "delete my account on insta", "erase me", "i want to be forgotten", "efface ses photos",
                                  "il m\u2019a dit efface tout", "me dijo borra mis mensajes", "ya me olvidaron", "quiero borrar todo de mi"])  # fmt: skip
def test_this_is_no_wish_to_be_forgotten(text: str) -> None:
    assert not asks_to_be_forgotten(text)


def test_what_a_person_may_have_asked_about_is_no_wish_while_they_hold_the_thread() -> None:
    assert not asks_to_be_forgotten("delete everything", held=True) and asks_to_be_forgotten("forget me please", held=True)


@pytest.mark.parametrize(("text", "payload"), [("PERSON", "/want_person"), ("next", "/next"), ("Forget me", "/forget_me"), ("menu.", "/menu"),
                                               ("ME", "/happening_to_me"), ("tell me", None), ("my friend", None), ("next week", None)])  # fmt: skip
def test_a_keyword_is_the_whole_message_or_it_is_none(text: str, payload: str | None) -> None:
    assert keyword(text) == payload


def test_help_alone_is_the_carriers_word_and_help_in_a_sentence_is_not() -> None:
    assert is_help("HELP") and not is_help("help me he is here")


@pytest.mark.parametrize(("thread", "text", "level", "route"), [
    (SMS, "hello", Level.NONE, Route.ORDINARY),
    (SMS, "i want to die", Level.HIGH, Route.DANGER),
    (SMS, "STOP", Level.IMMINENT, Route.KEYWORD),
    (Thread(id="t", channel="sms", held=True), "i want to die", Level.HIGH, Route.HELD),
    (Thread(id="t", channel="sms", opted_out=True), "hello", Level.NONE, Route.OPTED_OUT),
    (Thread(id="t", channel="sms", opted_out=True), "he is here", Level.IMMINENT, Route.DANGER),
    (Thread(id="t", channel="web"), "stop", Level.NONE, Route.ORDINARY),
])  # fmt: skip
def test_the_route_of_a_message(thread: Thread, text: str, level: Level, route: Route) -> None:
    assert choose_route(thread=thread, text=text, level=level) is route

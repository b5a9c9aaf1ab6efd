"""The main job, end to end: every process, real browsers, texts, a worker, an engine that dies, a restart."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.browser.people import DemoPhone, Worker, YoungPerson
from tests.installation import Installation

pytestmark = pytest.mark.slow

DANGER = "my stepdad hits me and he's coming home now"
MARKER = "purple giraffe umbrella"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    made = Installation(tmp_path_factory.mktemp("house") / "var")
    made.starts()
    yield made
    if made.process and made.process.poll() is None:
        made.stops()


def test_a_lesson_by_web_that_danger_interrupts_and_a_person_who_comes(house: Installation, chromium: Browser) -> None:
    worker = Worker.signs_in(chromium, house)
    young = YoungPerson.arrives(chromium, house)
    expect(young.page.locator("#start")).to_contain_text("I'm a bot with real people behind me")
    young.is_about("13-15", "CA")
    young.goes("ask")
    young.says("what is grooming")
    young.sees("builds trust")
    young.says("lessons")
    young.taps("When trust feels off")
    young.sees("hard to see from inside")
    for _ in range(2):
        young.taps("Next")
    young.taps("Nobody gets you like me")
    young.sees("Words like that feel warm")

    young.says(DANGER)
    young.sees("call 911")
    worker.sees_a_case("Imminent")
    young.sees("are you safe to text right now?")
    young.taps("Yes")
    worker.opens_the_first("Imminent")
    worker.sees("he's coming home now")
    worker.accepts()
    young.sees("Sam is here now")
    worker.says("Hi, I'm Sam. I'm a real person. Are you somewhere you can lock a door?")
    young.sees("lock a door")
    young.says("im in the bathroom " + MARKER)
    worker.sees("im in the bathroom")
    worker.closes()
    young.sees("bot again")
    young.says("what is a red flag")
    young.sees("red flag")


def test_the_same_conversation_by_text_message(house: Installation, chromium: Browser) -> None:
    phone = DemoPhone.opens(chromium, house)
    phone.texts("what is grooming")
    phone.sees("I'm a bot")
    phone.sees("stays private")
    phone.sees("builds trust")
    phone.sees("delivered")
    phone.texts("menu")
    phone.sees("When trust feels off")
    phone.texts("A")
    phone.sees("SKIP, ME, FRIEND, PERSON")
    phone.texts("i want to die")
    phone.sees("get you a real person")
    phone.texts("STOP")
    phone.sees("won't get more texts")


def test_with_the_engine_gone_danger_still_brings_words_a_case_and_a_person(house: Installation, chromium: Browser) -> None:
    worker = Worker.signs_in(chromium, house, "worker2")
    young = YoungPerson.arrives(chromium, house)
    young.is_about("16-18", "US")
    young.goes("ask")
    house.kills("engine")
    young.says("hello there")
    young.sees("Something on our side is not working")
    young.says("he said he will kill me tonight and he is outside my door")
    young.sees("call 911")
    worker.sees_a_case("Imminent")
    house.waits(house.engine_is_ready, "the engine did not come back", 90)
    young.says("what is sextortion")
    young.sees("threatens to share")


def test_everything_survives_a_restart_of_everything(house: Installation, chromium: Browser) -> None:
    young = YoungPerson.arrives(chromium, house)
    young.is_about("9-12", "CA")
    young.goes("lesson")
    young.taps("When trust feels off")
    young.taps("Next")
    young.sees("Ari plays a game")
    for name in ("gateway", "outbox"):
        house.kills(name)
    assert house.stops() < 15
    house.starts()
    young.says("NEXT")
    young.sees("How might Ari feel now?")
    Worker.signs_in(chromium, house).sees_a_case("Imminent")


def test_quick_exit_leaves_and_the_chat_is_forgotten(house: Installation, chromium: Browser) -> None:
    young = YoungPerson.arrives(chromium, house)
    young.goes("ask")
    with young.page.expect_request(lambda r: r.url.endswith("/chat/messages")) as sent:
        young.says("hello")
    young.sees("I'm a bot")
    young.page.locator("#exit").click()
    token = sent.value.headers["authorization"]
    house.waits(lambda: _opening_events(house, token) == 401, "the chat was not forgotten")


def _opening_events(house: Installation, token: str) -> int:
    """The status alone: while the chat is still there, the stream behind it never ends."""
    with httpx.stream("GET", f"{house.url('public')}/chat/events", headers={"Authorization": token}, trust_env=False) as answer:
        return answer.status_code


def test_no_word_and_no_number_stands_in_any_file_it_wrote(house: Installation) -> None:
    written = house.written()
    for secret in (MARKER, "stepdad", "15005550100", "lock a door"):
        assert secret.encode() not in written, f"{secret!r} can be read in {house.var}"
    assert Path(house.var / "handrail.db").exists()


def test_a_second_start_takes_seconds_and_trains_nothing(house: Installation) -> None:
    assert "Training" not in house.log

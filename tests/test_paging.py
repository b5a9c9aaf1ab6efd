"""Paging: who is called, by which way, when; and what counts as an answer."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from bot.channels.base import Inbound, SendRefused
from bot.desk.views import DeskRefused
from bot.engine import Answer, Reply
from tests.talking import Clock, Desk, House, Page, Phone, ScriptedEngine, settle

NOW = "my stepdad hits me and he's coming home now"
SAMS, NOORS, ALEXS = "+14165550101", "+14165550102", "+14165550103"


@dataclass
class Letters:
    """A make-believe mail server."""

    sent: list[tuple[str, str, str]] = field(default_factory=list)

    def send(self, *, to: str, subject: str, body: str) -> None:
        self.sent.append((to, subject, body))


@pytest.fixture
def team(house: House) -> dict[str, Desk]:
    people = {"sam": house.desk("Sam"), "noor": house.desk("Noor"), "alex": house.desk("Alex", "supervisor")}
    for desk, number in zip(people.values(), (SAMS, NOORS, ALEXS), strict=True):
        house.app.rota.set_contact(people["alex"].me, desk.me.id, phone=number, email="")
    return people


def shift(house: House, desk: Desk, place: str, days: str = "mon-sun", hours: tuple[str, str] = ("00:00", "23:59")) -> None:
    house.app.rota.add_shift(desk.me, person=desk.me.id, place=place, days=days, starts=hours[0], ends=hours[1], zone="UTC")


def paged(house: House, number: str) -> list[str]:
    return [body for _, to, body in house.app.sms.sent if to == number]  # type: ignore[attr-defined]


def test_the_first_on_call_is_paged_at_once_the_others_as_the_clocks_say(
    house: House, team: dict[str, Desk], page: Page, clock: Clock
) -> None:
    for name, place in (("sam", "on call"), ("noor", "second on call"), ("alex", "supervisor")):
        shift(house, team[name], place)
    page.texts(NOW)
    seen = []
    for _ in range(4):
        house.app.outbox.sweep()
        settle(house.app)
        seen.append([len(paged(house, n)) for n in (SAMS, NOORS, ALEXS)])
        clock.passes(seconds=60)
    assert seen == [[1, 0, 0], [1, 1, 0], [1, 1, 1], [1, 1, 1]]


def test_a_page_names_nobody_and_holds_none_of_their_words(house: House, team: dict[str, Desk], page: Page) -> None:
    page.texts(NOW)
    house.app.outbox.sweep()
    settle(house.app)
    body = paged(house, SAMS)[0]
    assert "imminent" in body and "Reply 1" in body and len(body) <= 160
    assert "stepdad" not in body and "heron" not in body


def test_without_a_rota_everybody_is_paged(house: House, team: dict[str, Desk], page: Page) -> None:
    page.texts(NOW)
    house.app.outbox.sweep()
    settle(house.app)
    assert all(paged(house, number) for number in (SAMS, NOORS, ALEXS))


def test_with_nobody_on_the_rota_danger_now_goes_to_supervisors_and_is_in_the_audit(
    house: House, team: dict[str, Desk], page: Page, clock: Clock
) -> None:
    shift(house, team["sam"], "on call", days="2026-01-01")
    page.texts(NOW)
    house.app.outbox.sweep()
    settle(house.app)
    assert paged(house, ALEXS) and not paged(house, SAMS)
    view = team["alex"].opens(team["alex"].sees_case(level="imminent"))
    assert any(what == "paged: on call: alex3" for _, _, what in view.log)


def test_nobody_is_paged_for_a_case_that_was_taken_meanwhile(house: House, team: dict[str, Desk], page: Page) -> None:
    page.texts(NOW)
    house.app.outbox.sweep()
    house.app.desk.accept(team["sam"].sees_case(level="imminent").id, team["sam"].me)
    settle(house.app)
    assert not paged(house, NOORS)


def test_a_one_by_text_answers_the_page_and_is_no_young_persons_message(
    house: House, team: dict[str, Desk], page: Page, desk: Desk
) -> None:
    page.texts(NOW)
    house.app.outbox.sweep()
    settle(house.app)
    answer = Inbound("sms", "sms:SM1", "1", address=SAMS, number=SAMS)
    assert house.app.pager.heard(answer)
    case = desk.sees_case(level="imminent")
    assert any("page acknowledged" in what for _, _, what in desk.opens(case).log)
    assert not house.app.pager.heard(Inbound("sms", "sms:SM2", "help me", address=SAMS, number=SAMS))
    assert not house.app.pager.heard(Inbound("sms", "sms:SM3", "1", address="+15005550199", number="+15005550199"))


def test_opening_the_link_answers_nothing_its_button_does(house: House, team: dict[str, Desk], page: Page) -> None:
    page.texts(NOW)
    house.app.outbox.sweep()
    settle(house.app)
    token = paged(house, SAMS)[0].rpartition("/page/")[2]
    assert house.app.pager.opened(token) == ("Sam", "sent")
    assert house.app.pager.acknowledge(token) and house.app.pager.opened(token) == ("Sam", "acknowledged")
    assert house.app.pager.opened("nonsense") is None and not house.app.pager.acknowledge("nonsense")


def test_a_page_that_is_refused_is_tried_again_and_then_said_to_have_failed(
    house: House, team: dict[str, Desk], page: Page, clock: Clock
) -> None:
    house.app.sms.refuse[SAMS] = SendRefused("20429", "Too many", final=False)  # type: ignore[attr-defined]
    page.texts(NOW)
    house.app.outbox.sweep()
    for _ in range(6):
        settle(house.app)
        clock.passes(seconds=31)
    board = house.app.board.now()
    assert any(i.what == "page failed" for i in board.incidents)


def test_by_e_mail_too_where_a_server_is_set(house: House, team: dict[str, Desk], page: Page) -> None:
    letters = Letters()
    house.app.pager._mail = letters
    house.app.rota.set_contact(team["alex"].me, team["noor"].me.id, phone="", email="noor@example.org")
    page.texts(NOW)
    house.app.outbox.sweep()
    settle(house.app)
    to, subject, body = letters.sent[0]
    assert to == "noor@example.org" and "imminent" in subject and "/page/" in body


def test_a_test_page_says_that_nobody_waits(house: House, team: dict[str, Desk]) -> None:
    house.app.rota.test_page(team["alex"].me, team["sam"].me.id)
    settle(house.app)
    assert "nobody is waiting" in paged(house, SAMS)[0]
    house.app.rota.set_contact(team["alex"].me, team["sam"].me.id, phone="", email="")
    with pytest.raises(DeskRefused, match="how to page them"):
        house.app.rota.test_page(team["alex"].me, team["sam"].me.id)


@pytest.mark.parametrize(("phone", "email", "says"), [("4165550101", "", "country code"), ("", "sam", "no e-mail address")])
def test_a_contact_that_cannot_be_right_is_one_sentence(
    house: House, team: dict[str, Desk], phone: str, email: str, says: str
) -> None:
    with pytest.raises(DeskRefused, match=says):
        house.app.rota.set_contact(team["alex"].me, team["sam"].me.id, phone=phone, email=email)


def test_pages_are_lost_by_no_restart(house: House, team: dict[str, Desk], page: Page, clock: Clock) -> None:
    page.texts(NOW)
    house.app.outbox.sweep()
    with house.app.store.begin() as work:
        assert work.pages.claim()  # and the process is killed here
    clock.passes(seconds=31)
    settle(house.app)
    assert all(len(paged(house, number)) == 1 for number in (SAMS, NOORS, ALEXS))


def test_closed_hours_are_said_with_the_hour_people_are_here_again(
    house: House, team: dict[str, Desk], phone: Phone, engine: ScriptedEngine, clock: Clock
) -> None:
    engine.answers = lambda turn: Answer((Reply("ok"),))
    shift(house, team["sam"], "on call", days="mon-fri", hours=("16:00", "20:00"))
    clock.passes(minutes=30)
    phone.texts("hi")
    assert engine.turns[-1].metadata["opens"] == "Monday 16:00"
    clock.passes(hours=1)
    phone.texts("hi again")
    assert engine.turns[-1].metadata["opens"] is None

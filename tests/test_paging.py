"""Paging: who is called, by which way, when; and what counts as an answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from bot import deliveries, paging
from bot.channels.base import Delivery, Inbound, SendRefused, SendUnknown
from bot.desk.views import DeskRefused
from bot.engine import Answer, Reply
from bot.paging import MOST_ATTEMPTS
from bot.sender import Sender
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
    for _ in range(MOST_ATTEMPTS):
        settle(house.app)
        clock.passes(minutes=3)
    failed = [i.detail for i in house.app.board.now().incidents if i.what == "page failed"]
    assert failed == ["on call, sms: Too many (code 20429)"]


@pytest.mark.parametrize("early", [False, True])
def test_a_page_that_did_not_arrive_is_said_to_have_failed(
    house: House, team: dict[str, Desk], page: Page, monkeypatch: pytest.MonkeyPatch, early: bool
) -> None:
    """Twilio took it, and their phone is off: the report comes after the commit that names the page, or before it."""
    shift(house, team["sam"], "on call")
    page.texts(NOW)
    house.app.outbox.sweep()
    monkeypatch.setattr("tests.talking.secrets.token_hex", lambda _: "page")
    unreachable = Delivery("sms:SMpage", "failed", "30003")
    for report_is_due in (early, not early):
        if report_is_due:
            with house.app.store.begin() as work:
                deliveries.note(work, unreachable)
        else:
            settle(house.app)
    with house.app.store.read() as work:
        assert [p.state for p in work.pages.recent()] == ["failed"]
    assert [i.what for i in house.app.board.now().incidents] == ["page failed"]


def test_a_page_that_was_answered_has_not_failed_whatever_is_reported(house: House, team: dict[str, Desk], page: Page) -> None:
    shift(house, team["sam"], "on call")
    page.texts(NOW)
    house.app.outbox.sweep()
    settle(house.app)
    (sid, _, body) = next(s for s in house.app.sms.sent if s[1] == SAMS)  # type: ignore[attr-defined]
    house.app.pager.acknowledge(body.rpartition("/page/")[2])
    with house.app.store.begin() as work:
        deliveries.note(work, Delivery(f"sms:{sid}", "failed", "30008"))
    with house.app.store.read() as work:
        assert [p.state for p in work.pages.recent()] == ["acknowledged"]


# --- whose outcome is unknown ----------------------------------------------------------------------------


@pytest.fixture
def called(house: House, team: dict[str, Desk], page: Page) -> str:
    """Sam is on call, and a page to them is about to leave."""
    shift(house, team["sam"], "on call")
    page.texts(NOW)
    house.app.outbox.sweep()
    return SAMS


def page_states(house: House) -> list[str]:
    with house.app.store.read() as work:
        return [p.state for p in work.pages.recent()]


def sends_for(house: House, clock: Clock, *, seconds: int) -> None:
    for _ in range(seconds):
        settle(house.app)
        clock.passes(seconds=1)


def no_answer_comes(house: House, monkeypatch: pytest.MonkeyPatch, *, it_left: bool, times: int = 1) -> list[str]:
    """The next sends end without an answer; returns the pages that Twilio was given all the same."""
    given: list[str] = []
    send = house.app.network.send

    def silent(*, to: str, body: str) -> str:
        if len(given) >= times:
            return send(to=to, body=body)
        given.append(body)
        if it_left:
            send(to=to, body=body)
        raise SendUnknown("ReadTimeout")

    monkeypatch.setattr(house.app.network, "send", silent)
    return given


@pytest.mark.parametrize("it_left", [True, False])
def test_a_page_of_which_no_answer_came_leaves_once(
    house: House, called: str, clock: Clock, monkeypatch: pytest.MonkeyPatch, it_left: bool
) -> None:
    no_answer_comes(house, monkeypatch, it_left=it_left)
    sends_for(house, clock, seconds=19)
    assert len(paged(house, called)) == it_left  # the provider has some time to list it
    sends_for(house, clock, seconds=31)
    assert len(paged(house, called)) == 1 and page_states(house) == ["sent"]


def test_a_page_that_left_as_its_process_was_killed_leaves_no_second_time(house: House, called: str, clock: Clock) -> None:
    with house.app.store.begin() as work:
        claimed = work.pages.claim()
        assert claimed is not None
        person = work.staff.get(claimed.staff_id)
        case = work.cases.find(claimed.case_id or 0)
    assert person is not None
    house.app.network.send(to=called, body=house.app.pager._letter(claimed, person, case).body)
    sends_for(house, clock, seconds=40)
    assert len(paged(house, called)) == 1 and page_states(house) == ["sent"]


def test_where_the_provider_cannot_be_asked_a_page_goes_out_all_the_same(
    house: House, called: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cannot(**_: object) -> list[str]:
        raise SendUnknown("ReadTimeout")

    no_answer_comes(house, monkeypatch, it_left=False)
    monkeypatch.setattr(house.app.network, "find_sent", cannot)
    sends_for(house, clock, seconds=70)
    assert len(paged(house, called)) == 1


def test_a_page_that_was_answered_while_in_doubt_is_not_sent_again(
    house: House, called: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = no_answer_comes(house, monkeypatch, it_left=False)
    settle(house.app)
    assert house.app.pager.acknowledge(given[0].rpartition("/page/")[2])
    sends_for(house, clock, seconds=60)
    assert paged(house, called) == [] and page_states(house) == ["acknowledged"]


def test_who_stalls_before_a_page_leaves_it_to_whoever_asks_next(
    house: House, called: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = iter([0.0, paging.SENDS_BY.total_seconds() + 1])
    with monkeypatch.context() as stalled:
        stalled.setattr(paging, "monotonic", lambda: next(times))
        assert house.app.pager.send_next()
    assert paged(house, called) == []
    sends_for(house, clock, seconds=31)
    assert len(paged(house, called)) == 1


# --- how fast --------------------------------------------------------------------------------------------


def test_while_the_provider_wants_rest_no_page_is_texted_and_e_mails_go_on(
    house: House, team: dict[str, Desk], called: str, clock: Clock
) -> None:
    house.app.network.refuse[called] = SendRefused("20429", "Too fast.", final=False, wait=timedelta(seconds=120))
    settle(house.app)
    del house.app.network.refuse[called]
    house.app.pager._mail = letters = Letters()
    house.app.rota.set_contact(team["alex"].me, team["sam"].me.id, phone=called, email="sam@example.org")
    house.app.rota.test_page(team["alex"].me, team["sam"].me.id)
    sends_for(house, clock, seconds=119)
    assert paged(house, called) == [] and len(letters.sent) == 1
    sends_for(house, clock, seconds=3)
    assert len(paged(house, called)) == 2


def test_pages_keep_to_the_pace_of_the_number(house: House, team: dict[str, Desk]) -> None:
    house.app.__dict__["sender"] = Sender(house.app.network, per_second=10)
    del house.app.__dict__["pager"]
    for _ in range(30):
        house.app.rota.test_page(team["alex"].me, team["sam"].me.id)
    settle(house.app)
    assert 10 <= len(paged(house, SAMS)) <= 11  # one second of ten, and the next


# --- of which nobody told --------------------------------------------------------------------------------


@pytest.mark.parametrize(("became", "then"), [("failed", "failed"), ("delivered", "delivered"), ("sent", "sent")])
def test_a_page_of_which_the_provider_never_told_is_asked_about(
    house: House, called: str, clock: Clock, became: str, then: str
) -> None:
    settle(house.app)
    sid = f"sms:{next(sid for sid, to, _ in house.app.network.sent if to == called)}"
    house.app.network.became[sid] = Delivery(sid, became, "30003" if became == "failed" else None)
    for minutes in (4, 1, 1, 200):
        clock.passes(minutes=minutes)
        house.app.missed_reports.look()
    assert page_states(house) == [then] and house.app.network.asked.count(sid) == 1
    failed = [i.detail for i in house.app.board.now().incidents if i.what == "page failed"]
    assert failed == (["on call, sms: Their phone is off or out of reach. (code 30003)"] if then == "failed" else [])


def test_a_page_that_arrived_can_be_answered_by_text(house: House, called: str) -> None:
    settle(house.app)
    sid = next(sid for sid, to, _ in house.app.network.sent if to == called)
    with house.app.store.begin() as work:
        deliveries.note(work, Delivery(f"sms:{sid}", "delivered"))
    assert page_states(house) == ["delivered"]
    assert house.app.pager.heard(Inbound("sms", "sms:SM1", "1", address=called, number=called))


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

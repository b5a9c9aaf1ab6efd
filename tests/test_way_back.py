"""The way back to a web chat: kept only if somebody asks for it, and what it can and cannot open."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from bot import way_back
from bot.chat import ChatRefused, TooManyReturns
from tests.talking import House, Page


@pytest.fixture
def house(tmp_path) -> House:
    return House(tmp_path / "var")


@pytest.fixture
def page(house: House) -> Page:
    page = house.page(band="13-15", region="CA")
    page.texts("hello")
    return page


def words_of(house: House, token: str | None) -> list[str]:
    thread = house.app.chat.thread_of(token or "")
    return [s.text for s in house.app.chat.since(thread, 0) if s.who == "you"] if thread else []


@pytest.mark.parametrize("word", ["otter", "Loutre", "nutría", "abc", "drum7"])
def test_one_word_of_letters_and_digits_fits(word):
    assert way_back.fits(word)


@pytest.mark.parametrize("word", ["", "ab", "two words", "123456", "a" * 21, "help!", "<b>x</b>"])
def test_anything_else_does_not_fit_and_is_said_in_a_sentence(house, page, word):
    assert not way_back.fits(word)
    with pytest.raises(ChatRefused, match="Use one word of 3 to 20 letters"):
        house.app.chat.keep_way_back(page.thread_id, word)


def test_a_way_back_is_their_word_and_six_digits_of_ours():
    made = [way_back.make("otter") for _ in range(50)]
    assert all(m.startswith("otter ") and len(way_back.plain(m)) == len("otter") + 6 for m in made)
    assert len(set(made)) > 45


@pytest.mark.parametrize("typed", ["otter 482 716", "OTTER482716", " Otter-482-716. ", "otter  482716"])
def test_it_is_read_however_it_is_spaced(typed):
    assert way_back.plain(typed) == "otter482716"


def test_it_opens_the_chat_again_and_the_page_before_is_over(house, page):
    said = house.app.chat.keep_way_back(page.thread_id, "otter")
    token = house.app.chat.come_back(said.upper())
    assert words_of(house, token) == ["hello"]
    assert house.app.chat.thread_of(page.token) is None


def test_the_word_alone_a_wrong_number_and_nothing_open_nothing(house, page):
    said = house.app.chat.keep_way_back(page.thread_id, "otter")
    wrong = f"otter {(int(said[-3:]) + 1) % 1000:03d} {said[-3:]}"
    for typed in ("otter", "", wrong if wrong != said else "otter 1"):
        assert house.app.chat.come_back(typed) is None
    assert house.app.chat.thread_of(page.token) == page.thread_id


def test_quick_exit_then_closes_the_page_only(house, page):
    said = house.app.chat.keep_way_back(page.thread_id, "otter")
    house.app.chat.leave(page.thread_id)
    assert house.app.chat.thread_of(page.token) is None
    assert words_of(house, house.app.chat.come_back(said)) == ["hello"]


def test_a_page_whose_chat_is_gone_is_told_why(house, page):
    chat = house.app.chat
    chat.keep_way_back(page.thread_id, "otter")
    chat.leave(page.thread_id)
    assert chat.why_gone(page.thread_id, page.token) == "over"
    chat.come_back(chat.keep_way_back(page.thread_id, "otter"))
    assert chat.why_gone(page.thread_id, page.token) == "moved"
    chat.forget(page.thread_id)
    assert chat.why_gone(page.thread_id, page.token) == "forgotten"


def test_a_page_that_was_deleted_is_told_so_also_while_people_hold_the_case(house, page):
    page.texts("i want to kill myself tonight")
    house.app.chat.forget(page.thread_id)
    assert house.app.chat.why_gone(page.thread_id, page.token) == "forgotten"


def test_a_chat_whose_time_is_over_is_told_as_over(house, page):
    house.app.clock.passes(hours=13)
    assert house.app.chat.thread_of(page.token) is None
    assert house.app.chat.why_gone(page.thread_id, page.token) == "over"


def test_quick_exit_without_one_forgets_everything(house, page):
    house.app.chat.leave(page.thread_id)
    assert house.app.chat.since(page.thread_id, 0) == []


def test_a_second_way_back_ends_the_first(house, page):
    first = house.app.chat.keep_way_back(page.thread_id, "otter")
    second = house.app.chat.keep_way_back(page.thread_id, "heron")
    assert house.app.chat.come_back(first) is None
    assert words_of(house, house.app.chat.come_back(second)) == ["hello"]


def test_deleting_the_chat_ends_its_way_back(house, page):
    said = house.app.chat.keep_way_back(page.thread_id, "otter")
    house.app.chat.forget(page.thread_id)
    assert house.app.chat.come_back(said) is None


def test_deleting_the_page_while_people_hold_the_case_ends_the_way_back_too(house, page):
    said = house.app.chat.keep_way_back(page.thread_id, "otter")
    page.texts("i want to kill myself tonight")
    house.app.chat.forget(page.thread_id)
    assert house.app.chat.come_back(said) is None


def test_leaving_with_a_case_open_keeps_the_case_and_its_record_says_so(house, page):
    said = house.app.chat.keep_way_back(page.thread_id, "otter")
    page.texts("i want to kill myself tonight")
    house.app.chat.leave(page.thread_id)
    with house.app.store.read() as work:
        case = work.cases.open_for(page.thread_id)
    assert case is not None
    with house.app.store.read() as work:
        assert "page left, with a way back" in [entry.what for entry in work.audit.of_case(case.id)]
    assert "hello" in words_of(house, house.app.chat.come_back(said))


def test_it_ends_when_the_chat_does_after_three_days(house, page):
    said = house.app.chat.keep_way_back(page.thread_id, "otter")
    house.app.clock.passes(hours=73)
    with house.app.store.begin() as work:
        work.retention.expire()
    assert house.app.chat.come_back(said) is None


def test_the_database_holds_neither_the_word_nor_the_number(house, page):
    said = house.app.chat.keep_way_back(page.thread_id, "wolverine")
    written = b"".join(file.read_bytes() for file in house.app.settings.var.rglob("*.db*"))
    assert b"wolverine" not in written and way_back.plain(said).encode() not in written


def test_one_word_may_be_tried_five_times_an_hour_and_others_go_on(house, page):
    said = house.app.chat.keep_way_back(page.thread_id, "heron")
    for _ in range(way_back.MOST_OF_A_WORD):
        assert house.app.chat.come_back("otter 000 000") is None
    with pytest.raises(TooManyReturns):
        house.app.chat.come_back("Otter 000 001")
    assert words_of(house, house.app.chat.come_back(said)) == ["hello"]
    house.app.clock.passes(minutes=13)
    assert house.app.chat.come_back("otter 000 002") is None
    with pytest.raises(TooManyReturns):
        house.app.chat.come_back("otter 000 003")


def test_tries_are_counted_for_all_gateways_together_and_through_restarts(house, tmp_path):
    for _ in range(way_back.MOST_OF_A_WORD):
        house.app.chat.come_back("otter 000 000")
    restarted = House(tmp_path / "var")
    with pytest.raises(TooManyReturns):
        restarted.app.chat.come_back("otter 000 000")
    restarted.app.store.close()


def test_tries_that_come_at_the_same_moment_are_counted_one_after_the_other(house):
    def tries(number: int) -> bool:
        try:
            house.app.chat.come_back(f"otter {number:06d}")
        except TooManyReturns:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(tries, range(16))) == way_back.MOST_OF_A_WORD


def test_all_words_together_have_a_pace_too(house):
    for n in range(way_back.MOST_TRIES):
        house.app.chat.come_back(f"word{'abcdefghijklmnopqrst'[n]} 000 000")
    with pytest.raises(TooManyReturns):
        house.app.chat.come_back("another 000 000")


def test_who_tries_all_the_time_gets_no_more_tries_than_the_decision_says(house):
    """ADR 7: one in 2,700, whatever the number of gateways. Five tries are free again after each hour of the 72."""
    taken = 0
    for _ in range(72 + 1):
        for _ in range(6):
            try:
                house.app.chat.come_back("otter 000 000")
                taken += 1
            except TooManyReturns:
                pass
        house.app.clock.passes(hours=1)
    assert taken == 365


def test_no_word_is_kept_and_a_count_goes_when_it_holds_nothing_back(house):
    house.app.chat.come_back("wolverine 482 716")
    database = house.app.settings.var / "handrail.db"
    assert b"wolverine" not in b"".join(f.read_bytes() for f in database.parent.glob("handrail.db*"))
    house.app.clock.passes(hours=2)
    house.app.outbox.expire()
    with house.app.store.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM return_try").scalar() == 0


def test_a_clock_that_went_back_holds_nobody_back_longer_than_it_says(house):
    house.app.clock.passes(days=30)
    for _ in range(way_back.MOST_OF_A_WORD):
        house.app.chat.come_back("otter 000 000")
    house.app.clock.passes(days=-30)
    with pytest.raises(TooManyReturns):
        house.app.chat.come_back("otter 000 000")
    house.app.clock.passes(minutes=61)
    assert house.app.chat.come_back("otter 000 000") is None

"""The group's doors and pages over the real parts: nothing about a person is shown, and every answer counts once."""

from __future__ import annotations

import csv
import html
import io
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
import segno
from starlette.testclient import TestClient

from bot.safety.verdict import Level
from bot.web.sites import public_site, staff_site
from tests.talking import PASSWORD, START, Clock, Desk, House, settle
from tests.web.group_people import Facilitator, Young

DANGER = "my stepdad hits me"
SPLIT = ("my stepdad", "hits", "me")
ELEVATED = "i feel so alone lately and nobody likes me"


@pytest.fixture
def fay(house: House) -> Facilitator:
    made = Facilitator(house)
    made.opens(also=["one_word", "who_could_help", "questions"])
    made.does("move", event="start")
    return made


def test_the_answers_of_a_group_are_counted_once_each_and_shown_in_fives(house: House, fay: Facilitator) -> None:
    fay.goes_to("lesson:notice")
    for number in range(12):
        young = Young(house, fay.code)
        first = young.answers("lesson:notice", "c")
        assert first.status_code == 200 and "Each step looks small" in first.json()["said"]
        assert young.answers("lesson:notice", "a" if number < 7 else "b").status_code == 200
    screen = fay.page("/screen")
    assert "5 or more" in screen and "10 or more have answered" in screen and "fewer than 5" in screen
    with house.app.store.read() as work:
        assert work.group_answers.answered(fay.group, "lesson:notice") == 12


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"step": "lesson:notice", "options": ["z"]}, 400),
        ({"step": "lesson:notice", "options": ["a", "b"]}, 400),
        ({"step": "lesson:notice", "options": []}, 400),
        ({"step": "lesson:notice", "options": "a"}, 400),
        ({"step": "lesson:pressure", "options": ["a"]}, 409),
        ([], 400),
    ],
)
def test_an_answer_that_is_not_on_the_screen_is_refused(house: House, fay: Facilitator, body: object, status: int) -> None:
    fay.goes_to("lesson:notice")
    young = Young(house, fay.code)
    assert young.client.post("/group/answers", json=body).status_code == status


def test_without_a_seat_no_door_opens(house: House, fay: Facilitator) -> None:
    client = TestClient(public_site(house.app))
    for method, path in (("GET", "/group/seat"), ("GET", "/group/events"), ("POST", "/group/next"), ("POST", "/group/texts")):
        assert client.request(method, path, json={"x": 1}).status_code == 401
    assert client.post("/group/answers", json={"step": "x", "options": ["a"]}).status_code == 401


@pytest.mark.parametrize(
    ("said", "opens_case"), [((DANGER,), True), ((ELEVATED,), False), (SPLIT, True)], ids=["high", "elevated", "split"]
)
def test_danger_in_a_group_changes_no_byte_of_any_staff_page_of_the_group(
    house: House, fay: Facilitator, clock: Clock, said: tuple[str, ...], opens_case: bool
) -> None:
    """A disclosure in any field of the page, and by text: the desk has it, they are answered, the group shows nothing."""
    phone = house.phone()
    phone.texts(f"JOIN {fay.code}")
    young = Young(house, fay.code)
    for step in ("also:one_word", "lesson:say_it", "lesson:notice"):
        fay.goes_to(step)
        while house.app.group_telling.tell_some():
            pass
        settle(house.app)
        clock.passes(minutes=6)  # from here on time alone changes nothing on the page
        before = {path: fay.page(path) for path in ("", "/screen", "/join", "/summary", "/export.csv")}
        heard = len(young.lines())
        for aim in ("box", "step", "me"):
            for number, words in enumerate(said):
                young.writes(words, aim, f"{step}{aim}{number}")
                clock.passes(seconds=25)
                assert {path: fay.page(path) for path in before} == before
        for words in (f"ask {said[0]}", *said[1:], *said):
            phone.texts(words)
            clock.passes(seconds=25)
        for _ in range(5):
            clock.passes(minutes=1)
            assert {path: fay.page(path) for path in before} == before
        assert len(young.lines()) >= heard + 6, "each text is kept, and answered privately"
    with house.app.store.read() as work:
        cases = {c.thread_id for c in work.cases.opened_since(house.app.now().replace(year=2020))}
        assert work.group_answers.texts(fay.group, "held") == []
    both = {phone.thread_id, house.app.group_seats.sitting(young.seat["token"]).thread_id}
    assert cases == (both if opens_case else set())


def test_the_box_shows_nothing_before_it_is_released_and_then_no_name(house: House, fay: Facilitator) -> None:
    young = Young(house, fay.code)
    young.writes("what if Kevin texts me from 416 555 0133", "box")
    assert "texts me from" not in fay.page("/screen")
    room = fay.page()
    assert "texts me from" not in room, "what came just now rests"
    room = fay.reads_first()
    assert "what if [name] texts me from [phone]" in room and "Kevin" not in room and "0133" not in room
    text_id = re.findall(r'name="text" value="(\d+)"', room)[0]
    fay.does("text", text=text_id, do="release")
    assert "what if [name] texts me from [phone]" in fay.page("/screen")
    fay.does("text", text=text_id, do="drop")
    assert "texts me from" not in fay.page("/screen")


def test_what_still_rests_cannot_be_released_by_guessing_its_number(house: House, fay: Facilitator) -> None:
    Young(house, fay.code).writes("how do you know who to trust", "box")
    with house.app.store.read() as work:
        waiting = work.group_answers.texts(fay.group, "held")[0]
    fay.does("text", text=waiting.id, do="release")
    assert waiting.text not in fay.page("/screen")


def test_what_was_read_before_stays_when_its_writer_shows_danger_later(house: House, fay: Facilitator) -> None:
    """Else the page would change by it."""
    young = Young(house, fay.code)
    young.writes("how do you know who to trust", "box")
    before = fay.reads_first()
    assert "how do you know who to trust" in before
    young.writes(DANGER, "me", "2")
    assert fay.page() == before


def test_words_for_the_cloud_are_shown_after_they_were_read(house: House, fay: Facilitator) -> None:
    fay.goes_to("also:one_word")
    young = Young(house, fay.code)
    young.writes("They listen", "step")
    assert "they listen" not in fay.page("/screen")
    fay.does("text", text=re.findall(r'name="text" value="(\d+)"', fay.reads_first())[0], do="release")
    assert "<li>they listen</li>" in fay.page("/screen")


def test_what_is_asked_privately_is_answered_privately(house: House, fay: Facilitator) -> None:
    young = Young(house, fay.code)
    young.writes("is it normal that he buys me things", "me")
    assert young.lines()[-1].text.startswith("You said: is it normal")
    assert "buys me" not in fay.page() + fay.page("/screen")


def test_no_nickname_and_no_pseudonym_is_on_a_staff_page(house: House, fay: Facilitator) -> None:
    young = Young(house, fay.code)
    thread = house.app.group_seats.sitting(young.seat["token"]).thread_id
    pages = fay.page() + fay.page("/screen") + fay.page("/summary") + fay.page("/export.csv")
    assert young.seat["nickname"] not in pages and thread not in pages


def test_the_seat_outlives_the_page_and_a_wrong_code_is_said_kindly(house: House, fay: Facilitator) -> None:
    young = Young(house, fay.code)
    again = TestClient(public_site(house.app)).get("/group/seat", headers={"Authorization": f"Bearer {young.seat['token']}"})
    assert again.json()["nickname"] == young.seat["nickname"]
    wrong = TestClient(public_site(house.app)).post("/group/seats", json={"code": "34793"})
    assert wrong.status_code == 404 and "don't know that code" in wrong.json()["error"]
    assert young.client.delete("/group/seats").status_code == 204
    assert young.client.get("/group/seat").status_code == 401


def test_a_token_opens_nothing_an_hour_after_the_end_unless_people_have_the_case(
    house: House, fay: Facilitator, clock: Clock
) -> None:
    young, in_danger = Young(house, fay.code), Young(house, fay.code)
    in_danger.writes(DANGER, "me")
    fay.does("move", event="end")
    clock.passes(minutes=59)
    assert young.client.get("/group/seat").status_code == 200
    clock.passes(minutes=2)
    assert young.client.get("/group/seat").status_code == 401
    assert young.client.post("/group/texts", json={"id": "9", "text": "hello", "to": "me"}).status_code == 401
    assert in_danger.client.get("/group/seat").status_code == 200


def test_a_group_is_joined_without_script_and_its_steps_come_in_the_chat(house: House, fay: Facilitator) -> None:
    client = TestClient(public_site(house.app))
    page = client.get("/join").text
    form = re.search(r'<form id="join-form"[^>]*>', page)
    assert form and 'method="post"' in form[0] and 'action="/talk"' in form[0], "a code never comes into an address"
    fay.goes_to("lesson:notice")
    fields = {"do": "join", "id": "m1", "lang": "en", "code": f"{fay.code[:3]} {fay.code[3:].lower()}"}
    chat = client.post("/talk", data=fields).text
    assert "You're in" in html.unescape(chat) and "What stands out to you?" in chat and "The gift" in chat
    token = re.findall(r'name="token" value="([^"]+)"', chat)[0]
    client.post("/talk", data={"do": "send", "id": "m2", "lang": "en", "token": token, "text": "A"})
    with house.app.store.read() as work:
        assert work.group_answers.answered(fay.group, "lesson:notice") == 1


def test_the_code_of_an_ended_group_is_said_to_be_over_on_the_page(house: House, fay: Facilitator) -> None:
    code = fay.code
    fay.does("move", event="end")
    answer = TestClient(public_site(house.app)).post("/group/seats", json={"code": f"JOIN {code}"})
    assert answer.status_code == 404 and "already over" in answer.json()["error"]


def test_two_who_lead_at_once_end_on_one_state_and_the_slower_is_told(house: House, fay: Facilitator) -> None:
    other = Facilitator(house, "Ola")
    other.group = fay.group
    other.client.post(f"/groups/{fay.group}/together/{house.app.group_room.link_token(fay.group)}", data={"csrf": other.csrf})
    acts = [(who, who.csrf) for who in (fay, other)]
    with ThreadPoolExecutor(2) as both:
        pause = lambda act: act[0].client.post(f"/groups/{fay.group}/move", data={"csrf": act[1], "event": "pause"})  # noqa: E731
        answers = list(both.map(pause, acts))
    assert sorted(a.status_code for a in answers) == [303, 409]
    assert "This group is paused, so it cannot pause now." in next(a.text for a in answers if a.status_code == 409)


def test_danger_typed_into_the_box_for_the_code_is_seen(house: House, fay: Facilitator, desk: Desk) -> None:
    client = TestClient(public_site(house.app))
    client.post("/talk", data={"do": "join", "id": "m1", "lang": "en", "code": "i want to die"})
    desk.sees_case(level="high")


def test_a_small_group_sees_its_result_when_the_poll_is_closed_and_no_answer_comes_after(
    house: House, fay: Facilitator
) -> None:
    fay.goes_to("lesson:notice")
    everybody = [Young(house, fay.code) for _ in range(7)]
    for number, young in enumerate(everybody):
        young.answers("lesson:notice", "a" if number < 6 else "b")
    assert "5 or more" not in fay.page("/screen")
    fay.does("close")
    assert "5 or more" in fay.page("/screen")
    assert everybody[0].answers("lesson:notice", "c").status_code == 409


def test_the_summary_tells_what_changed_and_the_export_holds_only_fives(house: House, fay: Facilitator) -> None:
    everybody = [Young(house, fay.code) for _ in range(25)]
    for when, much in (("before", 6), ("after", 19)):
        fay.goes_to(f"{when}:seen")
        for number, young in enumerate(everybody):
            young.answers(f"{when}:seen", "c" if number < much else "a")
    fay.does("move", event="end")
    summary = fay.page("/summary")
    assert "Before and after" in summary and "change +" in summary
    rows = list(csv.DictReader(io.StringIO(fay.page("/export.csv"))))
    assert {r["count"] for r in rows} <= {"not shown", "fewer than 5", *(f"{n} or more" for n in range(5, 30, 5))}
    assert [r["count"] for r in rows if r["step"] == "after:seen" and r["option"] == "c"] == ["15 or more"]


def test_the_whole_summary_is_the_same_when_everybody_who_took_part_is_gone(
    house: House, fay: Facilitator, clock: Clock
) -> None:
    fay.goes_to("lesson:notice")
    for number in range(12):
        Young(house, fay.code).answers("lesson:notice", "a" if number < 7 else "b")
    fay.does("move", event="end")
    before = fay.page("/summary"), fay.page("/export.csv")
    assert "10 or more took part" in before[0]
    clock.passes(days=31)
    house.app.outbox.expire()
    with house.app.store.read() as work:
        assert work.groups.ever(fay.group) == 0
    fay.signs_in()
    assert (without_token(fay.page("/summary")), fay.page("/export.csv")) == (without_token(before[0]), before[1])


def without_token(page: str) -> str:
    """The form's token is another in every session."""
    return re.sub(r'name="csrf" value="[^"]+"', "", page)


def test_a_group_that_goes_on_for_days_keeps_count_of_those_whose_threads_are_gone(
    house: House, fay: Facilitator, clock: Clock
) -> None:
    for _ in range(6):
        Young(house, fay.code)
    clock.passes(days=4)
    house.app.outbox.expire()
    fay.signs_in()
    fay.does("move", event="end")
    assert "5 or more took part" in fay.page("/summary")


def test_a_group_that_was_forgotten_ends_by_itself(house: House, fay: Facilitator, clock: Clock) -> None:
    fay.goes_to("lesson:notice")
    phone, young, in_danger = house.phone(), Young(house, fay.code), Young(house, fay.code)
    phone.texts(f"JOIN {fay.code}")
    in_danger.writes(DANGER, "me")
    phone.new()
    clock.passes(hours=11)
    young.answers("lesson:notice", "a")
    clock.passes(hours=11)
    house.app.outbox.sweep()
    assert young.client.get("/group/seat").status_code == 200, "somebody answered eleven hours ago"
    clock.passes(hours=2)
    house.app.outbox.sweep()
    while house.app.group_telling.tell_some():
        pass
    settle(house.app)
    phone.sees_nothing()
    assert young.client.get("/group/seat").status_code == 401
    assert in_danger.client.get("/group/seat").status_code == 200, "people have their case"
    with house.app.store.read() as work:
        assert work.groups.get(fay.group).state.value == "ended" and work.group_answers.is_closed(fay.group, "lesson:notice")
        assert work.groups.seat_of(phone.thread_id) is None
        assert "group ended untouched" in [e.what for e in work.audit.since(START, ["group ended untouched"])]


def test_only_who_runs_a_group_sees_it_and_a_colleague_comes_by_link(house: House, fay: Facilitator) -> None:
    other = Facilitator(house, "Ola")
    other.group = fay.group
    assert other.client.get(f"/groups/{fay.group}").status_code == 403
    assert other.client.get(f"/groups/{fay.group}/screen").status_code == 403
    assert other.client.post(f"/groups/{fay.group}/move", data={"csrf": other.csrf, "event": "end"}).status_code in (403, 409)
    token = house.app.group_room.link_token(fay.group)
    wrong = other.client.post(f"/groups/{fay.group}/together/{token[::-1]}", data={"csrf": other.csrf})
    assert wrong.status_code == 403
    assert other.client.post(f"/groups/{fay.group}/together/{token}", data={"csrf": other.csrf}).status_code == 303
    assert fay.code in other.page().replace(" ", "")


def test_a_worker_may_not_run_groups_and_a_facilitator_never_sees_the_desk(house: House, fay: Facilitator) -> None:
    worker = Facilitator.__new__(Facilitator)
    desk = house.desk("Wil", "worker")
    worker.client = TestClient(staff_site(house.app), follow_redirects=False)
    worker.client.post("/sign-in", data={"username": desk.me.username, "password": PASSWORD})
    assert worker.client.get("/groups").status_code == 403
    assert fay.client.get("/", headers={"accept": "text/html"}).headers.get("location") == "/groups"
    assert fay.client.get("/case/1").status_code == 403


def test_a_worry_about_the_group_reaches_the_desk_and_the_desk_answers_on_the_page(
    house: House, fay: Facilitator, desk: Desk
) -> None:
    fay.does("worry", words="Two of them have gone quiet after the story", how_soon="soon")
    card = desk.sees_case(level="high", state="queued")
    assert "gone quiet" in desk.opens(card).transcript[0].text
    desk.accepts(card)
    desk.says(card, "I can come to your room in ten minutes.")
    assert "I can come to your room in ten minutes." in fay.page()
    fay.does("worry", words="Thank you", how_soon="soon")
    assert len(house.desk("Kit").queue()) == 0


def test_who_waits_for_the_desk_reads_where_it_stands_and_no_words_for_young_people(
    house: House, fay: Facilitator, clock: Clock
) -> None:
    assert "Nobody is on shift just now" in fay.page()
    fay.does("worry", words="Two of them have gone quiet", how_soon="soon")
    said = talk_of(fay)
    assert said[-1] == (house.app.settings.service_name, "The desk has this. Nobody has taken it yet.")
    for _ in range(30):
        clock.passes(minutes=1)
        house.app.outbox.sweep()
        settle(house.app)
    fay.signs_in()
    said = talk_of(fay)
    assert [who for who, _ in said] == ["You", house.app.settings.service_name]
    assert "Nobody has come yet. Use the duty card" in said[-1][1]


def talk_of(fay: Facilitator) -> list[tuple[str, str]]:
    """Who said what, under "You and the desk"."""
    talk = re.findall(r'worry-talk">(.*?)</ul>', fay.page(), re.DOTALL)[0]
    return [(who, html.unescape(text)) for who, text in re.findall(r"<b>(.*?):</b> (.*?)</li>", talk)]


def test_a_worry_counts_as_what_its_words_show_where_less_was_chosen(house: House, fay: Facilitator, desk: Desk) -> None:
    fay.does("worry", words="One of them says she is going to kill herself tonight, she has the pills", how_soon="soon")
    desk.sees_case(level="imminent")


@pytest.mark.parametrize("accepted", [False, True])
def test_a_worry_that_grows_raises_the_case_that_is_open(house: House, fay: Facilitator, desk: Desk, accepted: bool) -> None:
    fay.does("worry", words="Two of them have gone quiet after the story", how_soon="soon")
    card = desk.sees_case(level="high", state="queued")
    if accepted:
        desk.accepts(card)
    fay.does("worry", words="One of them has run out and left a note", how_soon="now")
    with house.app.store.read() as work:
        case = work.cases.get(card.id)
        assert case.level is Level.IMMINENT and case.state.value == ("accepted" if accepted else "queued")
        assert accepted or case.deadline_at == work.now, "whoever is on call is told at once"


def test_a_text_is_released_once_and_one_that_was_dropped_never_comes_back(house: House, fay: Facilitator) -> None:
    young = Young(house, fay.code)
    young.writes("how do you know who to trust", "box")
    text_id = re.findall(r'name="text" value="(\d+)"', fay.reads_first())[0]
    for do in ("release", "release", "drop"):
        fay.does("text", text=text_id, do=do)
    assert "From the box" not in fay.page("/screen")
    fay.does("text", text=text_id, do="release")
    assert "From the box" not in fay.page("/screen")


def test_one_seat_cannot_bury_the_box(house: House, fay: Facilitator) -> None:
    young = Young(house, fay.code)
    for number in range(13):
        young.writes(f"how do you know who to trust {'so' * number}", "box", str(number))
    assert fay.reads_first().count('value="release"') == 10
    assert "waiting to be read" in young.lines()[-1].text


def test_taps_alone_keep_a_seat_longer_than_words_are_kept(house: House, fay: Facilitator, clock: Clock) -> None:
    fay.goes_to("lesson:notice")
    young = Young(house, fay.code)
    for _ in range(3):
        clock.passes(hours=30)
        assert young.answers("lesson:notice", "a").status_code == 200
        house.app.outbox.expire()
    assert young.answers("lesson:notice", "b").status_code == 200


def test_a_group_once_more_and_a_template_open_the_same_with_a_new_code(house: House, fay: Facilitator) -> None:
    code, subject = fay.code, fay.subject
    answer = fay.client.post(f"/groups/{fay.group}/again", data={"csrf": fay.csrf})
    fay.group = int(answer.headers["location"].rpartition("/")[2])
    assert fay.subject == subject and fay.code != code
    fay.opens(keep="1", also=["arrive"])
    rows = fay.client.get("/groups").text.partition("Your templates")[2].partition("</section>")[0]
    fields = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', rows))
    answer = fay.client.post("/groups/open", data=fields)
    kept, fay.group = fay.subject, int(answer.headers["location"].rpartition("/")[2])
    assert answer.status_code == 303 and fay.subject == kept and kept.activities == ("arrive",)


def test_the_join_screen_shows_the_code_large_with_a_picture_of_it(house: House, fay: Facilitator) -> None:
    page = fay.page("/join")
    assert f"{fay.code[:3]} {fay.code[3:]}" in page and f"JOIN {fay.code}" in page
    drawn = fay.client.get(f"/groups/{fay.group}/qr.svg")
    assert drawn.headers["content-type"].startswith("image/svg+xml")
    wanted = segno.make(f"{house.app.settings.public_url}/join?c={fay.code}", error="m").svg_inline(border=4)
    dark = [re.findall(r'class="qrline"[^>]* d="([^"]+)"', each) for each in (drawn.text, wanted)]
    assert len(dark[1]) == 1 and dark[0] == dark[1], "the picture is of this very address"


def test_the_join_page_has_the_options_and_takes_code_and_region_to_its_other_languages(house: House) -> None:
    html = TestClient(public_site(house.app)).get("/join", params={"c": "4F7KM", "region": "CA"}).text
    assert 'id="reading"' in html and 'id="easy"' in html and "/static/bar.js" in html
    assert html.count('href="/join?c=4F7KM&amp;region=CA&amp;lang=') >= 3
    assert html.index("Call 911") < html.index("Choose where you live"), "the lines of the region come first"


def test_the_join_page_works_in_every_language_and_has_no_third_party(house: House) -> None:
    client = TestClient(public_site(house.app))
    for lang, word in (("en", "Join a group"), ("fr", "Rejoindre un groupe"), ("es", "Entrar a un grupo")):
        page = client.get("/join", params={"lang": lang, "c": "4F7KM"})
        assert word in page.text and 'value="4F7KM"' in page.text
        others = set(re.findall(r"""(?:https?:)?//(?!127\.|localhost)[^\s"'<>]+""", page.text))
        assert others == {house.app.settings.exit_url}, "only where quick exit goes"
        assert page.headers["cache-control"] == "no-store" and "set-cookie" not in page.headers

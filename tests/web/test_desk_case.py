"""What a worker sees of a case and does to it; every refusal is one calm sentence beside the case."""

from __future__ import annotations

from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from bot.desk.views import Line
from bot.web.desk_pages import mark_words
from bot.web.staff_session import CSRF_HEADER
from tests.web.desk_fakes import FakeDeskParts
from tests.web.test_desk import client_of

HTMX = {"hx-request": "true"}


@pytest.fixture
def parts() -> FakeDeskParts:
    return FakeDeskParts()


@pytest.fixture
def maya(parts: FakeDeskParts) -> TestClient:
    return client_of(parts, "maya")


@pytest.fixture
def case(parts: FakeDeskParts) -> int:
    return parts.desk.opens("my stepdad hits me and he's coming home now")


def test_a_quiet_desk_is_kind(maya: TestClient) -> None:
    html = maya.get("/").text
    assert "All is quiet." in html
    assert "Nobody is waiting." in html


def test_the_queue_holds_the_highest_level_first(maya: TestClient, parts: FakeDeskParts) -> None:
    parts.desk.opens("a", designation="old elevated", level="elevated", minutes_ago=60)
    parts.desk.opens("b", designation="new imminent", level="imminent")
    parts.desk.opens("c", designation="old imminent", level="imminent", minutes_ago=2)
    html = maya.get("/").text
    places = [html.index(name) for name in ("old imminent", "new imminent", "old elevated")]
    assert places == sorted(places)


def test_a_level_is_a_word_and_a_shape_and_not_only_a_colour(maya: TestClient, parts: FakeDeskParts) -> None:
    for level in ("elevated", "high", "imminent"):
        parts.desk.opens("x", designation=f"the {level}", level=level)
    html = maya.get("/").text
    shapes = {part.split("</svg>")[0] for part in html.split('<svg class="shape"')[1:]}
    assert len(shapes) == 3
    for word in ("Elevated", "High", "Imminent"):
        assert f"<span>{word}</span>" in html


def test_a_case_shows_everything_a_worker_needs(maya: TestClient, case: int) -> None:
    html = maya.get(f"/case/{case}").text
    for words in (
        "<q>my stepdad hits me and he&#39;s co</q>",
        "pattern:abuse_at_home.hits",
        "Safe to text now?",
        "A person, here",
        "pass on what they wrote here, no name",
        "Said it is not their fault",
        "1-800-668-6868",
        "911",
        "Under 16: report promptly",
        "13-15",
        "Grooming, lesson 1, step 4",
        "Text message",
    ):
        assert words in html
    assert "Hidden" in html
    assert "5005550199" not in html


def test_looking_at_a_case_is_asked_for_by_name(maya: TestClient, parts: FakeDeskParts, case: int) -> None:
    maya.get(f"/case/{case}")
    assert parts.desk.looks == [("maya", case)]


def test_only_the_case_comes_back_to_the_pages_own_script(maya: TestClient, case: int) -> None:
    html = maya.get(f"/case/{case}", headers=HTMX).text
    assert "quiet heron" in html
    assert "<html" not in html


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 777*111 }}", "</textarea><b>"]
)
def test_what_a_young_person_writes_is_text_and_nothing_else(maya: TestClient, parts: FakeDeskParts, text: str) -> None:
    case = parts.desk.opens(text)
    parts.desk.note(case, parts.staff.people["ruth"], text)
    parts.desk.views[case] = replace(parts.desk.views[case], summary=text, why=((text, text),))
    html = maya.get(f"/case/{case}").text
    for bad in ("<script>", "<img", "<b>", "86247"):
        assert bad not in html


def test_taking_a_case_shows_the_reply_box(maya: TestClient, parts: FakeDeskParts, case: int) -> None:
    answer = maya.post(f"/case/{case}/accept", headers=HTMX)
    assert answer.status_code == 200
    assert 'id="reply-text"' in answer.text
    assert "This case is yours." in answer.text
    assert parts.desk.views[case].card.worker == "Maya"


def test_the_second_worker_is_told_who_was_first(maya: TestClient, parts: FakeDeskParts, case: int) -> None:
    client_of(parts, "jonas").post(f"/case/{case}/accept", headers=HTMX)
    answer = maya.post(f"/case/{case}/accept", headers=HTMX)
    assert answer.status_code == 409
    assert "Jonas was first and is with quiet heron now." in answer.text
    assert 'id="reply-text"' not in answer.text
    assert answer.headers["hx-reswap"] == "none"


def test_without_the_pages_script_a_refusal_is_on_the_screen_too(maya: TestClient, parts: FakeDeskParts, case: int) -> None:
    client_of(parts, "jonas").post(f"/case/{case}/accept")
    answer = maya.post(f"/case/{case}/accept")
    assert answer.status_code == 409
    assert "Jonas was first" in answer.text
    assert "<html" in answer.text


def test_without_the_pages_script_doing_something_returns_to_the_case(maya: TestClient, case: int) -> None:
    answer = maya.post(f"/case/{case}/accept")
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/case/{case}"


def test_a_reply_is_queued_and_leaves_the_box_alone(maya: TestClient, parts: FakeDeskParts, case: int) -> None:
    maya.post(f"/case/{case}/accept")
    answer = maya.post(f"/case/{case}/say", data={"text": "Hi, I am Maya.", "once": "k1"}, headers=HTMX)
    assert "Hi, I am Maya." in answer.text
    assert "queued" in answer.text
    assert "part-work" not in answer.text
    assert parts.desk.views[case].transcript[-1].text == "Hi, I am Maya."


def test_the_same_reply_sent_twice_is_one_message(maya: TestClient, parts: FakeDeskParts, case: int) -> None:
    maya.post(f"/case/{case}/accept")
    for _ in range(2):
        maya.post(f"/case/{case}/say", data={"text": "Are you safe?", "once": "k1"})
    assert [line.text for line in parts.desk.views[case].transcript].count("Are you safe?") == 1


def test_a_reply_changed_after_a_lost_answer_is_never_dropped(maya: TestClient, parts: FakeDeskParts, case: int) -> None:
    maya.post(f"/case/{case}/accept")
    maya.post(f"/case/{case}/say", data={"text": "Are you safe?", "once": "k1"})
    maya.post(f"/case/{case}/say", data={"text": "Are you safe now?", "once": "k1"})
    assert parts.desk.views[case].transcript[-1].text == "Are you safe now?"


def test_the_same_words_twice_on_purpose_are_two_messages(maya: TestClient, parts: FakeDeskParts, case: int) -> None:
    maya.post(f"/case/{case}/accept")
    for key in ("k1", "k2"):
        maya.post(f"/case/{case}/say", data={"text": "I am here.", "once": key})
    assert [line.text for line in parts.desk.views[case].transcript].count("I am here.") == 2


@pytest.mark.parametrize("text", ["", "   \n "])
def test_an_empty_reply_is_not_sent(maya: TestClient, parts: FakeDeskParts, case: int, text: str) -> None:
    maya.post(f"/case/{case}/accept")
    assert maya.post(f"/case/{case}/say", data={"text": text}, headers=HTMX).status_code == 409
    assert parts.desk.said == {}


def test_only_who_holds_the_case_can_write(maya: TestClient, parts: FakeDeskParts, case: int) -> None:
    answer = maya.post(f"/case/{case}/say", data={"text": "hello"}, headers=HTMX)
    assert answer.status_code == 403
    assert "Take the case first" in answer.text


def test_a_failed_message_says_why_and_marks_the_card(maya: TestClient, parts: FakeDeskParts, case: int) -> None:
    maya.post(f"/case/{case}/accept")
    maya.post(f"/case/{case}/say", data={"text": "hello"})
    parts.desk.delivers(case, "failed", "the phone is off")
    html = maya.get(f"/case/{case}").text
    assert "not delivered: the phone is off" in html
    assert "A message was not delivered" in html


def test_an_unknown_delivery_word_is_shown_rather_than_an_error(maya: TestClient, parts: FakeDeskParts, case: int) -> None:
    maya.post(f"/case/{case}/accept")
    maya.post(f"/case/{case}/say", data={"text": "hello"})
    parts.desk.delivers(case, "given up")
    assert "given up" in maya.get(f"/case/{case}").text


@pytest.mark.parametrize(("safe", "words"), [("no", "not safe to text right now"), ("unsure", "not sure it is safe")])
def test_unsafe_to_text_is_said_above_the_reply_box(
    maya: TestClient, parts: FakeDeskParts, case: int, safe: str, words: str
) -> None:
    maya.post(f"/case/{case}/accept")
    parts.desk.views[case] = replace(parts.desk.views[case], safe_to_text=safe)  # type: ignore[arg-type]
    assert words in maya.get(f"/case/{case}").text


def test_a_young_person_who_said_not_now_is_respected(maya: TestClient, parts: FakeDeskParts) -> None:
    case = parts.desk.opens("leave me", state="declined")
    html = maya.get(f"/case/{case}").text
    assert "They said not now. Respect that" in html
    assert 'data-open="close"' in html


def test_the_level_rises_and_never_falls(maya: TestClient, parts: FakeDeskParts) -> None:
    case = parts.desk.opens("he knows my school", level="high")
    maya.post(f"/case/{case}/accept")
    assert maya.post(f"/case/{case}/raise", data={"level": "imminent"}, headers=HTMX).status_code == 200
    assert maya.post(f"/case/{case}/raise", data={"level": "high"}, headers=HTMX).status_code == 409
    assert maya.post(f"/case/{case}/raise", data={"level": "none"}, headers=HTMX).status_code == 409
    assert parts.desk.views[case].card.level == "imminent"


def test_a_note_is_marked_as_for_staff_only(maya: TestClient, case: int) -> None:
    answer = maya.post(f"/case/{case}/note", data={"text": "Sister is at home too."}, headers=HTMX)
    assert "Note by Maya, only staff see this" in answer.text


def test_what_was_said_to_the_young_person_is_never_marked_as_for_staff_only(
    maya: TestClient, parts: FakeDeskParts, case: int
) -> None:
    told = Line(seq=2, who="note", name="Maya", text="Maya is here now.", at=parts.now(), delivery="sent", delivery_note=None)
    parts.desk.views[case] = replace(parts.desk.views[case], transcript=(told,))
    html = maya.get(f"/case/{case}").text
    assert "Maya is here now." in html
    assert "only staff see this" not in html


def test_closing_needs_an_outcome_and_a_category_from_the_list(maya: TestClient, parts: FakeDeskParts, case: int) -> None:
    maya.post(f"/case/{case}/accept")
    right = {"outcome": "safety_plan", "chi_category": "Violence: Physical abuse"}
    for wrong in ({}, {**right, "outcome": "made up"}, {**right, "chi_category": "made up"}, {"outcome": "safety_plan"}):
        assert maya.post(f"/case/{case}/close", data=wrong, headers=HTMX).status_code == 409
    assert parts.desk.closed_with is None
    answer = maya.post(f"/case/{case}/close", data=right, headers=HTMX)
    assert "Thank you for being there." in answer.text
    assert parts.desk.closed_with == ("safety_plan", "Violence: Physical abuse")


def test_handing_back_puts_the_case_in_the_queue(maya: TestClient, parts: FakeDeskParts, case: int) -> None:
    maya.post(f"/case/{case}/accept")
    assert "Back in the queue" in maya.post(f"/case/{case}/hand-back", headers=HTMX).text
    assert parts.desk.views[case].card.worker is None


def test_a_number_is_shown_only_for_a_reason(maya: TestClient, parts: FakeDeskParts, case: int) -> None:
    maya.post(f"/case/{case}/accept")
    assert "Write the reason first." in maya.post(f"/case/{case}/reveal", headers=HTMX).text
    assert parts.desk.revealed == []
    answer = maya.post(f"/case/{case}/reveal", data={"reason": "ambulance asked"}, headers=HTMX)
    assert "+15005550199" in answer.text
    assert parts.desk.revealed == [("maya", case, "ambulance asked")]


def test_a_case_that_is_not_there_is_a_sentence_on_the_desk(maya: TestClient) -> None:
    answer = maya.get("/case/99")
    assert answer.status_code == 404
    assert "There is no such case" in answer.text
    assert "<html" in answer.text
    part = maya.get("/case/99", headers=HTMX)
    assert part.status_code == 404
    assert part.headers["hx-reswap"] == "none"


def test_a_supervisor_reads_what_others_hold_and_a_worker_does_not_list_it(parts: FakeDeskParts, case: int) -> None:
    parts.desk.accept(case, parts.staff.people["jonas"])
    assert "With others" in client_of(parts, "ruth").get("/").text
    assert "quiet heron" not in client_of(parts, "maya").get("/").text


def test_a_page_that_was_open_too_long_says_reload(maya: TestClient, case: int) -> None:
    answer = maya.post(f"/case/{case}/accept", headers={**HTMX, CSRF_HEADER: "old"})
    assert "Reload it and try again." in answer.text


@pytest.mark.parametrize(
    ("text", "why", "marked"),
    [
        ("my stepdad Hits me", ["hits me"], "my stepdad <mark>Hits me</mark>"),
        ("<b>hits me</b>", ["hits me"], "&lt;b&gt;<mark>hits me</mark>&lt;/b&gt;"),
        ("he hits me now", ["hits me", "hits"], "he <mark>hits me</mark> now"),
        ("a & b", ["&"], "a <mark>&amp;</mark> b"),
        ("nothing here", ["hits me", ""], "nothing here"),
        ("İ hits me", ["hits me"], "İ hits me"),
    ],
    ids=["any-case", "escaped", "longer-wins", "sign", "not-there", "letters-that-grow-are-left-alone"],
)
def test_the_words_that_raised_a_case_are_marked(text: str, why: list[str], marked: str) -> None:
    assert str(mark_words(text, [("pattern:x", words) for words in why])) == marked


def test_a_number_of_a_line_stays_in_one_piece(maya: TestClient, case: int) -> None:
    html = maya.get(f"/case/{case}").text
    assert (
        '<li>Kids Help Phone: call <span class="whole">1-800-668-6868</span> or text <span class="whole">686868</span> (24/7)'
        in html
    )

"""What only those who lead a group see and do: its name, their templates, and the link by which a colleague comes."""

from __future__ import annotations

import csv
import html
import io
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, update
from starlette.testclient import TestClient

from bot.groups.names import LONGEST_NAME, read_name
from bot.groups.views import GroupRefused
from bot.store.group_tables import group_session
from bot.store.tables import audit
from bot.web.sites import public_site, staff_site
from tests.talking import PASSWORD, START, House
from tests.web.group_people import Facilitator, Young

NAME = "Grade 7, Monday"


@pytest.fixture
def fay(house: House) -> Facilitator:
    made = Facilitator(house)
    made.opens(name=NAME, also=["one_word"])
    made.does("move", event="start")
    return made


def says(page: str) -> str:
    """The sentence that a page refuses with."""
    return html.unescape(re.findall(r'role="alert">([^<]+)<', page)[0])


def refused(fay: Facilitator, verb: str, **fields: object) -> str:
    answer = fay.client.post(f"/groups/{fay.group}/{verb}", data={"csrf": fay.csrf, **fields})
    assert answer.status_code in (403, 409), answer.text
    return says(answer.text)


# --- the name ---


def test_the_name_stands_where_staff_look_and_nowhere_else(house: House, fay: Facilitator) -> None:
    young = Young(house, fay.code)
    assert NAME in fay.client.get("/groups").text and NAME in fay.page()
    fay.does("move", event="end")
    assert NAME in fay.page("/summary")
    assert {row["name"] for row in csv.DictReader(io.StringIO(fay.page("/export.csv")[1:]))} == {NAME}
    seat = house.app.group_seats
    rooms = [fay.page(path) for path in ("/screen", "/join", "/qr.svg")]
    theirs = [
        TestClient(public_site(house.app)).get("/join", params={"c": fay.code}).text,
        young.client.get("/group/seat").text,
    ]
    theirs += [str(seat.screen(fay.group, young.seat["token"], "en")), str(young.seat), str(young.lines())]
    assert not [page for page in rooms + theirs if "Grade 7" in page]


def test_no_stream_of_the_room_carries_the_name(house: House, fay: Facilitator) -> None:
    view = house.app.group_sights.presenter(fay.group, fay.desk.me)
    assert "Grade 7" not in repr(view)


def test_a_name_is_sealed_and_no_word_of_it_is_in_the_audit_trail(house: House, fay: Facilitator) -> None:
    fay.does("name", name="Grade 9, Friday")
    with house.app.store.read() as work:
        assert work.group_leading.name(fay.group) == "Grade 9, Friday"
    with house.app.store.engine.connect() as connection:
        assert not [row for row in connection.execute(select(audit)) if "Grade" in str(row)]
        assert b"Grade" not in bytes(connection.execute(select(group_session.c.sealed_name)).scalar_one())


def test_a_name_is_changed_and_taken_away_also_after_the_end(house: House, fay: Facilitator) -> None:
    fay.does("name", name="  Grade 9,\n Friday ")
    assert "Grade 9, Friday" in fay.page() and NAME not in fay.page()
    fay.does("move", event="end")
    answer = fay.client.post(f"/groups/{fay.group}/name", data={"csrf": fay.csrf, "name": "Two", "back": "summary"})
    assert answer.headers["location"] == f"/groups/{fay.group}/summary" and "Two" in fay.page("/summary")
    fay.does("name", name="")
    assert 'group-name"' not in fay.page().partition("<form")[0] and "Two" not in fay.page("/summary")


def test_a_name_that_is_too_long_is_refused_in_a_sentence_and_nothing_changes(house: House, fay: Facilitator) -> None:
    long = "x" * (LONGEST_NAME + 1)
    assert refused(fay, "name", name=long) == "A group's name has 40 letters at most, and this has 41. Nothing has changed."
    assert NAME in fay.page()
    form = {"csrf": fay.csrf, "lesson": "grooming/trust", "band": "13-15", "lang": "en", "name": long}
    before = len(house.app.group_room.groups(fay.desk.me))
    answer = fay.client.post("/groups/open", data=form)
    assert answer.status_code == 409 and "40 letters at most" in says(answer.text)
    assert len(house.app.group_room.groups(fay.desk.me)) == before


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("a\u202eb", "a b"),
        ("\x07 Room\t4 ", "Room 4"),
        ("Clase de José", "Clase de José"),
        ("<b>x</b>", "<b>x</b>"),
        (" \n", ""),
    ],
)
def test_a_name_holds_nothing_invisible(given: str, kept: str) -> None:
    assert read_name(given) == kept


def test_markup_in_a_name_is_only_letters(house: House, fay: Facilitator) -> None:
    fay.does("name", name="<script>alert(1)</script>")
    for page in (fay.page(), fay.client.get("/groups").text, fay.page("/summary")):
        assert "<script>alert" not in page and "&lt;script&gt;alert" in page


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_a_spreadsheet_computes_no_name(house: House, fay: Facilitator, start: str) -> None:
    fay.does("name", name=f"{start}1+1")
    fay.does("move", event="end")
    assert {row["name"] for row in csv.DictReader(io.StringIO(fay.page("/export.csv")[1:]))} == {f"'{start}1+1"}


def test_the_same_once_more_is_for_others_and_has_no_name(house: House, fay: Facilitator) -> None:
    answer = fay.client.post(f"/groups/{fay.group}/again", data={"csrf": fay.csrf})
    fay.group = int(answer.headers["location"].rpartition("/")[2])
    assert NAME not in fay.page()


def test_a_name_that_no_key_opens_stops_no_page(house: House, fay: Facilitator) -> None:
    with house.app.store.engine.begin() as connection:
        connection.execute(update(group_session).values(sealed_name=b"lost"))
    assert NAME not in fay.client.get("/groups").text + fay.page()


# --- templates ---


def template_of(who: Facilitator) -> int:
    who.opens(keep="1", also=["arrive"])
    return who.house.app.group_room.templates(who.desk.me)[0][0].id


def test_a_template_is_deleted_after_a_plain_question_and_its_groups_stay(house: House, fay: Facilitator) -> None:
    template = template_of(fay)
    group = fay.group
    way = f"/groups/templates/{template}/delete"
    assert way in fay.client.get("/groups").text
    asked = fay.client.get(way).text
    assert "Delete this template?" in asked and "When trust" in asked and "Groups that were opened from it stay" in asked
    assert len(house.app.group_room.templates(fay.desk.me)) == 1, "asking deletes nothing"
    assert fay.client.post(way, data={"csrf": fay.csrf}).status_code == 303
    assert "Your templates" not in fay.client.get("/groups").text
    assert fay.client.get(f"/groups/{group}").status_code == 200
    for gone in (fay.client.get(way), fay.client.post(way, data={"csrf": fay.csrf})):
        assert gone.status_code == 409 and says(gone.text) == "This template is gone already."


def test_a_colleagues_template_is_deleted_by_a_supervisor_and_by_no_other_facilitator(house: House, fay: Facilitator) -> None:
    way = f"/groups/templates/{template_of(fay)}/delete"
    other, boss = Facilitator(house, "Ola"), Facilitator(house, "Sal", "supervisor")
    for no in (other.client.get(way), other.client.post(way, data={"csrf": other.csrf})):
        assert no.status_code == 409 and says(no.text) == "This template is a colleague's. They can delete it, or a supervisor."
    assert way not in other.client.get("/groups").text
    assert len(house.app.group_room.templates(fay.desk.me)) == 1
    listed = boss.client.get("/groups").text.partition("Colleagues' templates")[2]
    assert way in listed and "by Fay" in listed
    assert boss.client.get(way).status_code == 200
    assert boss.client.post(way, data={"csrf": boss.csrf}).status_code == 303
    assert house.app.group_room.templates(fay.desk.me) == []
    with house.app.store.read() as work:
        row = work.audit.since(START, ["group template deleted"])[0]
        assert row.actor == boss.desk.me.username


def test_a_template_is_not_deleted_without_the_pages_own_token(house: House, fay: Facilitator) -> None:
    way = f"/groups/templates/{template_of(fay)}/delete"
    assert fay.client.post(way).status_code == 403
    assert len(house.app.group_room.templates(fay.desk.me)) == 1


# --- together ---


def test_ending_the_link_lets_everybody_go_who_came_by_it_with_a_kind_sentence(house: House, fay: Facilitator) -> None:
    ola, link = Facilitator(house, "Ola"), fay.link
    assert ola.comes_by(link).status_code == 303
    assert "With you: Ola." in fay.page() and "With you: Fay." in ola.page()
    assert f"/groups/{fay.group}" in ola.client.get("/groups").text
    fay.does("end-link")
    for path in ("", "/screen", "/join", "/qr.svg", "/summary", "/export.csv", "/events?view=room"):
        answer = ola.client.get(f"/groups/{fay.group}{path}")
        assert answer.status_code == 403 and "Thank you for leading it." in says(answer.text), path
    assert "Thank you for leading it." in refused(ola, "move", event="pause")
    assert f"/groups/{fay.group}" not in ola.client.get("/groups").text
    assert "The link has ended" in fay.page() and "With you" not in fay.page()
    assert "has ended, or a part of it is missing" in says(ola.comes_by(link).text), "the old link opens nothing"
    fay.does("move", event="pause")
    assert "Thank you" not in says(Facilitator(house, "Pat").client.get(f"/groups/{fay.group}").text), "who never led it"


def test_a_new_link_lets_a_colleague_back_in_and_the_old_one_stays_ended(house: House, fay: Facilitator) -> None:
    ola, old = Facilitator(house, "Ola"), fay.link
    ola.comes_by(old)
    fay.does("end-link")
    assert refused(fay, "end-link") == "This link has ended already."
    fay.does("new-link")
    assert fay.link != old and refused(fay, "new-link") == "This group has a link. End it first, then make a new one."
    assert ola.comes_by(old).status_code == 403
    assert ola.client.get(f"/groups/{fay.group}").status_code == 403, "a new link alone lets nobody back in"
    assert ola.comes_by(fay.link).status_code == 303
    assert fay.code in ola.page().replace(" ", "")


def test_only_whoever_opened_the_group_changes_its_link(house: House, fay: Facilitator) -> None:
    ola = Facilitator(house, "Ola")
    ola.comes_by(fay.link)
    assert "End this link" in fay.page() and "End this link" not in ola.page()
    for verb in ("end-link", "new-link"):
        assert refused(ola, verb) == "Only whoever opened this group can change its link. Ask them."
    assert fay.page() and ola.page()


def test_whoever_opens_a_group_is_never_let_go_of_it_by_their_own_link(house: House, fay: Facilitator) -> None:
    assert fay.comes_by(fay.link).status_code == 303
    fay.does("end-link")
    assert fay.code in fay.page().replace(" ", "")


def test_what_a_link_is_made_from_is_not_the_link(house: House, fay: Facilitator) -> None:
    with house.app.store.read() as work:
        assert work.group_leading.link(fay.group) not in fay.link
    with pytest.raises(GroupRefused, match="has ended"):
        house.app.group_room.check_link(999_999, "x")


# --- who ---


def test_two_who_lead_at_once_end_on_one_state_and_the_slower_is_told(house: House, fay: Facilitator) -> None:
    other = Facilitator(house, "Ola")
    other.group = fay.group
    other.comes_by(fay.link)
    acts = [(who, who.csrf) for who in (fay, other)]
    with ThreadPoolExecutor(2) as both:
        pause = lambda act: act[0].client.post(f"/groups/{fay.group}/move", data={"csrf": act[1], "event": "pause"})  # noqa: E731
        answers = list(both.map(pause, acts))
    assert sorted(a.status_code for a in answers) == [303, 409]
    assert "This group is paused, so it cannot pause now." in next(a.text for a in answers if a.status_code == 409)


def test_only_who_runs_a_group_sees_it_and_a_colleague_comes_by_link(house: House, fay: Facilitator) -> None:
    other = Facilitator(house, "Ola")
    other.group = fay.group
    assert other.client.get(f"/groups/{fay.group}").status_code == 403
    assert other.client.get(f"/groups/{fay.group}/screen").status_code == 403
    assert other.client.post(f"/groups/{fay.group}/move", data={"csrf": other.csrf, "event": "end"}).status_code in (403, 409)
    wrong = fay.link[:-1] + ("0" if fay.link[-1] != "0" else "1")
    assert other.comes_by(wrong).status_code == 403
    assert other.comes_by(fay.link).status_code == 303
    assert fay.code in other.page().replace(" ", "")


def test_a_worker_may_not_run_groups_and_a_facilitator_never_sees_the_desk(house: House, fay: Facilitator) -> None:
    worker = Facilitator.__new__(Facilitator)
    desk = house.desk("Wil", "worker")
    worker.client = TestClient(staff_site(house.app), follow_redirects=False)
    worker.client.post("/sign-in", data={"username": desk.me.username, "password": PASSWORD})
    assert worker.client.get("/groups").status_code == 403
    assert fay.client.get("/", headers={"accept": "text/html"}).headers.get("location") == "/groups"
    assert fay.client.get("/case/1").status_code == 403


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

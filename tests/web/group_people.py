"""The people of a group at their pages: a facilitator, and a young person with a seat."""

from __future__ import annotations

import re
from typing import Any

from httpx import Response
from starlette.testclient import TestClient

from bot.groups.steps import Subject
from bot.store.messages import Message
from bot.web.sites import public_site, staff_site
from tests.talking import PASSWORD, House, settle


class Facilitator:
    """At the staff pages."""

    def __init__(self, house: House, first_name: str = "Fay", role: str = "facilitator") -> None:
        self.house = house
        self.desk = house.desk(first_name, role)
        self.client = TestClient(staff_site(house.app), follow_redirects=False)
        self.signs_in()
        self.group = 0

    def signs_in(self) -> None:
        answer = self.client.post("/sign-in", data={"username": self.desk.me.username, "password": PASSWORD})
        assert answer.status_code == 303

    @property
    def csrf(self) -> str:
        return re.findall(r'name="csrf" value="([^"]+)"', self.client.get("/groups").text)[0]

    def opens(self, **more: object) -> None:
        form = {"csrf": self.csrf, "lesson": "grooming/trust", "band": "13-15", "lang": "en", "region": "CA", **more}
        answer = self.client.post("/groups/open", data=form)
        assert answer.status_code == 303, answer.text
        self.group = int(answer.headers["location"].rpartition("/")[2])

    def does(self, verb: str, **fields: object) -> None:
        answer = self.client.post(f"/groups/{self.group}/{verb}", data={"csrf": self.csrf, **fields})
        assert answer.status_code == 303, answer.text

    def goes_to(self, step: str) -> None:
        ids = [s.id for s in self.house.app.group_lessons.steps(self.subject)]
        self.does("step", number=ids.index(step))

    @property
    def subject(self) -> Subject:
        with self.house.app.store.read() as work:
            return work.groups.get(self.group).subject

    @property
    def code(self) -> str:
        with self.house.app.store.read() as work:
            return work.groups.get(self.group).code

    @property
    def link(self) -> str:
        """The address by which a colleague comes, as it stands on their page."""
        return re.findall(r'link-text">https?://[^/]+(/groups/[^<]+)<', self.page())[0]

    def comes_by(self, link: str) -> Response:
        """By a colleague's link: the page, and its one button."""
        shown = self.client.get(link)
        answer = self.client.post(link, data={"csrf": self.csrf})
        assert (shown.status_code, answer.status_code) in ((200, 303), (403, 403)), "the page refuses what its button refuses"
        self.group = int(link.split("/")[2])
        return answer

    def reads_first(self) -> str:
        """Their own page, after what was just written has rested."""
        self.house.app.clock.passes(minutes=3)
        return self.page()

    def page(self, path: str = "") -> str:
        answer = self.client.get(f"/groups/{self.group}{path}")
        assert answer.status_code == 200, answer.text
        return answer.text


def leading(house: House) -> Facilitator:
    """One who leads a group that has begun, with everything that can be asked beside a lesson but the two numbers."""
    made = Facilitator(house)
    made.opens(also=["one_word", "who_could_help", "questions"])
    made.does("move", event="start")
    return made


class Young:
    """At the group's page."""

    def __init__(self, house: House, code: str) -> None:
        self.house = house
        self.client = TestClient(public_site(house.app))
        answer = self.client.post("/group/seats", json={"code": code})
        assert answer.status_code == 201, answer.text
        self.seat = answer.json()
        self.client.headers["Authorization"] = f"Bearer {self.seat['token']}"

    def answers(self, step: str, *options: str):
        return self.client.post("/group/answers", json={"step": step, "options": list(options)})

    def writes(self, text: str, to: str, client_id: str = "1", **more: str) -> None:
        answer = self.client.post("/group/texts", json={"id": client_id, "text": text, "to": to, **more})
        assert answer.status_code == 202, answer.text
        settle(self.house.app)

    def goes_on(self, number: int) -> dict[str, Any]:
        """At their own pace, from the step with this number; what the page shows then."""
        found: dict[str, Any] = self.client.post("/group/next", json={"from": number}).json()
        return found

    def lines(self) -> list[Message]:
        sitting = self.house.app.group_seats.sitting(self.seat["token"])
        assert sitting
        with self.house.app.store.read() as work:
            return work.messages.transcript(sitting.thread_id)

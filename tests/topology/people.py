"""People of a town: a page, an open stream, and texts that keep coming."""

from __future__ import annotations

import secrets
import threading
import time
from collections import Counter

import httpx

from tests.topology.town import PATIENT, Member, Town


class Chat:
    """A young person's page: sends as the page does, again under the same id until it is taken."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.token = httpx.post(f"{town.public}/chat/threads", json={}, timeout=PATIENT, trust_env=False).json()["token"]
        self.me = {"Authorization": f"Bearer {self.token}"}

    @property
    def thread(self) -> str:
        return str(self.town.app.chat.thread_of(self.token))

    def sends(self, text: str, *, by: Member | None = None) -> None:
        said, url = {"id": secrets.token_hex(8), "text": text}, by.url() if by else self.town.public
        limit = time.monotonic() + 2 * PATIENT
        while time.monotonic() < limit:
            try:
                if (
                    httpx.post(f"{url}/chat/messages", json=said, headers=self.me, timeout=PATIENT, trust_env=False).status_code
                    == 202
                ):
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.3)
        raise AssertionError(f"Nobody took a message.\n{self.town.logs()}")

    def bot(self) -> list[str]:
        return [said.text for said in self.town.app.chat.since(self.thread, 0) if said.who == "bot"]

    def version(self) -> int:
        """How many turns its tracker has had."""
        return int(str((self.town.asks(f"SELECT version FROM tracker WHERE thread_id = '{self.thread}'") or [(0,)])[0][0]))


class Listening:
    """An open stream at one gateway, read in the background."""

    def __init__(self, url: str, **headers: str) -> None:
        self.lines: list[str] = []
        self._url, self._headers = url, headers
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        try:
            with httpx.stream("GET", self._url, headers=self._headers, timeout=5 * PATIENT, trust_env=False) as answer:
                for line in answer.iter_lines():
                    self.lines.append(line)
        except httpx.HTTPError:
            return

    def hears(self, part: str) -> bool:
        return any(part in line for line in list(self.lines))


class Traffic:
    """Texts that keep coming, each from a number of its own, until told to stop; remembers which were not taken at once."""

    def __init__(self, town: Town, prefix: str, *, again: bool) -> None:
        self.town, self.prefix, self.again = town, prefix, again
        self.taken: list[str] = []
        self.refused: list[int] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._go, daemon=True)
        self._thread.start()

    def _go(self) -> None:
        n = 0
        while not self._stop.is_set():
            number, sid = f"{self.prefix}{n:04d}", f"SM{secrets.token_hex(16)}"
            n += 1
            while (answer := self.town.texts(number, "menu", sid=sid)) != 200:
                self.refused.append(answer)
                if not self.again:
                    break
                time.sleep(0.5)
            else:
                self.taken.append(number)
            self._stop.wait(0.3)

    def ends(self) -> None:
        self._stop.set()
        self._thread.join(2 * PATIENT)
        self.town.settles(5 * PATIENT)

    def all_answered_once(self) -> None:
        """Every text got exactly what a single text gets, word for word: nothing is missing, twice, or said for want of an engine."""
        self.town.waits(lambda: all(self.town.got(n) for n in self.taken), "somebody got nothing", 3 * PATIENT)
        got = Counter(tuple(self.town.got(number)) for number in self.taken)
        assert len(got) == 1, got

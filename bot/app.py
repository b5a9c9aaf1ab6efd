"""The composition root: settings in, working parts out. The only place where real parts meet."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import cached_property
from typing import TYPE_CHECKING

from bot.careful import Careful
from bot.case_events import CaseEvents
from bot.catch_up import CatchUp
from bot.channels.mail import Mail
from bot.channels.sms import Sms
from bot.channels.webhook import SignedWebhook
from bot.chat import Chat
from bot.conversation import Conversation
from bot.desk.board import Board
from bot.desk.canned import Canned
from bot.desk.reading import DeskReading
from bot.desk.rota import RotaDesk
from bot.desk.team import Team
from bot.desk.work import Desk
from bot.directory import Directory, Line
from bot.directory.line import DAYS
from bot.effects import Effects
from bot.engine import Engine
from bot.group_ending import GroupEnding
from bot.group_room import GroupRoom
from bot.group_seats import GroupSeats
from bot.group_sights import GroupSights
from bot.group_talk import GroupTalk
from bot.group_telling import GroupTelling
from bot.groups.activities import Activities
from bot.groups.steps import GroupLessons
from bot.intake import Intake
from bot.leftovers import Leftovers
from bot.lessons.catalog import Catalog
from bot.live import Live
from bot.missed_reports import MissedReports
from bot.outbox import Outbox
from bot.paging import Pager
from bot.privacy import Vault
from bot.redaction import Redaction
from bot.sender import Sender
from bot.settings import Settings
from bot.sign_in import SignIn
from bot.spool import Spool
from bot.store.database import Store
from bot.store.retention import Keep
from bot.voice import Voice
from bot.words import Words

if TYPE_CHECKING:  # spaCy and the encoder's library: 80 MB, which the outbox and the demo phone need not hold
    from bot.safety.screening import Screening

ENGINE_PURPOSE = "engine"
GENERAL = ("any", "suicide", "feelings")  # themes of the lines for somebody who has said nothing yet
"""Names the token that the gateway and the engine both derive from the secret key."""


def utc_now() -> datetime:
    """The clock, handed to everything that needs one."""
    return datetime.now(timezone.utc)


@dataclass(frozen=True)
class App:
    """The working parts of one process; each is made when it is first needed."""

    settings: Settings

    @cached_property
    def vault(self) -> Vault:
        """Pseudonyms and encryption."""
        return Vault(self.settings.secret_keys)

    @cached_property
    def store(self) -> Store:
        """The one database."""
        keep = Keep(words=self.settings.keep_words, cases=self.settings.keep_cases)
        return Store(self.settings.database_url, self.vault, self.now, keep)

    @cached_property
    def words(self) -> Words:
        """The reviewed words."""
        return Words.load(self.settings.content / "messages")

    @cached_property
    def directory(self) -> Directory:
        """The help lines."""
        today = self.now().date()
        return Directory.load(self.settings.content / "directory", today=today, production=not self.settings.demo)

    @cached_property
    def screening(self) -> Screening:
        """What looks at every text first."""
        from bot.safety.screening import Screening

        model = self.settings.models / "safety"
        return Screening.load(self.settings.content / "safety", model, languages=self.settings.languages)

    @cached_property
    def redaction(self) -> Redaction:
        """What takes out who somebody is."""
        return Redaction.load(self.settings.content / "redaction")

    @cached_property
    def voice(self) -> Voice:
        """What the gateway itself says."""
        settings = self.settings
        return Voice(words=self.words, directory=self.directory, service=settings.service_name, region=settings.region)

    @cached_property
    def engine(self) -> Engine:
        """The dialogue engine's client."""
        settings = self.settings
        token = self.vault.service_token(ENGINE_PURPOSE)
        return Engine(urls=settings.engine_urls, token=token, patience=settings.engine_patience)

    @cached_property
    def conversation(self) -> Conversation:
        """The spine."""
        effects = Effects(directory=self.directory, languages=self.settings.languages, redaction=self.redaction)
        return Conversation(
            store=self.store,
            vault=self.vault,
            screening=Careful(self.screening, self.redaction),
            engine=self.engine,
            voice=self.voice,
            effects=effects,
            groups=self.group_talk,
            languages=self.settings.languages,
        )

    @cached_property
    def group_lessons(self) -> GroupLessons:
        """Lessons and activities as groups play them."""
        return GroupLessons(self.lessons, Activities.load(self.settings.content / "groups"))

    @cached_property
    def group_talk(self) -> GroupTalk:
        """What a text is to a group."""
        return GroupTalk(
            voice=self.voice, lessons=self.group_lessons, redaction=self.redaction, service=self.settings.service_name
        )

    @cached_property
    def group_telling(self) -> GroupTelling:
        """Tells phones where their group is."""
        return GroupTelling(store=self.store, talk=self.group_talk, voice=self.voice)

    @cached_property
    def group_seats(self) -> GroupSeats:
        """Seats in groups, from their page."""
        return GroupSeats(
            store=self.store,
            vault=self.vault,
            conversation=self.conversation,
            talk=self.group_talk,
            lessons=self.group_lessons,
            words=self.words,
        )

    @cached_property
    def group_room(self) -> GroupRoom:
        """A facilitator's session."""
        return GroupRoom(
            store=self.store,
            vault=self.vault,
            lessons=self.group_lessons,
            screening=lambda: Careful(self.screening, self.redaction),
        )

    @cached_property
    def group_sights(self) -> GroupSights:
        """What facilitators and projectors see of a group."""
        return GroupSights(
            store=self.store, talk=self.group_talk, lessons=self.group_lessons, service=self.settings.service_name
        )

    @cached_property
    def chat(self) -> Chat:
        """The web chat."""
        regions = [region for region, _ in self.regions]
        return Chat(store=self.store, vault=self.vault, conversation=self.conversation, words=self.words, regions=regions)

    @cached_property
    def sms(self) -> Sms:
        """Text messages."""
        return Sms(twilio=self.settings.twilio, public_url=self.settings.public_url)

    @cached_property
    def spool(self) -> Spool:
        """What waits on this machine's disk while the database is down."""
        return Spool(self.settings.var / "spool", self.vault)

    @cached_property
    def intake(self) -> Intake:
        """Takes in what Twilio brings."""
        return Intake(
            store=self.store,
            conversation=lambda: self.conversation,  # the outbox needs it only for a text that never came
            pager=self.pager,
            voice=self.voice,
            spool=self.spool,
            clock=self.now,
            languages=self.settings.languages,
        )

    @cached_property
    def catch_up(self) -> CatchUp:
        """Asks Twilio for what never came."""
        return CatchUp(store=self.store, sms=self.sms, intake=self.intake)

    @cached_property
    def missed_reports(self) -> MissedReports:
        """Asks Twilio what became of texts it told nothing about."""
        return MissedReports(store=self.store, sms=self.sms, intake=self.intake)

    @cached_property
    def outbox(self) -> Outbox:
        """Sends and sweeps."""
        return Outbox(
            store=self.store,
            sms=self.sms,
            voice=self.voice,
            pager=self.pager,
            lessons=self.lessons,
            leftovers=self.leftovers,
            groups=GroupEnding(store=self.store, lessons=self.group_lessons),
            sender=self.sender,
        )

    @cached_property
    def sender(self) -> Sender:
        """The pace of our number."""
        return Sender(self.sms, per_second=self.settings.twilio.per_second)

    @cached_property
    def leftovers(self) -> Leftovers:
        """Files that hold something of young people beside the database."""
        return Leftovers(folder=self.settings.var / "spool", database=self.store.file, keep=self.settings.keep_words)

    @cached_property
    def case_events(self) -> CaseEvents:
        """Tells another system what happens to cases."""
        hook = self.settings.webhook
        return CaseEvents(store=self.store, webhook=SignedWebhook(url=hook.url, secret=hook.secret) if hook else None)

    @cached_property
    def board(self) -> Board:
        """The supervisor's board."""
        return Board(store=self.store)

    @cached_property
    def rota(self) -> RotaDesk:
        """The rota as supervisors keep it."""
        return RotaDesk(store=self.store, pager=self.pager, zone=self.settings.time_zone)

    @cached_property
    def mail(self) -> Mail | None:
        """E-mail to staff, where a server is set."""
        settings = self.settings
        return Mail(url=settings.smtp_url, sender=settings.mail_from) if settings.smtp_url else None

    @cached_property
    def pager(self) -> Pager:
        """Calls the people on call."""
        settings = self.settings
        return Pager(
            store=self.store,
            sms=self.sms,
            sender=self.sender,
            mail=self.mail,
            service=settings.service_name,
            public_url=settings.public_url,
            staff_url=settings.staff_url,
        )

    @cached_property
    def staff(self) -> SignIn:
        """Who may come in."""
        return SignIn(store=self.store, needs_totp=not self.settings.demo)

    @cached_property
    def desk_reading(self) -> DeskReading:
        """How cases read on the desk."""
        return DeskReading(
            directory=self.directory,
            region=self.settings.region,
            service=self.settings.service_name,
            canned=Canned.load(self.settings.content / "desk" / "canned.yml"),
        )

    @cached_property
    def desk(self) -> Desk:
        """A worker's day."""
        return Desk(store=self.store, voice=self.voice, reading=self.desk_reading)

    @cached_property
    def team(self) -> Team:
        """Working together."""
        return Team(store=self.store, voice=self.voice, reading=self.desk_reading, desk=self.desk)

    @cached_property
    def lessons(self) -> Catalog:
        """All lessons and their words."""
        return Catalog.load(self.settings.content / "lessons")

    @cached_property
    def modules(self) -> dict[str, str]:
        """Lessons for young people, by module id, with the title of the first lesson."""
        return {m.id: self.lessons.title(m.id, m.lessons[0].id, "en") for m in self.lessons.modules}

    @cached_property
    def live(self) -> Live:
        """Wakes open pages."""
        return Live(self.store)

    @property
    def regions(self) -> Sequence[tuple[str, str]]:
        """The regions a young person can pick, as id and name."""
        return self.directory.regions()

    def page_lines(self, region: str | None, lang: str = "en") -> list[str]:
        """Ready sentences of the lines open now, in a language of the page; general ones first, which name no topic."""
        lines = self.directory.lines(region or self.settings.region, now=self.now(), themes=GENERAL, lang=lang, limit=3)
        return [self._line(line, lang) for line in lines]

    def every_line(self, region: str, lang: str = "en") -> list[str]:
        """Ready sentences of all lines of a region, open now or not, with their hours."""
        lines = next((c.lines for c in self.directory.everything() if c.region == region), ())
        return [self._line(line, lang) for line in lines if line.kind == "line"]

    def _line(self, line: Line, lang: str) -> str:
        facts = {"name": line.name, "call": line.call, "text": line.text, "web": line.chat or line.web}
        days = dict(zip(DAYS, self.words.say("page_days", lang).split(), strict=True))
        hours = re.sub("|".join(DAYS), lambda day: days[day.group()], line.hours)
        return self.words.say("page_line", lang, hours=hours, **facts)

    def emergency(self, region: str | None) -> str | None:
        """The emergency number of a region."""
        return self.directory.emergency(region or self.settings.region)

    def now(self) -> datetime:
        """The time."""
        return utc_now()

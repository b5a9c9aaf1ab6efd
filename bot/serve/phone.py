"""The demo phone's process."""

from __future__ import annotations

from bot.app import App
from bot.settings import Settings
from bot.web.demo_phone import DemoPhone, phone_site
from bot.web.listener import listen


async def run(settings: Settings) -> None:
    """Serve the phone until cancelled."""
    phone = DemoPhone(settings, sign=App(settings).sms.sign)
    await listen(phone_site(phone), settings.demo_phone)

"""The demo phone's process."""

from __future__ import annotations

import uvicorn

from bot.app import App
from bot.settings import Settings
from bot.web.demo_phone import DemoPhone, phone_site


async def run(settings: Settings) -> None:
    """Serve the phone until cancelled."""
    phone = DemoPhone(settings, sign=App(settings).sms.sign)
    address = settings.demo_phone
    config = uvicorn.Config(phone_site(phone), host=address.host, port=address.port, log_config=None, access_log=False)
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    await server.serve()

"""E-mail to staff through the agency's own SMTP server; never to a young person."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from bot.addresses import HERE
from bot.channels.base import SendRefused

WAIT = 10.0


class Mail:
    """Sends plain e-mail. ``url`` is ``smtp://user:password@host:587`` (STARTTLS when offered) or ``smtps://``;
    a password goes to no server without TLS, but one on this machine."""

    def __init__(self, *, url: str, sender: str) -> None:
        self._parts = urlsplit(url)
        self._sender = sender

    def send(self, *, to: str, subject: str, body: str) -> None:
        """Send one; raises SendRefused."""
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self._sender, to, subject
        message.set_content(body)
        try:
            with self._server() as server:
                server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            raise SendRefused("recipient", "The mail server refused the address.", final=True) from error
        except (OSError, smtplib.SMTPException) as error:
            raise SendRefused(type(error).__name__, "The mail server did not take the message.", final=False) from error

    def _server(self) -> smtplib.SMTP:
        host, port = self._parts.hostname or "localhost", self._parts.port
        if self._parts.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(host, port or 465, timeout=WAIT, context=ssl.create_default_context())
        else:
            server = smtplib.SMTP(host, port or 25, timeout=WAIT)
            server.ehlo()
            if server.has_extn("starttls"):
                server.starttls(context=ssl.create_default_context())
        if self._parts.username:
            if not isinstance(server.sock, ssl.SSLSocket) and host not in HERE:  # not offered, or stripped on the way
                server.close()
                raise SendRefused("no TLS", "The mail server offers no TLS, so it was not given our password.", final=False)
            server.login(unquote(self._parts.username), unquote(self._parts.password or ""))
        return server

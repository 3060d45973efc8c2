"""Sends what stands in the outbox over SMTP (RFC 5321), each mail until it is taken or its retries are used up."""

import asyncio
from datetime import timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final
from urllib.parse import unquote, urlsplit
from uuid import UUID

import aiohttp
import aiosmtplib

from scheduler.office import Office
from shared import mail
from shared.clock import utc
from shared.db.pool import connection
from shared.logs import get_logger
from shared.mail import Mail
from shared.metrics import MAILS
from shared.report_links import report_link
from shared.settings import Settings

AT_ONCE: Final = 20
SMTP_SECONDS: Final = 15.0
REPORT_SECONDS: Final = 60.0
LINK: Final = timedelta(minutes=5)
MOST_BYTES: Final = 20 << 20
"""Of an attachment; more is what mail servers refuse."""
PORTS: Final = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
PERMANENT: Final = 500
"""SMTP replies from here on say that trying again won't help (RFC 5321, 4.2.1)."""


async def send(office: Office) -> None:
    """Hand over what is due, one after the other; each is claimed when its turn comes, so that its lease lasts."""
    if not office.settings.smtp_url:
        return
    for _ in range(AT_ONCE):
        async with connection(office.pool) as conn:
            one = await mail.claim(conn)
        if one is None:
            return
        await _send(office, one)


async def _send(office: Office, one: Mail) -> None:
    try:
        message = await _message(office, one)
        async with asyncio.timeout(SMTP_SECONDS * 2):
            await _hand_over(office.settings, message)
    except Exception as error:  # noqa: BLE001 - written down with the mail; one that can't be sent must not keep others
        for_good = isinstance(error, aiosmtplib.SMTPResponseException) and error.code >= PERMANENT
        for_good = for_good or (isinstance(error, aiosmtplib.SMTPRecipientsRefused) and _all_permanent(error))
        async with connection(office.pool) as conn:
            await mail.failed(conn, one, f"{type(error).__name__}: {error}", for_good=for_good)
        MAILS.labels("refused" if for_good else "failed").inc()
        get_logger().warning("mail.failed", mail_id=str(one.id), error=type(error).__name__, for_good=for_good)
        return
    async with connection(office.pool) as conn:
        await mail.sent(conn, one.id)
    MAILS.labels("sent").inc()
    get_logger().info("mail.sent", mail_id=str(one.id))


def _all_permanent(error: aiosmtplib.SMTPRecipientsRefused) -> bool:
    return all(refused.code >= PERMANENT for refused in error.recipients)


async def _message(office: Office, one: Mail) -> EmailMessage:
    """The mail; its Message-ID is the same at every attempt, so a repeated one can be recognised."""
    message = EmailMessage()
    sender = office.settings.mail_from
    message["From"], message["To"], message["Subject"] = sender, one.recipient, one.subject
    message["Date"] = format_datetime(utc(office.clock.now()))
    message["Message-ID"] = f"<{one.id}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(one.body)
    if one.report is not None:
        pdf = await _report(office, one.report)
        message.add_attachment(pdf, maintype="application", subtype="pdf", filename=f"report-{one.report}.pdf")
    return message


async def _report(office: Office, scan_id: UUID) -> bytes:
    """The PDF, from the gateway, which alone typesets. Raises `aiohttp.ClientError` or TimeoutError."""
    link = report_link(office.settings, scan_id, utc(office.clock.now()) + LINK)
    timeout = aiohttp.ClientTimeout(total=REPORT_SECONDS)
    async with aiohttp.ClientSession(timeout=timeout) as session, session.get(link, raise_for_status=True) as response:
        if response.content_type != "application/pdf":
            raise aiohttp.ClientPayloadError(f"the report came as {response.content_type}")
        pdf = bytearray()
        async for part in response.content.iter_chunked(65_536):
            pdf += part
            if len(pdf) > MOST_BYTES:
                raise aiohttp.ClientPayloadError(f"the report has more than {MOST_BYTES} bytes")
    return bytes(pdf)


async def _hand_over(settings: Settings, message: EmailMessage) -> None:
    parts = urlsplit(settings.smtp_url)
    await aiosmtplib.send(
        message,
        hostname=parts.hostname,
        port=parts.port or PORTS[parts.scheme],
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        use_tls=parts.scheme == "smtps",
        start_tls=parts.scheme == "smtp+starttls",
        timeout=SMTP_SECONDS,
    )

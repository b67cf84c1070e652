"""Runs a mail server (aiosmtpd) in a thread of its own, beside whatever else the process does."""

import asyncio
import logging
from functools import partial
from threading import Event, Thread
from typing import Any, Final

from aiosmtpd.smtp import SMTP, Envelope, Session

#: The largest mail that is taken, in bytes; announced to whoever asks.
LARGEST_MAIL: Final = 25 * 1024 * 1024
MOST_CONNECTIONS: Final = 100
MOST_RECIPIENTS: Final = 100
SECONDS_OF_SILENCE: Final = 300.0  # RFC 5321, 4.5.3.2.7
_SECONDS_TO_STOP: Final = 5.0

_log = logging.getLogger(__name__)

# Its own notes say, for every connection, what was typed; only trouble is worth a line of ours.
logging.getLogger("mail.log").setLevel(logging.ERROR)


class CannotListen(Exception):
    """The port is taken or forbidden."""


class Handler:
    """What a server does with mail; a subclass says whom it knows and where mail goes."""

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return f"452 4.5.3 At most {MOST_RECIPIENTS} recipients at a time, please"
        refusal = await self.refuse_recipient(address)
        if refusal is None:
            envelope.rcpt_tos.append(address)
        return refusal or "250 2.1.5 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        return await self.take(envelope)

    async def handle_exception(self, error: Exception) -> str:
        _log.error("A mail conversation failed", exc_info=error)
        return "451 4.3.0 Something went wrong here, please try again later"

    async def refuse_recipient(self, address: str) -> str | None:
        """The answer to a recipient that is not known here; None welcomes them."""
        raise NotImplementedError

    async def take(self, envelope: Envelope) -> str:
        """Take a mail and answer; "250 …" only once it is safe."""
        raise NotImplementedError


class _Conversation(SMTP):
    """One connection."""

    # Real mail has lines far over RFC 5322's 998 characters; refusing them would send people their mail back.
    line_length_limit = 1024 * 1024

    def __init__(self, listener: "Listener", **options: Any) -> None:
        super().__init__(listener.handler, **options)
        self._listener = listener

    def connection_made(self, transport: Any) -> None:
        open_ = self._listener.transports
        if len(open_) >= MOST_CONNECTIONS:
            self._reset_timeout()  # whose end its own connection_lost expects
            self.session = self._create_session()
            self._handler_coroutine = self.loop.create_task(asyncio.sleep(0))
            transport.write(b"421 4.7.0 Too many connections, please try again later\r\n")
            transport.close()
            return
        open_.add(transport)
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        # A large mail on a slow line is no silence.
        self._reset_timeout()
        super().data_received(data)

    def connection_lost(self, error: Exception | None) -> None:
        self._listener.transports.discard(self.transport)
        super().connection_lost(error)


class Listener:
    """A mail server on a host and port (0 for any free one), which other processes of ours may share."""

    def __init__(
        self, handler: Handler, host: str, port: int, *, hostname: str = "localhost", is_shared: bool = False
    ) -> None:
        self.handler = handler
        self.host, self.port = host, port
        self.transports: set[Any] = set()
        self._hostname = hostname
        self._is_shared = is_shared
        self._loop = asyncio.new_event_loop()
        self._started = Event()
        self._trouble: OSError | None = None
        self._server: asyncio.Server | None = None
        self._thread = Thread(target=self._run, name="mail server", daemon=True)

    def start(self) -> None:
        """Listen; raises CannotListen. From here on `port` is the one it listens on."""
        self._thread.start()
        self._started.wait()
        if self._trouble is not None:
            self._thread.join()
            raise CannotListen(f"{self.host}:{self.port}: {self._trouble.strerror or self._trouble}")

    def stop(self) -> None:
        """Let nobody in any more, and hang up; a mail that is being put away is put away."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(_SECONDS_TO_STOP)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._listen())
        except OSError as error:
            self._trouble = error
        finally:
            self._started.set()
        try:
            if self._trouble is None:
                self._loop.run_forever()
                self._loop.run_until_complete(self._hang_up())
        finally:
            self._loop.close()

    async def _listen(self) -> None:
        conversation = partial(
            _Conversation,
            self,
            data_size_limit=LARGEST_MAIL,
            enable_SMTPUTF8=True,
            hostname=self._hostname,
            ident="helpdesk",
            timeout=SECONDS_OF_SILENCE,
            loop=self._loop,
        )
        self._server = await self._loop.create_server(
            conversation, self.host, self.port, reuse_port=self._is_shared or None
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def _hang_up(self) -> None:
        assert self._server is not None
        self._server.close()
        for transport in list(self.transports):
            transport.abort()
        await asyncio.sleep(0)
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=_SECONDS_TO_STOP / 2)

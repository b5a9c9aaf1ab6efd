"""A real PostgreSQL for a test, from the wheel: on loopback, in a folder of its own, started and stopped at will."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import pgserver
import psycopg2

from tests.web.ports import free_port

WHEEL = Path(pgserver.__file__).parent
LONGEST_START = 60.0


@dataclass
class Postgres:
    """One server. PostgreSQL does not run as root, so there it runs as nobody, from a copy that nobody can read."""

    port: int = field(default_factory=free_port)
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="handrail-postgres-")))
    process: subprocess.Popen[bytes] | None = None

    def url(self, database: str = "handrail") -> str:
        return f"postgresql://handrail@127.0.0.1:{self.port}/{database}"

    def makes(self, *databases: str) -> None:
        """Make the cluster, start it, and make these databases."""
        self._programs()
        self._run("initdb", "-D", str(self.folder / "data"), "-U", "handrail", "--auth=trust", "--encoding=UTF8")
        self.starts()
        for database in databases:
            self.asks("postgres", f"CREATE DATABASE {database}")

    def starts(self) -> None:
        binary = str(self.folder / "pgserver" / "pginstall" / "bin" / "postgres")
        options = {"listen_addresses": "127.0.0.1", "port": self.port, "unix_socket_directories": "", "max_connections": 200}
        options |= {"fsync": "off", "full_page_writes": "off"}  # no test cuts the power of the whole machine
        arguments = [piece for name, value in options.items() for piece in ("-c", f"{name}={value}")]
        with (self.folder / "postgres.log").open("ab") as log:
            self.process = subprocess.Popen(
                [binary, "-D", str(self.folder / "data"), *arguments], stdout=log, stderr=log, **self._as_somebody()
            )
        limit = time.monotonic() + LONGEST_START
        while not self._answers():
            assert self.process.poll() is None and time.monotonic() < limit, (self.folder / "postgres.log").read_text()
            time.sleep(0.1)

    def stops(self) -> None:
        """As an administrator restarts it: whoever is connected is cut off."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        self.process.wait(30)

    def removes(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.stops()
        shutil.rmtree(self.folder, ignore_errors=True)

    def asks(self, database: str, statement: str) -> list[tuple[object, ...]]:
        """One statement by hand, outside Handrail."""
        connection = psycopg2.connect(self.url(database))
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement)
                return list(cursor.fetchall()) if cursor.description else []
        finally:
            connection.close()

    def _programs(self) -> None:
        for part in (WHEEL, WHEEL.parent / "pgserver.libs"):
            if part.exists():
                shutil.copytree(part, self.folder / part.name, symlinks=True)
        self.folder.chmod(0o755)
        somebody = self._as_somebody().get("user")
        if somebody is not None:
            os.chown(self.folder, pwd.getpwnam(str(somebody)).pw_uid, -1)

    def _run(self, program: str, *arguments: str) -> None:
        binary = str(self.folder / "pgserver" / "pginstall" / "bin" / program)
        done = subprocess.run([binary, *arguments], capture_output=True, text=True, check=False, **self._as_somebody())
        assert done.returncode == 0, done.stdout + done.stderr

    def _as_somebody(self) -> dict[str, str]:
        return {"user": "nobody"} if os.geteuid() == 0 else {}

    def _answers(self) -> bool:
        try:
            psycopg2.connect(self.url("postgres"), connect_timeout=2).close()
        except psycopg2.OperationalError:
            return False
        return True

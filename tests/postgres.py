"""A private PostgreSQL for tests: a real server, started for this run and gone after it."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest

PASSWORD = "never-shown"  # every test may look for it in what is said


def _programs() -> Path | None:
    """Debian keeps them off the PATH, a directory a version."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    initdb = shutil.which("initdb") or (found[-1] if found else None)
    return Path(initdb).resolve().parent if initdb else None


class Postgres:
    def __init__(self, programs: Path, directory: Path) -> None:
        self._programs = programs
        self._directory = directory
        # PostgreSQL refuses to run as root.
        self._user = "postgres" if os.geteuid() == 0 else None
        self._names = count(1)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        (directory / "password").write_text(PASSWORD)
        if self._user:
            for path in (directory, directory / "password"):
                shutil.chown(path, self._user)
        options = ["--username=tester", "--auth=scram-sha-256", "--locale=C", "--encoding=UTF8", "--no-sync"]
        self._run("initdb", f"--pgdata={directory}/cluster", f"--pwfile={directory}/password", *options)

    def address(self, database: str, password: str = PASSWORD) -> str:
        return f"postgresql://tester:{password}@127.0.0.1:{self.port}/{database}"

    def new_database(self) -> str:
        """The address of an empty database."""
        name = f"test_{next(self._names)}"
        self.tell(f"CREATE DATABASE {name}")
        return self.address(name)

    def tell(self, statement: str) -> None:
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off"
        self._control("start", "-o", options, "-l", f"{self._directory}/log")

    def stop(self) -> None:
        """At once, whoever is connected."""
        self._control("stop", "-m", "immediate")

    def _control(self, *arguments: str) -> None:
        self._run("pg_ctl", "--wait", f"--pgdata={self._directory}/cluster", *arguments)

    def _run(self, program: str, *arguments: str) -> None:
        # No pipes: the server would inherit them and hold them open.
        subprocess.run(
            [self._programs / program, *arguments],
            user=self._user,
            extra_groups=[] if self._user else None,
            cwd=self._directory,
            stdout=subprocess.DEVNULL,
            check=True,
        )


@pytest.fixture(scope="session", name="postgres")
def run_postgres() -> Iterator[Postgres]:
    programs = _programs()
    if programs is None:
        lacking = "PostgreSQL is NOT TESTED in this run: there is no initdb here (Debian: apt-get install postgresql)"
        if os.environ.get("CI"):
            pytest.fail(lacking)
        pytest.skip(lacking)
    # Not below pytest's directory, which other users may not enter.
    with tempfile.TemporaryDirectory(prefix="postgres-", ignore_cleanup_errors=True) as directory:
        server = Postgres(programs, Path(directory))
        server.start()
        try:
            yield server
        finally:
            server.stop()

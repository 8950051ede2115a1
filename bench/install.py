"""Gets what the benchmark compares with: wrk and nginx from Debian, HealthChain from PyPI into its own virtualenv.

What cannot be had is told, never passed over in silence: the table then names it as missing.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
WORK: Final = HERE / ".work"
HEALTHCHAIN: Final = WORK / "healthchain"
HEALTHCHAIN_WANTED: Final = HERE / "opponents" / "healthchain.txt"


def _run(*command: str | Path) -> str:
    """Empty when it went well, else the last line of what the command said."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=300, env=environment)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{command[0]}: {error}"
    said = (done.stderr or done.stdout).strip().splitlines()
    return "" if done.returncode == 0 else (said[-1] if said else f"{command[0]} failed")


def debian(program: str) -> str:
    """Empty when the program is there or could be installed, else why not."""
    if shutil.which(program):
        return ""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return f"{program} is not installed; as root on Debian: apt-get install {program}"
    print(f"{program} is missing; trying apt-get install {program} …", flush=True)
    failed = _run("apt-get", "update", "-qq") or _run("apt-get", "install", "-qq", "--no-install-recommends", program)
    return f"{program} could not be installed: {failed}" if failed else ""


def healthchain() -> str:
    """Empty when HealthChain's virtualenv is there or could be made, else why not."""
    stamp = HEALTHCHAIN / "installed.txt"
    if stamp.exists() and stamp.read_text() == HEALTHCHAIN_WANTED.read_text():
        return ""
    print("Installing HealthChain into bench/.work (once) …", flush=True)
    python = HEALTHCHAIN / "bin" / "python"
    failed = _run(sys.executable, "-m", "venv", HEALTHCHAIN) or _run(
        python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "-r", HEALTHCHAIN_WANTED
    )
    if failed:
        return f"HealthChain could not be installed: {failed}"
    stamp.write_text(HEALTHCHAIN_WANTED.read_text())
    return ""


def nginx_version() -> str:
    """Such as `nginx 1.22.1`."""
    if not shutil.which("nginx"):
        return "no nginx"
    said = subprocess.run(["nginx", "-v"], check=False, capture_output=True, text=True).stderr
    return said.strip().rpartition(" ")[2].replace("/", " ")

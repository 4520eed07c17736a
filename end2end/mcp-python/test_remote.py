"""Staffel on an address that other machines reach, in a network of the test's own: nothing of it leaves that network."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ADDRESS = "10.55.0.1"
NETWORK = ["unshare", "--net", "--map-root-user"]


def can_have_a_network() -> bool:
    needed = ["unshare", "ip", "openssl"]
    return all(map(shutil.which, needed)) and subprocess.run([*NETWORK, "true"], capture_output=True).returncode == 0


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A certificate that signs itself, for a year, and its key."""
    cert, key = folder / f"{name}.pem", folder / f"{name}.key"
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "365"]
    about = ["-subj", f"/CN={name}", "-addext", f"subjectAltName=IP:{ADDRESS}"]
    subprocess.run(["openssl", "req", "-x509", *kind, *about, "-keyout", key, "-out", cert], check=True, capture_output=True)
    return cert, key


@pytest.mark.skipif(not can_have_a_network(), reason="a network of its own needs Linux, unshare, ip and openssl")
def test_staffel_in_a_network_of_its_own(tmp_path: Path) -> None:
    cert, _ = certificate(tmp_path, "first")
    inside = f"ip link set lo up && ip address add {ADDRESS}/32 dev lo && exec \"$@\""
    pytest_inside = [sys.executable, "-m", "pytest", "-n", "0", "-q", HERE / "in_a_network.py"]
    done = subprocess.run(
        [*NETWORK, "sh", "-c", inside, "sh", *pytest_inside],
        cwd=HERE,
        env={**os.environ, "SSL_CERT_FILE": str(cert), "CERTIFICATES": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout + done.stderr

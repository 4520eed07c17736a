"""The packages of `make dist`, made of the program under test: each is installed from its file into an empty place and started once."""

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from conftest import ROOT, Server, binary, on_files

pytestmark = [
    on_files,
    pytest.mark.xdist_group("packages"),  # made once, by one worker
    pytest.mark.skipif(platform.system() != "Linux", reason="packages are made on Linux only, for now"),
]
VERSION = subprocess.check_output([binary(), "--version"], text=True).strip()


def run(*command: object, **more: object) -> str:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=300, **more)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="session")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    # What is packed is tested here, not how small. Compressing what a debugger reads would take a minute.
    program = tmp_path_factory.mktemp("program") / "staffel"
    run("strip", "-o", program, binary())
    run(ROOT / "scripts/dist.sh", program, folder, cwd=ROOT, env={**os.environ, "DPKG_DEB_COMPRESSOR_TYPE": "none"})
    return folder


def package(dist: Path, ending: str) -> Path:
    [found] = dist.glob(f"staffel*{ending}")
    return found


def starts(program: Path, folder: Path) -> None:
    """The program says its version, serves the board with all that it loads, and is healthy."""
    assert run(program, "--version").strip() == VERSION
    server = Server(folder)
    server.program = program
    server.started_in = folder
    server.start()
    try:
        assert httpx.get(f"{server.url}/pkg/staffel.js").status_code == 200
        assert run(program, "health", "--url", server.url).strip() == "ok"
    finally:
        server.kill()
    failed = subprocess.run([program, "health", "--url", server.url], capture_output=True, text=True)
    assert failed.returncode == 1 and "nobody answers there" in failed.stderr


def test_the_checksums(dist: Path) -> None:
    run("sha256sum", "--check", "SHA256SUMS", cwd=dist)
    assert len((dist / "SHA256SUMS").read_text().splitlines()) == len(list(dist.glob("staffel*"))) >= 3


def test_the_tarball(dist: Path, tmp_path: Path) -> None:
    run("tar", "-xzf", package(dist, ".tar.gz"), "-C", tmp_path)
    [folder] = tmp_path.glob("staffel-*")
    assert {path.name for path in folder.iterdir()} >= {"staffel", "README.md", "LICENSE-MIT", "LICENSE-APACHE"}
    starts(folder / "staffel", tmp_path)


@pytest.mark.skipif(not shutil.which("dpkg"), reason="no dpkg here")
def test_the_debian_package(dist: Path, tmp_path: Path) -> None:
    root = tmp_path / "root"
    for folder in ["info", "updates", "triggers"]:
        (root / "var/lib/dpkg" / folder).mkdir(parents=True)
    (root / "var/lib/dpkg/status").touch()
    # Into a folder: a test must not change the machine.
    force = ["--force-not-root", "--force-depends", "--force-bad-path"]
    path = f"{os.environ['PATH']}:/usr/sbin:/sbin"
    run("dpkg", f"--root={root}", f"--log={tmp_path}/dpkg.log", *force, "--install", package(dist, ".deb"), env={**os.environ, "PATH": path})
    assert "install ok installed" in (root / "var/lib/dpkg/status").read_text()
    starts(root / "usr/bin/staffel", tmp_path)


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd here")
def test_the_service(dist: Path, tmp_path: Path) -> None:
    unit = (ROOT / "packaging/staffel.service").read_text()
    assert "ExecStart=/usr/bin/staffel serve" in unit
    # Where the package puts the program, there is none here.
    (tmp_path / "staffel.service").write_text(unit.replace("/usr/bin/staffel", str(binary())))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", tmp_path / "staffel.service"], capture_output=True, text=True
    )
    # It looks at the machine's other units too.
    about_ours = [line for line in (done.stdout + done.stderr).splitlines() if "staffel" in line]
    assert not about_ours


@pytest.mark.skipif(not shutil.which("npm"), reason="no npm here")
def test_the_npm_package(dist: Path, tmp_path: Path) -> None:
    file = package(dist, ".tgz")
    (tmp_path / "package.json").write_text("{}")
    run("npm", "install", "--no-audit", "--no-fund", "--offline", file, cwd=tmp_path)
    starts(tmp_path / "node_modules/.bin/staffel", tmp_path)
    home = {**os.environ, "npm_config_cache": str(tmp_path / "cache")}
    assert run("npx", "--yes", "--offline", f"--package={file}", "staffel", "--version", cwd=tmp_path, env=home).strip() == VERSION


def test_the_wheel(dist: Path, tmp_path: Path) -> None:
    file = package(dist, ".whl")
    run(sys.executable, "-m", "venv", tmp_path / "venv")
    run(tmp_path / "venv/bin/pip", "install", "--no-index", "--disable-pip-version-check", file)
    starts(tmp_path / "venv/bin/staffel", tmp_path)
    [about] = (tmp_path / "venv").glob("lib/*/site-packages/staffel-*.dist-info/METADATA")
    assert "License-Expression: MIT OR Apache-2.0" in about.read_text()


def test_the_wheel_with_pipx(dist: Path, tmp_path: Path) -> None:
    pipx = ROOT / "target/venv-tools/bin/pipx"
    home = {**os.environ, "PIPX_HOME": str(tmp_path / "pipx"), "PIPX_BIN_DIR": str(tmp_path / "bin")}
    # pipx brings its own pip up to date first, from where pip finds packages.
    run(pipx, "install", package(dist, ".whl"), env=home)
    starts(tmp_path / "bin/staffel", tmp_path)


def test_the_install_command(tmp_path: Path) -> None:
    prefix = tmp_path / "prefix"
    for _ in range(2):
        said = run(ROOT / "scripts/install.sh", binary(), prefix, cwd=ROOT)
        assert VERSION in said and f'export PATH="{prefix}/bin:$PATH"' in said
    starts(prefix / "bin/staffel", tmp_path)
    assert [path.name for path in (prefix / "bin").iterdir()] == ["staffel"]


@pytest.mark.parametrize("prefix", ["relative/path", "/proc/nowhere"])
def test_an_install_that_cannot_be(prefix: str) -> None:
    done = subprocess.run([ROOT / "scripts/install.sh", binary(), prefix], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 1
    assert prefix in done.stderr and "make install PREFIX=" in done.stderr



"""The scripts that set a machine up and build, where something is missing, broken or in the way.

They run in a copy of the repository with a PATH of our own, as somebody who is not root, so that nothing is installed.
"""

import os
import pwd
import shutil
import signal
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Iterator

import pytest

from conftest import ROOT, on_files

pytestmark = on_files

# What the scripts use of an ordinary system, and what a developer's machine has beside it.
SYSTEM = """awk basename bash cat chmod cmp cp cut date df dirname dpkg-query du echo env expr false find flock git grep head id install ln ls
mkdir mktemp mv nice nproc paste printf ps readlink realpath rm sed sh sleep sort stat tail tee timeout touch tr true uname wc""".split()
TOOLS = ["cc", "node", "npm", "python3", "rustc", "cargo", "cargo-clippy", "cargo-fmt", "rustfmt"]


class Machine:
    """A copy of the repository, on a machine that has only these programs."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.root = folder / "staffel"
        self.bin = folder / "bin"
        self.home = folder / "home"
        for made in [self.root, self.bin, self.home]:
            made.mkdir()
        listed = subprocess.check_output(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, text=True).split()
        for name in listed:
            source = ROOT / name
            if source.is_file() and not name.startswith(("docs/images", "end2end/tests", "end2end/interop")):
                (self.root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, self.root / name)
        # Debian's Rust is looked for by its path: on this machine it has to be another one.
        for script in (self.root / "scripts").glob("*.sh"):
            script.write_text(script.read_text().replace("/usr/bin/rustc", f"{folder}/debian/rustc"))
        for name in SYSTEM:
            if found := shutil.which(name):
                (self.bin / name).symlink_to(found)
        for name in TOOLS:
            self.program(name, "exit 0")
        self.program("node", "echo v22.0.0")
        self.program("rustc", RUSTC)
        for packages in ["frontend", "end2end"]:
            installed = self.root / packages / "node_modules"
            installed.mkdir()
            shutil.copy(self.root / packages / "package-lock.json", installed / ".installed-lock.json")
        self.program("wasm-opt", "exit 0")
        self.program("esbuild", "exit 0")
        self.environment = {"PATH": str(self.bin), "HOME": str(self.home), "LC_ALL": "C"}

    def program(self, name: str, script: str) -> None:
        path = self.bin / name
        path.unlink(missing_ok=True)
        path.write_text(f"#!/bin/bash\n{script}\n")
        path.chmod(0o755)

    def without(self, *names: str) -> None:
        for name in names:
            (self.bin / name).unlink()

    def start(self, *command: str, **environment: str) -> subprocess.Popen[str]:
        nobody = {}
        if os.getuid() == 0:
            user = pwd.getpwnam("nobody")
            subprocess.run(["chown", "-R", f"{user.pw_uid}:{user.pw_gid}", self.folder], check=True)
            subprocess.run(["chmod", "a+rx", *{self.folder, *list(self.folder.parents)[:3]}], check=True)
            nobody = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        return subprocess.Popen(
            command,
            cwd=self.root,
            env=self.environment | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            # Whoever runs the tests in the background may not be interrupted by it; this one has to be.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            **nobody,
        )

    def run(self, *command: str, **environment: str) -> tuple[int, str]:
        running = self.start(*command, **environment)
        said, _ = running.communicate(timeout=60)
        return running.returncode, said

    def setup_fails(self, scope: str = "build", **environment: str) -> str:
        status, said = self.run("scripts/setup.sh", scope, **environment)
        assert status == 1 and "setup stopped at:" in said and "what to do:" in said, said
        return said


RUSTC = r"""
case "$*" in
  -vV) echo "release: 1.96.0" ;;
  --version) echo "rustc 1.96.0" ;;
  "--print sysroot") echo "$HOME/sysroot" ;;
  *cdylib*) cat >/dev/null ;;
esac
mkdir -p "$HOME/sysroot/lib/rustlib/wasm32-unknown-unknown/lib"
touch "$HOME/sysroot/lib/rustlib/wasm32-unknown-unknown/lib/libcore-1.rlib"
"""


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_a_machine_that_has_everything(machine: Machine) -> None:
    for _ in range(2):
        status, said = machine.run("scripts/setup.sh", "build")
        assert status == 0 and "everything is in place" in said, said


def test_no_c_compiler(machine: Machine) -> None:
    machine.without("cc")
    said = machine.setup_fails()
    assert "stopped at: C compiler" in said and "apt-get install gcc libc6-dev" in said


@pytest.mark.parametrize(("version", "found"), [("", "none"), ("v18.19.0", "v18.19.0")])
def test_no_node_or_an_old_one(machine: Machine, version: str, found: str) -> None:
    machine.without("node")
    if version:
        machine.program("node", f"echo {version}")
    said = machine.setup_fails()
    assert f"Node.js 20 or newer with npm is needed; found: {found}" in said


@pytest.mark.parametrize("script", [None, "exit 1"])
def test_no_python_or_one_without_venv(machine: Machine, script: str | None) -> None:
    machine.without("python3")
    if script:
        machine.program("python3", script)
    said = machine.setup_fails("test")
    assert "no Python 3.10 or newer with venv and pip" in said and "python3-venv" in said


def test_an_old_rust(machine: Machine) -> None:
    machine.program("rustc", RUSTC.replace("1.96.0", "1.70.0"))
    said = machine.setup_fails()
    assert "1.70.0 is older than 1.89" in said and "rustup" in said


@pytest.fixture
def html() -> Iterator[str]:
    """A proxy that answers everything with a page."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<html><body>Please log in</body></html>")

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.mark.skipif(not shutil.which("npm"), reason="no npm here")
def test_a_proxy_that_answers_with_pages(machine: Machine, html: str) -> None:
    shutil.rmtree(machine.root / "frontend/node_modules")
    real = {name: shutil.which(name) for name in ["node", "npm"]}
    machine.program("npm", f'export PATH="{Path(str(real["node"])).parent}:$PATH"\nexec "{real["npm"]}" "$@"')
    said = machine.setup_fails(
        npm_config_registry=html, npm_config_fetch_retries="0", npm_config_cache=str(machine.home / "cache")
    )
    assert "stopped at: npm-frontend" in said and "npm ping" in said and "npm-frontend.log" in said


# ------------------------------------------------------------------------------------------------ the build

CARGO = r"""
echo "cargo $*" >>"$HOME/calls"
case "$*" in
  *wasm32*) mkdir -p target/front/wasm32-unknown-unknown/wasm-release; echo wasm >target/front/wasm32-unknown-unknown/wasm-release/frontend.wasm ;;
  *bundler*) mkdir -p target/debug; printf '#!/bin/bash\necho js >"$2/staffel.js"; echo wasm >"$2/staffel.wasm"\n' >target/debug/bundler
    chmod +x target/debug/bundler ;;
  rustc*--release*) mkdir -p target/release; echo "#!/bin/bash" >target/release/staffel; chmod +x target/release/staffel ;;
  rustc*) echo "#!/bin/bash" >target/debug/staffel; chmod +x target/debug/staffel ;;
esac
"""


@pytest.fixture
def builder(machine: Machine) -> Machine:
    """A machine whose compilers are quick: they only leave the files behind that the real ones would."""
    machine.program("cargo", CARGO)
    machine.program("node", "exit 0")
    machine.program("esbuild", 'for last; do :; done\ncase "$last" in --outfile=*) echo css >"${last#--outfile=}" ;; esac')
    (machine.home / "calls").touch()
    return machine


def calls(machine: Machine) -> int:
    return len((machine.home / "calls").read_text().splitlines())


def test_nothing_is_built_twice_and_a_change_is_noticed(builder: Machine) -> None:
    status, said = builder.run("scripts/build.sh")
    assert status == 0, said
    once = calls(builder)
    assert builder.run("scripts/build.sh") == (0, "") and calls(builder) == once
    time.sleep(0.02)
    (builder.root / "style/main.css").touch()
    assert builder.run("scripts/build.sh")[0] == 0 and calls(builder) == 2 * once
    # The server alone: the board stays as it is.
    time.sleep(0.02)
    (builder.root / "server/src/lib.rs").touch()
    said = builder.run("scripts/build.sh")[1]
    assert "board" not in said and 2 * once < calls(builder) < 3 * once


def test_the_release_has_the_same_board(builder: Machine) -> None:
    assert builder.run("scripts/build.sh")[0] == 0
    once = calls(builder)
    status, said = builder.run("scripts/build.sh", "release")
    assert status == 0 and "board" not in said and calls(builder) < 2 * once
    assert os.access(builder.root / "target/release/staffel", os.X_OK)
    once = calls(builder)
    assert builder.run("scripts/build.sh", "release") == (0, "") and calls(builder) == once
    # Somebody calls cargo by hand: a program without the board.
    time.sleep(0.02)
    (builder.root / "target/release/staffel").write_text("#!/bin/bash\n")
    assert builder.run("scripts/build.sh", "release")[0] == 0 and calls(builder) > once


def test_a_profile_that_there_is_not(builder: Machine) -> None:
    assert builder.run("scripts/build.sh", "fast") == (2, "build: fast is no profile: dev or release\n")


@pytest.mark.parametrize("hand", ["SIGINT", "SIGKILL"])
def test_an_interrupted_build_goes_on_the_next_time(builder: Machine, hand: str) -> None:
    # By the shell itself: a shell whose program outlives an interrupt takes it for handled.
    builder.program("cargo", CARGO + '\ncase "$*" in rustc*) : >"$HOME/asleep" && exec sleep 30 ;; esac')
    running = builder.start("scripts/build.sh")
    deadline = time.monotonic() + 20
    while not (builder.home / "asleep").exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.killpg(running.pid, getattr(signal, hand))
    running.communicate(timeout=60)
    assert running.returncode != 0
    builder.program("cargo", CARGO)
    before = calls(builder)
    assert builder.run("scripts/build.sh")[0] == 0 and calls(builder) > before, "half a build is no build"
    assert builder.run("scripts/build.sh") == (0, "")


def test_two_builds_at_once(builder: Machine) -> None:
    builder.program("cargo", CARGO + "\nsleep 0.5")
    both = [builder.start("scripts/build.sh") for _ in range(2)]
    said = [running.communicate(timeout=60)[0] for running in both]
    assert [running.returncode for running in both] == [0, 0], said
    assert sum("another build is at work here; waiting for it" in text for text in said) == 1
    assert (builder.home / "calls").read_text().count("rustc") == 1, "the second has nothing left to do"


@pytest.mark.parametrize("broken", ["wasm32", "--lib", "rustc"])
def test_a_build_that_fails_says_so_and_what_to_do(builder: Machine, broken: str) -> None:
    failing = f'case "$*" in *{broken}*) echo "error: No space left on device" >&2; exit 101 ;; esac\n'
    builder.program("cargo", failing + CARGO)
    status, said = builder.run("scripts/build.sh")
    assert status != 0 and "No space left on device" in said
    assert "the same command goes on where it stopped" in said
    builder.program("cargo", CARGO)
    assert builder.run("scripts/build.sh")[0] == 0


def test_a_home_that_cannot_be_written(builder: Machine) -> None:
    builder.home.chmod(0o755)
    cargo_home = builder.folder / "cargo"
    cargo_home.mkdir()
    cargo_home.chmod(0o555)
    said = builder.setup_fails(CARGO_HOME=str(cargo_home))
    assert f"{cargo_home} cannot be written" in said and "CARGO_HOME=" in said

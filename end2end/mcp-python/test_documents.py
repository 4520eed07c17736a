"""Every command that README.md and docs/ show, run as it stands there."""

import os
import re
import shlex
import signal
import subprocess
from pathlib import Path

import pytest

from conftest import ROOT, Server, binary, on_files

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks() -> list[pytest.param]:
    found = [
        pytest.param(block, id=f"{document.name}-{number}")
        for document in DOCUMENTS
        for number, block in enumerate(BLOCK.findall(document.read_text()), 1)
    ]
    assert len(found) >= 8, "the documents show commands"
    return found


def commands(block: str) -> list[str]:
    """A command may go on over lines that end with a backslash, or within quotes."""
    found = [""]
    for line in block.splitlines():
        line = re.sub(r" +# .*$", "", line)
        found[-1] += line + "\n"
        if found[-1].count("'") % 2 == 0 and not line.endswith("\\"):
            found.append("")
    return [command.strip() for command in found if command.strip()]


class Newcomer:
    """A person with a home, a project and a server of their own; `staffel` is on the PATH."""

    def __init__(self, folder: Path):
        self.project = folder / "my-project"
        self.server = Server(folder)
        for name in ["my-project", "home", "bin", "target"]:
            (folder / name).mkdir(parents=True)
        for place in ["bin/staffel", "target/staffel", "my-project/target"]:
            (folder / place).symlink_to(folder / "target" if place.endswith("target") else binary())
        self.folder = folder
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(("STAFFEL_", "XDG_", "CARGO_", "RUST"))} | {
            "HOME": str(folder / "home"),
            "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
            "STAFFEL_DATA": str(folder / "data"),
        }

    def run(self, command: str) -> str:
        known = {"make run": self.make_run, "make test": self.make_test, "make install": self.make_install}
        if command in known:
            return known[command]()
        if command == "cd my-project":
            return ""
        if command.split()[:2] in [["staffel", "restore"], ["staffel", "rebuild"]]:
            self.server.kill()
        elif not self.server.process or self.server.process.poll() is not None:
            self.server.start()
            self.environment |= {"STAFFEL_LISTEN": f"127.0.0.1:{self.server.port}", "STAFFEL_URL": self.server.url}
        if command.startswith("staffel people link"):
            # Only at a terminal.
            return self.bash(f"script -qec {shlex.quote(command)} /dev/null", self.project, self.environment)
        if command.endswith("staffel demo"):
            return self.demo(command)
        # The one thing that is changed: the port, since another server may have the usual one.
        said = self.bash(command.replace("127.0.0.1:4700", f"127.0.0.1:{self.server.port}"), self.project, self.environment)
        # They do what they are told to.
        self.environment |= dict(re.findall(r"^ *export (STAFFEL_TOKEN)=(staffel_\w+)$", said, re.MULTILINE))
        return said

    def bash(self, command: str, folder: Path, environment: dict[str, str]) -> str:
        running = subprocess.Popen(
            ["bash", "-euo", "pipefail", "-c", command],
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            said, _ = running.communicate(timeout=120)
        finally:
            # What it started must not outlive the test.
            if running.poll() is None:
                os.killpg(running.pid, signal.SIGKILL)
        assert running.returncode == 0, f"{command}\n{said}"
        return said

    def make_run(self) -> str:
        environment = os.environ | {"STAFFEL_LISTEN": "127.0.0.1:0", "STAFFEL_DATA": str(self.folder / "data"), "STAFFEL_OPEN": "false"}
        running = subprocess.Popen(["make", "run"], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
        assert running.stdout
        try:
            for line in running.stdout:
                if re.search(r"Board +http://127\.0\.0\.1:\d+", line):
                    return line
            raise AssertionError("it ended without an address")
        finally:
            running.terminate()
            running.wait(20)

    def make_test(self) -> str:
        # This test is part of it.
        return self.bash("make --dry-run test", ROOT, dict(os.environ))

    def make_install(self) -> str:
        said = self.bash(f"make install PREFIX='{self.folder}/prefix'", ROOT, dict(os.environ))
        assert (self.folder / "prefix/bin/staffel").is_file()
        return said

    def demo(self, command: str) -> str:
        playing = subprocess.Popen(
            [*command.split(), "--pace", "10"], cwd=self.project, env=self.environment, stdout=subprocess.PIPE, text=True
        )
        try:
            assert self.server.accept_while(playing) > 2
            assert playing.returncode == 0 and playing.stdout
            return playing.stdout.read()
        finally:
            playing.kill()


@on_files
@pytest.mark.parametrize("block", blocks())
def test_the_commands_of_a_block_work_one_after_the_other(block: str, tmp_path: Path) -> None:
    newcomer = Newcomer(tmp_path)
    try:
        for command in commands(block):
            assert newcomer.run(command) or command.startswith("cd "), f"{command} says nothing"
    finally:
        newcomer.server.kill()


def test_every_link_of_a_document_leads_somewhere() -> None:
    for document in [*DOCUMENTS, ROOT / "CHANGELOG.md", ROOT / "bench/README.md"]:
        # What stands there as code leads nowhere.
        text = re.sub(r"`[^`\n]*`", "", document.read_text())
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
            assert (document.parent / target).exists(), f"{document.name}: {target}"

#!/usr/bin/env python3
"""Checks what the project depends on, without a network: licences, unused dependencies, and versions that are there twice.

`make lint` runs this. What is known about known vulnerabilities needs a network, and is not looked at."""

from __future__ import annotations

import json
import pathlib
import re
import subprocess
import sys
from collections import defaultdict
from typing import Any

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Licences under which a program may be shipped whose own licence is MIT OR Apache-2.0. MPL-2.0 asks only that changes
# to those files stay open; the others ask for a notice.
LICENCES = {
    "0BSD", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "CC0-1.0",
    "CDLA-Permissive-2.0", "ISC", "MIT", "MIT-0", "MPL-2.0", "NCSA", "Unicode-3.0", "Unlicense", "Zlib",
}  # fmt: skip

# Crates that are there in more than one version, since others ask for it. A new one fails the check: look whether an
# update of ours brings the versions together before it comes in here.
TWICE = set((ROOT / "scripts/dependencies.twice").read_text().split())


def metadata() -> dict[str, Any]:
    command = ["cargo", "metadata", "--format-version", "1", "--locked"]
    return json.loads(subprocess.check_output(command, cwd=ROOT))


def is_allowed(expression: str) -> bool:
    """Evaluates an SPDX expression: OR, AND, WITH and parentheses; `/` is an old way to write OR."""
    words = re.findall(r"\(|\)|[A-Za-z0-9.+-]+(?: WITH [A-Za-z0-9.-]+)?", expression.replace("/", " OR "))
    code = {"OR": "or", "AND": "and", "(": "(", ")": ")"}
    return bool(eval(" ".join(code.get(word, str(word in LICENCES)) for word in words), {"__builtins__": {}}))  # noqa: S307


def licences(packages: list[dict[str, Any]]) -> list[str]:
    wrong = []
    for package in packages:
        expression = package["license"] or ""
        if not expression or not is_allowed(expression):
            wrong.append(f"{package['name']} {package['version']} has the licence {expression or 'none'!r}; allowed: {sorted(LICENCES)}")
    return wrong


def twice(packages: list[dict[str, Any]]) -> list[str]:
    versions = defaultdict(set)
    for package in packages:
        versions[package["name"]].add(package["version"])
    found = {name for name, known in versions.items() if len(known) > 1}
    return [f"{name} is there in the versions {', '.join(sorted(versions[name]))}" for name in sorted(found - TWICE)] + [
        f"{name} is there only once by now: take it out of scripts/dependencies.twice" for name in sorted(TWICE - found)
    ]


def unused(package: dict[str, Any]) -> list[str]:
    folder = pathlib.Path(package["manifest_path"]).parent
    sources = "\n".join(path.read_text() for path in folder.rglob("*.rs") if "target" not in path.parts)
    features = json.dumps(package["features"])
    wrong = []
    for dependency in package["dependencies"]:
        name = (dependency["rename"] or dependency["name"]).replace("-", "_")
        named = re.search(rf"\b{re.escape(name)}\b", sources)
        if not named and f"dep:{dependency['name']}" not in features:
            wrong.append(f"{package['name']} depends on {dependency['name']} and does not name it")
    return wrong


def main() -> int:
    known = metadata()
    members = set(known["workspace_members"])
    ours = [package for package in known["packages"] if package["id"] in members]
    others = [package for package in known["packages"] if package["id"] not in members]
    wrong = licences(others) + twice(known["packages"])
    for package in ours:
        wrong += unused(package)
    for line in wrong:
        print(f"dependencies: {line}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

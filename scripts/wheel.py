#!/usr/bin/env python3
"""Packs a program as a Python wheel (the binary distribution format, PEP 427): pip and pipx put it on the PATH."""

import argparse
import base64
import hashlib
import os
import time
import zipfile
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ["name", "version", "tag"]:
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--metadata", required=True, type=Path)
    parser.add_argument("--licence", required=True, type=Path, action="append")
    parser.add_argument("--script", required=True, type=Path)
    parser.add_argument("--out", required=True, type=Path)
    given = parser.parse_args()

    stem = f"{given.name}-{given.version}"
    about = f"{stem}.dist-info"
    wheel = f"Wheel-Version: 1.0\nGenerator: staffel-dist\nRoot-Is-Purelib: false\nTag: {given.tag}\n"
    files = [
        (f"{stem}.data/scripts/{given.script.name}", given.script.read_bytes(), 0o755),
        *((f"{about}/licenses/{licence.name}", licence.read_bytes(), 0o644) for licence in given.licence),
        (f"{about}/METADATA", given.metadata.read_bytes(), 0o644),
        (f"{about}/WHEEL", wheel.encode(), 0o644),
    ]
    record = [f"{path},sha256={digest(content)},{len(content)}" for path, content, _ in files]
    record += [f"{about}/RECORD,,", ""]
    files.append((f"{about}/RECORD", "\n".join(record).encode(), 0o644))

    at = time.gmtime(int(os.environ.get("SOURCE_DATE_EPOCH", time.time())))[:6]
    with zipfile.ZipFile(given.out / f"{stem}-{given.tag}.whl", "w", zipfile.ZIP_DEFLATED) as packed:
        for path, content, mode in files:
            entry = zipfile.ZipInfo(path, at)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o100000 | mode) << 16
            packed.writestr(entry, content)


def digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


if __name__ == "__main__":
    main()

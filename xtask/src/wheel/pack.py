"""Packs a folder as a wheel: FOLDER WHEEL. Writes its RECORD; the same files make the same bytes."""

import base64
import hashlib
import os
import sys
import zipfile

folder, wheel = sys.argv[1:3]
names = [os.path.relpath(os.path.join(at, name), folder) for at, _, files in os.walk(folder) for name in files]
names.sort(key=lambda name: (".dist-info/" in name, name))  # what describes a wheel comes last
info = next(name for name in names if name.endswith(".dist-info/METADATA"))
record, lines = info.replace("METADATA", "RECORD"), []


def add(archive, name, content, mode):
    about = zipfile.ZipInfo(name)  # of 1980, whenever it is packed
    about.external_attr = (0o100000 | mode) << 16
    about.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(about, content)


with zipfile.ZipFile(wheel + ".partial", "w") as archive:
    for name in names:
        path = os.path.join(folder, name)
        with open(path, "rb") as file:
            content = file.read()
        add(archive, name, content, 0o755 if os.access(path, os.X_OK) else 0o644)
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        lines.append(f"{name},sha256={digest},{len(content)}\n")
    add(archive, record, "".join(lines) + f"{record},,\n", 0o644)
os.replace(wheel + ".partial", wheel)

"""Unpacks some files of a wheel: WHEEL FOLDER PATTERN... (a pattern that starts with ! leaves out)."""

import fnmatch
import os
import sys
import zipfile

wheel, folder = sys.argv[1:3]
keep = [pattern for pattern in sys.argv[3:] if not pattern.startswith("!")]
drop = [pattern[1:] for pattern in sys.argv[3:] if pattern.startswith("!")]


def matches(name, patterns):
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


with zipfile.ZipFile(wheel) as archive:
    for name in archive.namelist():
        if name.endswith("/") or not matches(name, keep) or matches(name, drop):
            continue
        path = archive.extract(name, folder)  # checks the file's checksum
        if "/lib/" in name:
            # On the disk before the folder gets its name, also if the power goes.
            with open(path, "rb") as library:
                os.fsync(library.fileno())

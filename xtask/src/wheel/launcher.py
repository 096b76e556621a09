"""Starts the program. Without the torch that it was built with it would end before its first line, with the dynamic
loader's words, so torch is looked at first; importing it would take seconds."""

import importlib.metadata
import os
import shlex
import sys

from superfuse_tui.built import CUDA, TORCH

HERE = os.path.dirname(os.path.abspath(__file__))


def installed_torch():
    """Its version and its folder, or nothing."""
    try:
        torch = importlib.metadata.distribution("torch")
    except importlib.metadata.PackageNotFoundError:
        return None
    return torch.version or "of an unknown version", os.fspath(torch.locate_file("torch"))


def complaint(torch):
    """What is wrong with this torch, with the line that puts it right; nothing where it fits."""
    pip = f"{shlex.quote(sys.executable)} -m pip install"
    if torch is None:
        return f"superfuse-tui needs torch {TORCH}, and this Python has none: run `{pip} torch=={TORCH}`"
    version, folder = torch
    if version.split("+")[0] != TORCH:
        return (
            f"superfuse-tui was built with torch {TORCH}, and {folder} is {version}: run `{pip} torch=={TORCH}`, "
            "or install the wheel of superfuse-tui for that version"
        )
    if not os.path.exists(os.path.join(folder, "lib", "libtorch_cpu.so")):
        return f"the torch in {folder} is not complete: run `{pip} --force-reinstall torch=={TORCH}`"
    if CUDA and not os.path.exists(os.path.join(folder, "lib", "libtorch_cuda.so")):
        return (
            f"superfuse-tui was built for CUDA, and the torch in {folder} is for the CPU alone: run "
            f"`{pip} --force-reinstall torch=={TORCH}`, or install the wheel of superfuse-tui for the CPU"
        )
    return None


def main():
    torch = installed_torch()
    wrong = complaint(torch)
    if wrong:
        print(f"error: {wrong}", file=sys.stderr)
        return 2
    folder = torch[1]
    # The torch that was looked at, before one that the environment names, and where links lead the program away from it.
    paths = [os.path.join(folder, "lib"), os.environ.get("LD_LIBRARY_PATH")]
    environment = {**os.environ, "LD_LIBRARY_PATH": ":".join(path for path in paths if path)}
    program = os.path.join(HERE, "superfuse-tui")
    try:
        os.execve(program, ["superfuse-tui", *sys.argv[1:]], environment)
    except OSError as error:
        print(f"error: cannot start {program}: {error.strerror}", file=sys.stderr)
        return 2

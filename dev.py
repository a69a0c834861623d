#!/usr/bin/env python3
"""Set up, try out and check cix with nothing but Python 3.11 or newer.

    python3 dev.py demo          make a believable history and show what cix answers from it
    python3 dev.py test          everything that must hold: linters, types, contracts, tests, wheel
    python3 dev.py test ARGS     only pytest, with these arguments
    python3 dev.py check         only the linters and type checkers
    python3 dev.py bench         the benchmarks
    python3 dev.py setup         make or refresh .venv (the others do it by themselves)
    python3 dev.py lock ...      make the hashed requirement files anew from pyproject.toml,
                                 keeping what still fits; --upgrade takes the newest versions

Everything lands in .venv beside this file; delete that folder to start over.
"""

from __future__ import annotations

import sys

if sys.version_info < (3, 11):  # noqa: UP036 -- whoever runs this with an older one reads why
    sys.exit(f"cix needs Python 3.11 or newer; this is {sys.version.split()[0]}")

import argparse
import contextlib
import hashlib
import json
import os
import shlex
import subprocess
import tempfile
import time
import tomllib
import venv
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = str(BIN / ("python.exe" if os.name == "nt" else "python"))
STAMP = VENV / "cix-setup.stamp"
LOCKED = ("dev.txt", "uv.txt")  # under requirements/
WHEEL_TESTS = (
    "tests/house/test_package.py",
    "tests/house/test_pytest_plugin.py",
    "tests/house/test_docs.py",
    "tests/domain",
)
NOT_ON_WHEEL = "not type_checkers"  # they need the tools of .venv


class SetupError(Exception):
    """The environment cannot be made; the message says what to do."""


# -- setup -----------------------------------------------------------------------
def setup() -> None:
    """Bring .venv to what pyproject.toml and the requirement files say; instant when it is."""
    wanted = digest()
    if is_ready(wanted):
        return
    with only_one():
        if is_ready(wanted):  # someone else has just done it
            return
        started = time.perf_counter()
        print("setting up .venv ...", flush=True)
        make_venv()
        install()
        STAMP.write_text(wanted)
        print(f"ready in {time.perf_counter() - started:.1f} s", flush=True)


def digest() -> str:
    """Return what the environment depends on, as one hash; tool settings are no part of it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    depends = {name: project[name] for name in ("build-system", "project")}
    parts = [sys.version, str(ROOT), json.dumps(depends, sort_keys=True)]
    parts += [(ROOT / "requirements" / name).read_text("utf-8") for name in LOCKED]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def is_ready(wanted: str) -> bool:
    """Say whether .venv was made for exactly this digest."""
    return Path(PYTHON).exists() and STAMP.exists() and STAMP.read_text() == wanted


@contextlib.contextmanager
def only_one() -> Generator[None]:
    """Let one set-up run at a time; a second one waits, then finds the work done."""
    VENV.mkdir(exist_ok=True)
    with (VENV / "cix-setup.lock").open("w") as lock:
        if sys.platform != "win32":
            import fcntl  # noqa: PLC0415 -- POSIX only

            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def make_venv() -> None:
    """Make .venv with pip in it, keeping one that already runs."""
    if Path(PYTHON).exists() and quiet([PYTHON, "-m", "pip", "--version"]):
        return
    try:
        venv.create(VENV, with_pip=True, symlinks=os.name != "nt")
    except subprocess.CalledProcessError as error:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        message = (
            "this Python has no ensurepip, so it cannot make a virtual environment; on Debian:\n"
            f"    apt-get install -y python{version}-venv"
        )
        raise SetupError(message) from error


def install() -> None:
    """Install the pinned tools, then cix itself in place; with uv, or with pip where uv is not."""
    pip = [PYTHON, "-m", "pip", "--disable-pip-version-check", "--quiet", "install"]
    in_place = ["--no-deps", "--no-build-isolation", "--editable", "."]
    if quiet([*pip, "--require-hashes", "-r", "requirements/uv.txt"]):
        fast = [tool("uv"), "pip", "install", "--quiet", "--compile-bytecode", "--python", PYTHON]
        run([*fast, "--require-hashes", "-r", "requirements/dev.txt"])
        run([*fast, *in_place])
    else:
        print("uv is not to be had here; pip takes longer", flush=True)
        run([*pip, "--require-hashes", "-r", "requirements/dev.txt"])
        run([*pip, *in_place])


def lock(arguments: Sequence[str]) -> None:
    """Make the requirement files anew: hashed, naming no registry's host.

    Versions that still fit are kept; with --upgrade the newest are taken.
    """
    pin = [tool("uv"), "pip", "compile", "--quiet", "--universal", *arguments]
    pin += ["--python-version", "3.11", "--generate-hashes", "--no-emit-index-url"]
    pin += ["--custom-compile-command", "python3 dev.py lock"]
    run([*pin, "--extra", "dev", "pyproject.toml", "-o", "requirements/dev.txt"])
    run([*pin, "requirements/uv.in", "-o", "requirements/uv.txt"])


# -- running ---------------------------------------------------------------------
def tool(name: str) -> str:
    """Return the path of a command in .venv."""
    return str(BIN / name)


def run(command: Sequence[str]) -> None:
    """Run *command* in the project's folder with its output shown.

    Raises:
        SetupError: it failed.
    """
    try:
        subprocess.run(command, cwd=ROOT, check=True, env=environment())
    except (OSError, subprocess.CalledProcessError) as error:
        message = f"this command failed: {shlex.join(command)}"
        raise SetupError(message) from error


def quiet(command: Sequence[str]) -> bool:
    """Run *command*, keep its output to ourselves, and say whether it went well."""
    try:
        done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True)
    except OSError:
        return False
    return done.returncode == 0


def environment() -> dict[str, str]:
    """Return the environment for our tools: no foreign PYTHONPATH, .venv's commands first."""
    left_out = {"PYTHONPATH", "PYTHONDONTWRITEBYTECODE"}  # commands start thrice as fast compiled
    env = {key: value for key, value in os.environ.items() if key not in left_out}
    env["VIRTUAL_ENV"] = str(VENV)
    env["PATH"] = str(BIN) + os.pathsep + env.get("PATH", "")
    return env


class Step(NamedTuple):
    """One check: a name to print and the command that makes it."""

    name: str
    command: Sequence[str]


class Outcome(NamedTuple):
    """What a step came to: its exit code and how long it took, in seconds."""

    name: str
    code: int
    seconds: float


def shown(step: Step) -> Outcome:
    """Run *step* with its output going straight to the reader."""
    print(f"\n-- {step.name}", flush=True)
    started = time.perf_counter()
    code = subprocess.run(step.command, cwd=ROOT, check=False, env=environment()).returncode
    return Outcome(step.name, code, time.perf_counter() - started)


def held(step: Step) -> Outcome:
    """Run *step*, and print its output in one piece when it has ended."""
    started = time.perf_counter()
    done = subprocess.run(
        step.command,
        cwd=ROOT,
        check=False,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    seconds = time.perf_counter() - started
    text = done.stdout.rstrip() if done.returncode else done.stdout.rstrip().rpartition("\n")[2]
    print(f"\n-- {step.name}\n{text}", flush=True)
    return Outcome(step.name, done.returncode, seconds)


def conclude(outcomes: Sequence[Outcome]) -> int:
    """Print one line a step; return the exit code of the first that failed, or 0."""
    print()
    for outcome in outcomes:
        verdict = "ok" if outcome.code == 0 else f"FAILED ({outcome.code})"
        print(f"{outcome.name:<20} {outcome.seconds:7.1f} s  {verdict}")
    return next((outcome.code for outcome in outcomes if outcome.code), 0)


# -- checks ----------------------------------------------------------------------
def static_checks() -> list[Outcome]:
    """Run the linters and type checkers, two at a time, the slow ones first."""
    steps = [
        Step("mypy", [tool("mypy")]),
        Step("basedpyright", [tool("basedpyright")]),
        Step("import contracts", [tool("lint-imports")]),
        Step("ruff check", [tool("ruff"), "check"]),
        Step("ruff format", [tool("ruff"), "format", "--check"]),
    ]
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(held, steps))


def pytest(arguments: Sequence[str]) -> Step:
    """Return the step that runs pytest with *arguments*."""
    return Step("pytest", [PYTHON, "-m", "pytest", *arguments])


def wheel_checks() -> list[Outcome]:
    """Build sdist and wheel, and run the package's tests on the wheel as a user installs it."""
    with tempfile.TemporaryDirectory(prefix="cix-wheel-") as name:
        built = held(Step("build", [PYTHON, "-m", "build", "--no-isolation", "--outdir", name]))
        wheels = sorted(Path(name).glob("*.whl"))
        if built.code or not wheels:
            return [built._replace(code=built.code or 1)]
        python = installed(wheels[0], Path(name, "venv"))
        tests = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *WHEEL_TESTS]
        tests += ["-k", NOT_ON_WHEEL]
        return [built, shown(Step("tests on the wheel", tests))]


def installed(wheel: Path, folder: Path) -> str:
    """Install *wheel* into a throw-away environment that borrows .venv's libraries.

    The libraries come by a path file, whose folder's own path files (the in-place cix among
    them) are not read; so `import cix` finds the wheel and nothing else.

    Returns:
        The environment's Python.
    """
    venv.EnvBuilder(symlinks=os.name != "nt").create(folder)
    python = str(folder / BIN.name / Path(PYTHON).name)
    theirs, ours = (site_packages(each) for each in (python, PYTHON))
    Path(theirs, "borrowed.pth").write_text(f"{ours}\n")
    if Path(tool("uv")).exists():
        run([tool("uv"), "pip", "install", "-q", "--no-deps", "--python", python, str(wheel)])
    else:
        pip = [PYTHON, "-m", "pip", "--python", python]
        run([*pip, "install", "-q", "--no-deps", str(wheel)])
    return python


def site_packages(python: str) -> str:
    """Return the folder in which *python* keeps its libraries."""
    ask = "import sysconfig; print(sysconfig.get_paths()['purelib'])"
    return subprocess.check_output([python, "-c", ask], text=True).strip()


def test(arguments: Sequence[str]) -> int:
    """Run every check, or only pytest when it is given arguments of its own."""
    if arguments:
        return shown(pytest(arguments)).code
    outcomes = static_checks()
    outcomes.append(shown(pytest(["-n", "2", "--dist", "worksteal"])))
    outcomes += wheel_checks()
    return conclude(outcomes)


# -- command line ------------------------------------------------------------------
def main() -> int:
    """Run one of the commands at the top of this file and return its exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = ("setup", "demo", "test", "check", "bench", "lock")
    parser.add_argument("command", choices=commands, metavar="|".join(commands))
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="handed on to the command")
    given = parser.parse_args()
    try:
        setup()
        match given.command:
            case "demo":
                return subprocess.call([tool("cix"), "demo", *given.arguments], env=environment())
            case "test":
                return test(given.arguments)
            case "check":
                return conclude(static_checks())
            case "bench":
                bench = [PYTHON, "benchmarks", *given.arguments]
                return subprocess.call(bench, cwd=ROOT, env=environment())
            case "lock":
                lock(given.arguments)
            case _:
                pass
    except SetupError as error:
        print(f"dev.py: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Runs docker/Dockerfile without Docker: each stage in a root of its own, instruction by instruction, with chroot. Then
starts what each image starts.

    docker_stages.py PLACE [--programs DIRECTORY]    PLACE/base is a clean Debian; --programs instead of the build stage

What the file may use is FROM, ARG before it, WORKDIR, COPY, RUN, USER, ENV, EXPOSE, HEALTHCHECK and ENTRYPOINT; anything
else ends with an error. scripts/docker-proof.sh makes the place and calls this.
"""

import json
import os
import pathlib
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time

CHECKOUT = pathlib.Path(__file__).resolve().parents[1]
KNOWN = {"WORKDIR", "COPY", "RUN", "USER", "ENV", "EXPOSE", "HEALTHCHECK", "ENTRYPOINT"}
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# What the official Swift image has beside the toolchain: the packages that its own Dockerfile installs.
SWIFT_IMAGE = ("binutils gnupg2 git unzip tzdata libc6-dev libcurl4-openssl-dev libedit2 libgcc-12-dev libpython3-dev "
               "libsqlite3-0 libstdc++-12-dev libxml2-dev libncurses-dev libz3-dev pkg-config zlib1g-dev").split()


class Failure(Exception):
    """A step that did not do what it should; the text is for people."""


def parse(text):
    """Stage -> (what it is from, [(instruction, arguments)])."""
    defaults, stages, name = {}, {}, None
    lines = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    for line in re.sub(r"\\\n", " ", lines).splitlines():
        if not line.strip():
            continue
        instruction, arguments = line.strip().split(None, 1)
        arguments = re.sub(r"\s+", " ", arguments)
        if instruction == "ARG" and name is None:
            key, _, value = arguments.partition("=")
            defaults[key] = value
        elif instruction == "FROM":
            image, name = re.fullmatch(r"(\S+) AS (\S+)", arguments).groups()
            stages[name] = (re.sub(r"\$\{(\w+)\}", lambda match: defaults[match[1]], image), [])
        else:
            stages[name][1].append((instruction, arguments))
    return stages


def make_context(target):
    """What .dockerignore lets through to the builder."""
    lines = (CHECKOUT / ".dockerignore").read_text().split("\n")
    for line in lines:
        if line.startswith("!"):
            source = CHECKOUT / line[1:]
            if source.is_dir():
                shutil.copytree(source, target / line[1:], symlinks=True,
                                ignore=shutil.ignore_patterns("__pycache__", ".env", "results"))
            else:
                target.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, target / line[1:])


class Root:
    """A stage's root directory, and what its instructions have set."""

    def __init__(self, place, name, origin):
        self.path, self.name = place / name, name
        subprocess.run(["cp", "-a", "--one-file-system", str(origin.path if isinstance(origin, Root) else origin),
                        str(self.path)], check=True)
        self.directory = origin.directory if isinstance(origin, Root) else "/"
        self.environment = dict(origin.environment) if isinstance(origin, Root) else {"PATH": PATH}
        self.user, self.entry, self.health = None, None, None
        # What an image does not have and this machine needs to reach its mirrors.
        self.outside = {name: os.environ[name] for name in ("SSL_CERT_FILE", "PIP_INDEX_URL", "PIP_CERT") if name in os.environ}
        self.mounted = False

    def mount(self):
        if not self.mounted:
            subprocess.run(["mount", "-t", "proc", "proc", str(self.path / "proc")], check=True)
            subprocess.run(["mount", "--bind", "/dev", str(self.path / "dev")], check=True)
            self.mounted = True

    def unmount(self):
        for name in ("opt/swift", "dev", "proc"):
            if os.path.ismount(self.path / name):
                subprocess.run(["umount", str(self.path / name)], check=True)
        self.mounted = False

    def command(self, words, user=None, environment=None):
        """The command line that runs the words in here, as the user of the image."""
        self.mount()
        user = user or self.user
        rights = ["setpriv", f"--reuid={user.split(':')[0]}", f"--regid={user.split(':')[-1]}", "--clear-groups"] if user else []
        settings = {"HOME": "/root", **self.environment, **(environment or {}), **self.outside}
        return ["env", "-i", *(f"{key}={value}" for key, value in settings.items()), "chroot", str(self.path), *rights,
                "sh", "-c", f"cd {shlex.quote(self.directory)} && exec \"$@\"", "sh", *words]

    def run(self, words, **more):
        done = subprocess.run(self.command(words, **more), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace")
        if done.returncode != 0:
            raise Failure(f"{self.name}: {shlex.join(words)}\n" + "\n".join(done.stdout.splitlines()[-25:]))
        return done.stdout

    def inner(self, path):
        """Where a path of the image is outside of it."""
        return self.path / str(pathlib.PurePosixPath(self.directory) / path).lstrip("/")

    def copy(self, sources, target):
        into = target.endswith("/") or len(sources) > 1
        place = self.inner(target)
        for source in sources:
            if not source.exists():
                raise Failure(f"{self.name}: COPY of {source}, which is not there")
            if source.is_dir():
                shutil.copytree(source, place, symlinks=True, dirs_exist_ok=True)
            else:
                to = place / source.name if into else place
                to.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, to)


def build(root, instructions, context, stages):
    """Carries out a stage's instructions."""
    for instruction, arguments in instructions:
        if instruction == "WORKDIR":
            root.directory = str(pathlib.PurePosixPath(root.directory) / arguments)
            root.inner(".").mkdir(parents=True, exist_ok=True)
        elif instruction == "COPY":
            words = arguments.split()
            origin = context
            if words[0].startswith("--from="):
                origin = stages[words.pop(0).removeprefix("--from=")].path
            root.copy([origin / word.lstrip("/") for word in words[:-1]], words[-1])
        elif instruction == "RUN":
            root.run(["sh", "-c", arguments])
        elif instruction == "USER":
            root.user = arguments
        elif instruction == "ENV":
            root.environment.update(word.split("=", 1) for word in shlex.split(arguments))
        elif instruction == "HEALTHCHECK":
            root.health = json.loads(arguments[arguments.index("CMD ") + 4:])
        elif instruction == "ENTRYPOINT":
            root.entry = json.loads(arguments)
        elif instruction not in KNOWN:
            raise Failure(f"{root.name}: this proof does not know {instruction}")


def stand_in_for_swift(root):
    """What the Swift image has: this machine's toolchain, read-only, and the packages that belong to it."""
    listed = root.path / "opt" / "swift-image.txt"
    listed.write_text("\n".join(SWIFT_IMAGE) + "\n")
    root.copy([CHECKOUT / "docker" / "install-packages.sh"], "/opt/")
    root.run(["/opt/install-packages.sh", "/opt/swift-image.txt"])
    swift = pathlib.Path(shutil.which("swift")).resolve()
    (root.path / "opt" / "swift").mkdir()
    subprocess.run(["mount", "--bind", "-o", "ro", str(swift.parents[2]), str(root.path / "opt" / "swift")], check=True)
    root.environment["PATH"] = f"/opt/swift/usr/bin:{PATH}"


def starts(root):
    """The program loads as the image's user, reads its settings, and says in a sentence what is missing."""
    done = subprocess.run(root.command(["timeout", "20", *root.entry]), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace")
    if done.returncode >= 124 or not done.stdout.strip():
        raise Failure(f"{root.name}: {root.entry[0]} did not start (exit code {done.returncode}): {done.stdout[-600:]}")
    if root.health:
        root.run(["sh", "-c", 'command -v "$1"', "sh", root.health[0]])


def serves(root):
    """nginx starts as the image's user, serves the pages of the pages stage, and tells that nobody is behind it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    # Container engines give the streams to the image's user too: nginx opens them anew.
    reader, writer = os.pipe()
    os.fchown(writer, *map(int, root.user.split(":")))
    server = subprocess.Popen(root.command(root.entry, environment={"PORT": str(port)}), stdin=subprocess.DEVNULL,
                              stdout=writer, stderr=writer)
    os.close(writer)
    try:
        wanted = {"/console/": "200", "/api/docs/": "200", "/api/docs/assets/swagger-ui-bundle.js": "200",
                  "/api/docs/swagger.yaml": "200", "/health/live": "502"}
        found, deadline = {}, time.monotonic() + 60
        while found != wanted and time.monotonic() < deadline and server.poll() is None:
            found = {path: subprocess.run(
                root.command(["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", f"http://127.0.0.1:{port}{path}"]),
                stdout=subprocess.PIPE, text=True).stdout for path in wanted}
            time.sleep(0.2)
    finally:
        server.terminate()
        server.wait(30)
    with open(reader, errors="replace") as said:
        if found != wanted:
            raise Failure(f"nginx answers {found}: {said.read()[-1500:]}")


def megabytes(path):
    return int(subprocess.run(["du", "-sm", "--one-file-system", str(path)], check=True, capture_output=True, text=True).stdout.split()[0])


def prove(place, programs):
    context, stages = place / "context", {}
    make_context(context)
    for name, (image, instructions) in parse((CHECKOUT / "docker" / "Dockerfile").read_text()).items():
        begun = time.monotonic()
        print(f"{name:8} from {image}: ", end="", flush=True)
        root = stages[name] = Root(place, name, stages.get(image, place / "base"))
        if name == "build" and programs:
            shutil.copytree(programs, root.path / "out")
            print("left out")
            continue
        if image.startswith("swift:"):
            stand_in_for_swift(root)
        build(root, instructions, context, stages)
        done = f"{len(instructions)} instructions"
        if name == "nginx":
            serves(root)
            done += ", serves its pages as its user"
        elif root.entry:
            starts(root)
            done += ", starts as its user"
        root.unmount()
        print(f"{done}, {time.monotonic() - begun:.0f} s", flush=True)
        if root.entry:
            program = root.path / "usr/local/bin" / root.entry[0]
            of_it = f", {program.stat().st_size // 1_000_000} MB of them the program" if name != "nginx" else ""
            print(f"         {megabytes(root.path)} MB in all{of_it}", flush=True)


def main():
    place = pathlib.Path(sys.argv[1])
    programs = pathlib.Path(sys.argv[3]) if sys.argv[2:3] == ["--programs"] else None
    try:
        prove(place, programs)
    except Failure as failure:
        sys.exit(f"failed\ndocker-proof: {failure}")
    print("docker-proof: every instruction of every stage ran")


if __name__ == "__main__":
    main()

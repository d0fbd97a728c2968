"""Builds a wheel that carries the binary: the build backend of `pip install`, and a command.

    python packaging/mlgitops_wheel.py BINARY PLATFORM FOLDER

The binary is the one that MLGITOPS_BINARY names, else the released one of this version, whose
checksum must be the one that the release states, else what cargo builds here. Nothing but the
standard library is needed.
"""

import base64
import hashlib
import io
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import urllib.error
import urllib.request
import zipfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
RELEASES = "https://github.com/mlgitops/mlgitops/releases/download"
TARGETS = {
    ("Linux", "x86_64"): "x86_64-unknown-linux-musl",
    ("Linux", "aarch64"): "aarch64-unknown-linux-musl",
    ("Darwin", "x86_64"): "x86_64-apple-darwin",
    ("Darwin", "arm64"): "aarch64-apple-darwin",
    ("Windows", "AMD64"): "x86_64-pc-windows-msvc",
}


def version():
    """The version of the workspace: what the binary says of itself."""
    with open(os.path.join(ROOT, "Cargo.toml"), encoding="utf-8") as file:
        found = re.search(r'^version = "([0-9][0-9A-Za-z.+-]*)"$', file.read(), re.MULTILINE)
    if not found:
        raise SystemExit("Cargo.toml states no version")
    return found.group(1)


def this_platform():
    """The tag of this machine. A binary that needs no C library runs on every Linux, so the old and
    the new tag of both C libraries hold."""
    if platform.system() == "Linux":
        machine = platform.machine()
        return "manylinux2014_{0}.manylinux_2_17_{0}.musllinux_1_1_{0}".format(machine)
    return re.sub(r"[^A-Za-z0-9]", "_", sysconfig.get_platform())


def fetch(url):
    with urllib.request.urlopen(url, timeout=120) as answer:
        return answer.read()


def released(target):
    """The released binary of this version, or None where there is none."""
    name = "mlgitops-{}-{}.tar.gz".format(version(), target)
    release = "{}/v{}".format(RELEASES, version())
    try:
        archive = fetch("{}/{}".format(release, name))
        sums = fetch("{}/SHA256SUMS".format(release)).decode("ascii")
    except (urllib.error.URLError, OSError):
        return None
    stated = [line.split()[0] for line in sums.splitlines() if line.split()[1:] == [name]]
    actual = hashlib.sha256(archive).hexdigest()
    if stated != [actual]:
        raise SystemExit("{} is not what it claims to be: its SHA-256 is {}".format(name, actual))
    with tarfile.open(fileobj=io.BytesIO(archive)) as members:
        for member in members:
            if member.isfile() and os.path.basename(member.name) in ("mlgitops", "mlgitops.exe"):
                return members.extractfile(member).read()
    raise SystemExit("{} holds no binary".format(name))


def built():
    """The binary that cargo builds of this source."""
    if not shutil.which("cargo"):
        raise SystemExit("there is no release {} for this machine, and no Rust to build it".format(version()))
    with tempfile.TemporaryDirectory() as folder:
        command = ["cargo", "install", "--locked", "--path", ROOT, "--root", folder]
        subprocess.run(command, check=True)
        name = "mlgitops.exe" if os.name == "nt" else "mlgitops"
        with open(os.path.join(folder, "bin", name), "rb") as file:
            return file.read()


def binary():
    stated = os.environ.get("MLGITOPS_BINARY")
    if stated:
        with open(stated, "rb") as file:
            return file.read()
    target = TARGETS.get((platform.system(), platform.machine()))
    return (target and released(target)) or built()


def metadata():
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as file:
        readme = file.read()
    head = [
        "Metadata-Version: 2.1",
        "Name: mlgitops",
        "Version: " + version(),
        "Summary: Linter and CI gate for Git repositories that deploy machine-learning models",
        "License: Apache-2.0",
        "Requires-Python: >=3.8",
        "Description-Content-Type: text/markdown",
    ]
    return "\n".join(head) + "\n\n" + readme


def write_wheel(folder, content, tag):
    """Writes the wheel, the same bytes for the same binary."""
    info = "mlgitops-{}.dist-info".format(version())
    scripts = "mlgitops-{}.data/scripts".format(version())
    suffix = ".exe" if tag.startswith("win") else ""
    tags = ["Tag: py3-none-" + one for one in tag.split(".")]
    wheel = ["Wheel-Version: 1.0", "Generator: mlgitops", "Root-Is-Purelib: false"] + tags
    files = [
        ("{}/mlgitops{}".format(scripts, suffix), content, 0o755),
        (info + "/METADATA", metadata().encode("utf-8"), 0o644),
        (info + "/WHEEL", ("\n".join(wheel) + "\n").encode("ascii"), 0o644),
    ]
    for name in ("LICENSE", "NOTICE"):
        with open(os.path.join(ROOT, name), "rb") as file:
            files.append(("{}/licenses/{}".format(info, name), file.read(), 0o644))
    record = []
    for name, data, _ in files:
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode("ascii")
        record.append("{},sha256={},{}".format(name, digest, len(data)))
    record.append(info + "/RECORD,,")
    files.append((info + "/RECORD", ("\n".join(record) + "\n").encode("utf-8"), 0o644))
    name = "mlgitops-{}-py3-none-{}.whl".format(version(), tag)
    with zipfile.ZipFile(os.path.join(folder, name), "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data, mode in files:
            entry = zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0))
            entry.external_attr = (0o100000 | mode) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
    return name


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    """What pip calls (PEP 517)."""
    return write_wheel(wheel_directory, binary(), this_platform())


def build_sdist(sdist_directory, config_settings=None):
    """A source distribution would need Rust wherever it is installed."""
    raise NotImplementedError("wheels only")


if __name__ == "__main__":
    path, tag, out = sys.argv[1:]
    with open(path, "rb") as opened:
        print(write_wheel(out, opened.read(), tag))

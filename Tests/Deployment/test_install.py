"""make install into a root of its own: what is there, that units are valid and closed, and that programs start."""

import os
import re
import shutil
import subprocess

import pytest

from places import ROOT, variables

UNITS = sorted(path.name for path in (ROOT / "deploy" / "systemd").glob("*.service"))


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    place = tmp_path_factory.mktemp("root")
    done = subprocess.run([str(ROOT / "scripts" / "install.sh")], env={**os.environ, "DESTDIR": str(place)},
                          capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return place


def test_everything_has_its_place(root):
    for name in ["usr/bin/saasctl", "usr/lib/saas-documents/FCGIApp", "usr/lib/saas-documents/UploadSidecar",
                 "usr/lib/saas-documents/EventWorker", "usr/lib/saas-documents/scripts/render-nginx.sh",
                 "usr/lib/saas-documents/scripts/app-ready.sh", "usr/sbin/saas-documents-restart"]:
        assert os.access(root / name, os.X_OK), name
    for name in ["usr/lib/saas-documents/nginx/nginx.conf", "usr/share/saas-documents/pages/console/index.html",
                 "usr/share/saas-documents/pages/swagger.yaml", "usr/share/doc/saas-documents/operations.md",
                 "usr/share/doc/saas-documents/monitoring/alerts.yml",
                 "usr/lib/systemd/system/saas-documents.target", "usr/lib/sysusers.d/saas-documents.conf",
                 "usr/lib/tmpfiles.d/saas-documents.conf"]:
        assert (root / name).is_file(), name
    assert (root / "etc/saas-documents/secrets").stat().st_mode & 0o777 == 0o600


def test_a_second_installation_keeps_the_settings(root):
    settings = root / "etc/saas-documents/environment"
    settings.write_text("PORT=5999\n")
    subprocess.run([str(ROOT / "scripts" / "install.sh")], env={**os.environ, "DESTDIR": str(root)}, check=True,
                   capture_output=True, timeout=300)
    assert settings.read_text() == "PORT=5999\n"


@pytest.mark.parametrize("program, complaint", [("FCGIApp", "DATABASE_URL"), ("UploadSidecar", "UPLOAD_SOCKET"),
                                                ("EventWorker", "DATABASE_URL")])
def test_a_program_starts_from_there(root, program, complaint):
    """Without settings it says what it lacks and ends."""
    done = subprocess.run([str(root / "usr/lib/saas-documents" / program)], env={"PATH": "/usr/bin:/bin"}, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30)
    assert done.returncode > 0 and complaint in done.stdout, done.stdout


def test_saasctl_starts_from_there(root):
    done = subprocess.run([str(root / "usr/bin/saasctl"), "--help"], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0 and "init-db" in done.stdout


def test_nginx_takes_the_installed_configuration(root, tmp_path):
    for name in ["log", "nginx-temp", "cwd/nginx"]:
        (tmp_path / name).mkdir(parents=True)
    environment = {"PATH": os.environ["PATH"] + ":/usr/sbin", "PORT": "49998", "STATE_DIR": str(tmp_path),
                   "RUN_DIR": str(tmp_path), "FCGI_WORKERS": "2",
                   "PAGES_DIR": str(root / "usr/share/saas-documents/pages")}
    subprocess.run([str(root / "usr/lib/saas-documents/scripts/render-nginx.sh"), str(tmp_path / "nginx")],
                   env=environment, check=True, timeout=30)
    done = subprocess.run(["nginx", "-t", "-q", "-c", str(tmp_path / "nginx/nginx.conf")], env=environment,
                          capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def installed_units(root, tmp_path_factory):
    """The units as systemd would see them after the installation: with programs where the test put them."""
    place = tmp_path_factory.mktemp("units")
    for path in (root / "usr/lib/systemd/system").iterdir():
        text = path.read_text().replace("=/usr/lib/saas-documents/", f"={root}/usr/lib/saas-documents/")
        text = text.replace("=/usr/bin/saasctl", f"={root}/usr/bin/saasctl")
        text = re.sub(r"^Documentation=file:.*\n", "", text, flags=re.MULTILINE)
        (place / path.name).write_text(text)
    return place


needs_systemd = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")


@needs_systemd
@pytest.mark.parametrize("unit", UNITS + ["saas-documents.target"])
def test_the_unit_is_valid(installed_units, unit):
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(installed_units / unit)],
                          capture_output=True, text=True, timeout=60)
    ours = [line for line in (done.stdout + done.stderr).splitlines() if "saas-documents" in line]
    assert not ours, ours


@needs_systemd
@pytest.mark.parametrize("unit", UNITS)
def test_the_unit_is_closed(installed_units, unit):
    """systemd's own judgement of what a service could still do: 10 is everything, below 2 is little."""
    done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager", str(installed_units / unit)],
                          capture_output=True, text=True, timeout=60)
    exposure = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
    assert exposure and float(exposure[1]) < 2.0, done.stdout[-600:] + done.stderr


def test_installed_settings_are_explained():
    known = set(variables(".env.example"))
    for name in ["environment", "secrets", "store-secrets"]:
        assert set(variables(f"deploy/debian/{name}")) <= known

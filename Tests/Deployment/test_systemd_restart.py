"""saas-documents-restart: in which order it asks systemd for what. A program of the test stands in for systemctl: it keeps
which units are active, makes sockets as the programs do, and writes down what it was asked for. Real units under a real
systemd are scripts/systemd-proof.sh's."""

import os
import stat
import subprocess

import pytest

from places import ROOT

SYSTEMCTL = r"""#!/bin/bash
# Units are files named by their unit; each holds when it was started.
cd "$STAGE" || exit 1
asked=$*
command='' unit='' property=''
for word in "$@"; do
    case $word in
        --property=*) property=${word#*=} ;;
        -*) ;;
        *) if [ -z "$command" ]; then command=$word; else unit=${word%.service}; fi ;;
    esac
done
serve() {
    case $1 in
        *-app@*) socket=run/app-${1#*@}.sock ;;
        *-upload@*) socket=run/upload.sock ;;
        *) return 0 ;;
    esac
    touch "$socket.new" && mv "$socket.new" "$socket"  # another inode
}
case $command in
    list-units)
        for file in units/${unit%@\*}@*; do
            [ -e "$file" ] && echo "$(basename "$file").service loaded active running"
        done
        exit 0 ;;
    show)
        case $property in
            MainPID) echo 4711 ;;
            *) cat "units/$unit" ;;
        esac
        exit ;;
    is-active) [ -e "units/$unit" ]; exit ;;
    status) exit 3 ;;
esac
echo "${asked//.service/}" >>log
case $command in
    start | restart)
        case $unit in *-migrate) exit "$(cat migrate 2>/dev/null || echo 0)" ;; esac
        if [ -e "refuses/$unit" ]; then touch "units/$unit"; exit 0; fi
        echo $(($(wc -l <log))) >"units/$unit"
        serve "$unit" ;;
    stop) rm -f "units/$unit" ;;
esac
"""
ALL = ["saas-documents.target", "saas-documents-app@0", "saas-documents-app@1", "saas-documents-upload@a",
       "saas-documents-worker"]


class Stage:
    def __init__(self, place):
        self.place = place
        for name in ["bin", "units", "refuses", "run", "scripts"]:
            (place / name).mkdir()
        self.program("bin/systemctl", SYSTEMCTL)
        self.program("bin/id", "#!/bin/sh\necho 0\n")
        self.program("bin/cgi-fcgi", "#!/bin/sh\n")
        self.program("bin/sleep", "#!/bin/sh\nexec /bin/sleep 0.02\n")
        self.program("scripts/app-ready.sh",
                     '#!/bin/sh\nname=$(basename "$1" .sock)\n[ ! -e "$STAGE/refuses/saas-documents-app@${name#app-}" ]\n')
        text = (ROOT / "deploy/systemd/saas-documents-restart").read_text()
        text = text.replace("=/usr/lib/saas-documents\n", f"={place}\n").replace("=/run/saas-documents\n", f"={place}/run\n")
        self.program("restart", text)
        for unit in ALL:
            (place / "units" / unit).write_text("0\n")
        (place / "run/upload.sock").touch()

    def program(self, name, text):
        path = self.place / name
        path.write_text(text)
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    def restart(self):
        """The exit code, what was asked of systemd, and what was said."""
        log = self.place / "log"
        log.write_text("")
        done = subprocess.run([str(self.place / "restart")], text=True, timeout=60, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT,
                              env={"PATH": f"{self.place}/bin:{os.environ['PATH']}", "STAGE": str(self.place),
                                   "READY_SECONDS": "1"})
        return done.returncode, log.read_text().splitlines(), done.stdout


@pytest.fixture
def stage(tmp_path):
    return Stage(tmp_path)


def steps(new, old):
    return ["daemon-reload", "start saas-documents-migrate", "restart saas-documents-app@0",
            "restart saas-documents-app@1", f"start saas-documents-upload@{new}",
            f"stop --no-block saas-documents-upload@{old}", "restart saas-documents-worker",
            "reload saas-documents-nginx"]


def test_everything_is_restarted_in_order_and_sidecars_take_turns(stage):
    assert stage.restart()[:2] == (0, steps("b", "a"))
    assert stage.restart()[:2] == (0, steps("a", "b"))


def test_a_second_sidecar_without_the_socket_goes_first(stage):
    (stage.place / "units/saas-documents-upload@b").write_text("5\n")
    code, asked, _ = stage.restart()
    assert code == 0
    assert asked[4:7] == ["stop saas-documents-upload@a", "start saas-documents-upload@a",
                          "stop --no-block saas-documents-upload@b"]


@pytest.mark.parametrize("unit, last", [
    ("saas-documents-app@0", "restart saas-documents-app@0"), ("saas-documents-upload@b", "stop saas-documents-upload@b")])
def test_it_stops_at_what_does_not_become_ready(stage, unit, last):
    (stage.place / "refuses" / unit).touch()
    code, asked, said = stage.restart()
    assert code == 1 and asked[-1] == last
    assert f"{unit}.service is not ready" in said


def test_schemas_that_fail_leave_everything_as_it_is(stage):
    (stage.place / "migrate").write_text("1")
    code, asked, said = stage.restart()
    assert code == 1 and asked == ["daemon-reload", "start saas-documents-migrate"] and "nothing was restarted" in said


def test_a_single_application_process_is_not_restarted(stage):
    (stage.place / "units/saas-documents-app@1").unlink()
    code, asked, said = stage.restart()
    assert code == 1 and "fewer than two" in said
    assert not [line for line in asked if "app@" in line]


def test_what_does_not_run_is_not_started(stage):
    (stage.place / "units/saas-documents.target").unlink()
    code, asked, said = stage.restart()
    assert code == 1 and asked == [] and "systemctl start saas-documents.target" in said

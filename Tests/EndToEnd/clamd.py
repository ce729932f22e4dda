"""ClamAV's daemon with a database of one signature, which is made here: nothing is downloaded."""

import pathlib
import shutil
import socket
import subprocess
import tempfile

from polling import eventually

# The test file that every scanner knows, harmless; in two parts, so that none takes this source for one.
EICAR = (r"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-" + "ANTIVIRUS-TEST-FILE!$H+H*").encode()


class Clamd:
    def __init__(self):
        self.place = pathlib.Path(tempfile.mkdtemp(prefix="saas-clamd-", dir="/tmp"))
        self.place.chmod(0o755)
        self.socket = self.place / "clamd.sock"
        # A part of the test file, so that content with anything around it is found too.
        signature = EICAR[:68].hex()
        (self.place / "own.ndb").write_text(f"Eicar-Test:0:*:{signature}\n")
        (self.place / "clamd.conf").write_text(
            f"Foreground yes\nDatabaseDirectory {self.place}\nLocalSocket {self.socket}\nLocalSocketMode 666\n"
            "MaxThreads 2\n")
        self._process = None

    @property
    def setting(self):
        return f"unix:{self.socket}"

    def start(self):
        program = shutil.which("clamd", path="/usr/sbin:/usr/bin")
        self._process = subprocess.Popen([program, f"--config-file={self.place / 'clamd.conf'}"],
                                         stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                         stderr=subprocess.DEVNULL)
        eventually(self._answers, within=60, what="clamd")
        return self

    def _answers(self):
        with socket.socket(socket.AF_UNIX) as probe:
            probe.connect(str(self.socket))
            probe.sendall(b"zPING\0")
            return probe.recv(100) == b"PONG\0"

    def stop(self):
        self._process.terminate()
        self._process.wait(30)
        self.socket.unlink(missing_ok=True)

    def remove(self):
        shutil.rmtree(self.place, ignore_errors=True)

"""An S3 server for the tests: moto's, as a process of its own."""

import http.client
import pathlib
import signal
import subprocess
import sys
import urllib.parse
import xml.etree.ElementTree

from polling import eventually
from stack import free_port

BUCKET = "documents"


class S3Server:
    """Starts with an empty bucket and forgets everything when it stops."""

    def __init__(self):
        self.port = free_port()
        self.process = None

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def settings(self):
        return {
            "S3_ENDPOINT_URL": self.endpoint, "S3_PUBLIC_ENDPOINT_URL": self.endpoint, "S3_BUCKET": BUCKET,
            # Files of a few parts in tests.
            "S3_MULTIPART_THRESHOLD": str(16 * 1024 * 1024),
            "S3_ACCESS_KEY_ID": "e2e-access-key", "S3_SECRET_ACCESS_KEY": "e2e-secret-key",
            "S3_REGION": "us-east-1", "S3_USE_SSL": "false",
        }

    def start(self):
        program = pathlib.Path(sys.executable).parent / "moto_server"
        self.process = subprocess.Popen([str(program), "-H", "127.0.0.1", "-p", str(self.port)],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        eventually(lambda: self.request("PUT", f"/{BUCKET}")[0] == 200, within=60, what="the S3 server")
        return self

    def stop(self):
        if self.process:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(10)
            self.process = None

    def request(self, method, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, headers={"Content-Length": "0"} if method == "PUT" else {})
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def objects(self, tenant_id=None):
        """The keys of the bucket, of one tenant or of all."""
        query = {"list-type": "2", "max-keys": "1000"}
        if tenant_id:
            query["prefix"] = f"tenants/{tenant_id}/"
        status, body = self.request("GET", f"/{BUCKET}?{urllib.parse.urlencode(query)}")
        assert status == 200, body
        return {node.text for node in xml.etree.ElementTree.fromstring(body).iter() if node.tag.endswith("}Key")}

    def unfinished_uploads(self):
        status, body = self.request("GET", f"/{BUCKET}?uploads")
        assert status == 200, body
        return [node for node in xml.etree.ElementTree.fromstring(body).iter() if node.tag.endswith("UploadId")]

"""Two processes on one PostgreSQL behind nginx: what one writes the other shows, live and at once;
one seals the log, and when it dies the other goes on. (On SQLite there is one process: no tests.)"""
import json
import os
import shutil
import subprocess
import tempfile
import time
import unittest

from harness import ENGINE, Client, HttpTest, Server, Stream, free_port

NGINX = """daemon off; pid {dir}/pid; error_log {dir}/error.log; worker_processes 1;
events {{ worker_connections 256; }}
http {{
  access_log off; client_body_temp_path {dir}/body; proxy_temp_path {dir}/proxy;
  fastcgi_temp_path {dir}/f; uwsgi_temp_path {dir}/u; scgi_temp_path {dir}/s;
  upstream tripod {{ server 127.0.0.1:{a}; server 127.0.0.1:{b}; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://tripod; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_set_header Host $http_host; proxy_buffering off; proxy_next_upstream error timeout;
    }}
  }}
}}"""


class Proxy:
    """nginx before two servers, taking turns."""

    def __init__(self, a, b):
        self.folder = tempfile.mkdtemp(prefix="tripod-nginx-")
        os.chmod(self.folder, 0o755)
        self.port = free_port()
        path = os.path.join(self.folder, "nginx.conf")
        with open(path, "w", encoding="utf-8") as f:
            f.write(NGINX.format(dir=self.folder, a=a.port, b=b.port, port=self.port))
        nginx = shutil.which("nginx", path="/usr/sbin:/usr/bin:" + os.environ["PATH"])
        self.process = subprocess.Popen([nginx, "-c", path, "-e", self.folder + "/error.log"])

    def log(self, lines=20):
        with open(self.folder + "/error.log", encoding="utf-8") as f:
            return "\n".join(f.read().splitlines()[-lines:])

    def stop(self):
        self.process.terminate()
        self.process.wait(20)
        shutil.rmtree(self.folder, ignore_errors=True)


if ENGINE == "postgres":
    class Cluster(HttpTest):
        @classmethod
        def setUpClass(cls):
            super().setUpClass()
            cls.second = Server(cls.db).start()
            cls.addClassCleanup(cls.second.stop)
            cls.proxy = Proxy(cls.server, cls.second)
            cls.addClassCleanup(cls.proxy.stop)
            until = time.monotonic() + 20
            while time.monotonic() < until:
                try:
                    if Client(cls.proxy, None, None).get("/readyz").status == 200:
                        return
                except (OSError, AssertionError):
                    time.sleep(0.1)
            raise AssertionError("nginx does not answer\n" + cls.proxy.log())

        def client(self, server, who="sales"):
            return Client(server, who, self.tokens[who], self.write_down)

        def test_cluster_shows_live_what_the_other_process_wrote(self):
            for writer, reader in ((self.server, self.second), (self.second, self.server)):
                stream = Stream(self.client(reader))
                lead = self.client(writer).post("/api/v1/leads", {"company_name": "另一进程"}).made()
                event = stream.until("lead.created")
                self.assertEqual(event["data"]["entity_id"], lead["id"])
                stream.close()

        def test_cluster_behind_a_proxy_is_one_product(self):
            front = self.client(self.proxy)
            stream = Stream(front)
            self.addCleanup(stream.close)
            made = [front.post("/api/v1/leads", {"company_name": f"代理{n}"}).made()["id"]
                    for n in range(10)]
            seen = [stream.until("lead.created")["data"]["entity_id"] for _ in made]
            self.assertEqual(seen, made)
            for n in made:
                front.get(f"/api/v1/leads/{n}").ok()
            served = [self.served(s) for s in (self.server, self.second)]
            self.assertTrue(all(served), f"one process took it all: {served}")

        @staticmethod
        def served(server):
            text = Client(server, None, None).get("/metrics").text
            return sum(float(l.split()[-1]) for l in text.splitlines()
                       if l.startswith("tripod_http_requests_total") and 'method="POST"' in l)

        def test_cluster_keeps_sealing_when_a_process_dies(self):
            third = Server(self.db).start()
            third.kill()
            self.client(self.second).post("/api/v1/leads", {"company_name": "之后"}).made()
            until = time.monotonic() + 30
            while time.monotonic() < until:
                verdict = json.loads(self.tripod("audit", "verify", "--json").stdout)
                self.assertTrue(verdict["ok"], verdict)
                if verdict["unsealed"] == 0:
                    return
                time.sleep(0.3)
            self.fail(f"the log is not sealed: {verdict}")


if __name__ == "__main__":
    unittest.main()

"""nginx before two servers, as docs/deploy.md has it before one."""
import contextlib
import os
import shutil
import subprocess
import tempfile
import time

from harness import Client, free_port

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
        until = time.monotonic() + 20
        while time.monotonic() < until:
            with contextlib.suppress(OSError, AssertionError):
                if Client(self, None, None).get("/readyz").status == 200:
                    return
            time.sleep(0.1)
        raise AssertionError("nginx does not answer\n" + self.log())

    def log(self, lines=20):
        with open(self.folder + "/error.log", encoding="utf-8") as f:
            return "\n".join(f.read().splitlines()[-lines:])

    def stop(self):
        self.process.terminate()
        self.process.wait(20)
        shutil.rmtree(self.folder, ignore_errors=True)

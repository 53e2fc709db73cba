"""Black-box tests of the real server over HTTP: start it, talk to it, write down what it answered.

    from harness import HttpTest

    class Leads(HttpTest):
        def test_lead_needs_only_a_company_name(self):
            lead = self.as_("sales").post("/api/v1/leads", {"company_name": "恒力"}).made()
            self.as_("legal").get(f"/api/v1/leads/{lead['id']}").problem(404, "not_found")

Each test file has a server and a database of its own, a copy of a template that is made once per
run: empty but for the seed and one user per row of USERS, with a token each. The engine is SQLite, or
PostgreSQL with TRIPOD_TEST_ENGINE=postgres (then TRIPOD_PG names the cluster).

Every request and its answer is one JSON line in build-debug/http/<engine>/<file>.ndjson;
tools/check-api holds them against `tripod describe openapi`.
"""
import contextlib
import fcntl
import hashlib
import http.client
import json
import os
import queue
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.parse

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARY = os.environ.get("TRIPOD_BINARY", os.path.join(ROOT, "build-debug/tripod"))
ENGINE = os.environ.get("TRIPOD_TEST_ENGINE", "sqlite")
OUT = os.path.join(ROOT, "build-debug/http", ENGINE)
PASSWORD = "correct horse 42 电池"

# login: (name, roles). Two of some roles, so that "own" and "somebody else's" can be told apart.
USERS = {
    "sales": ("张伟", "sales"),
    "sales2": ("李娜", "sales"),
    "tech": ("王强", "technical_consultant"),
    "techlead": ("赵敏", "technical_lead"),
    "csm": ("孙莉", "csm"),
    "legal": ("周杰", "legal"),
    "finance": ("吴芳", "finance"),
    "manager": ("郑凯", "sales_manager"),
    "owner": ("冯雪", "process_owner"),
    "executive": ("陈总", "executive"),
    "admin": ("管理员", "administrator"),
}

ENV = dict(os.environ, TZ="UTC",
           ASAN_OPTIONS="detect_leaks=1:exitcode=99:handle_abort=1",
           UBSAN_OPTIONS="halt_on_error=1:print_stacktrace=1")
ENV.pop("TRIPOD_DB", None)


def tripod(*args, db, stdin=None, check=True):
    """The command line; returns CompletedProcess with text."""
    r = subprocess.run([BINARY, *args, "--db", db], input=stdin, text=True, capture_output=True,
                       env=ENV, cwd=ROOT, timeout=300)
    note_down(args, r)
    if check and r.returncode:
        raise AssertionError(f"tripod {' '.join(args)} exited {r.returncode}\n{r.stderr}{r.stdout}")
    return r


def note_down(args, r):
    """What the command line answers as JSON carries error codes too; tools/check-api counts them."""
    if "--json" in args and r.stdout.strip():
        with contextlib.suppress(ValueError):
            body = json.loads(r.stdout)
            os.makedirs(OUT, exist_ok=True)
            with open(os.path.join(OUT, f"cli-{os.getpid()}.ndjson"), "a", encoding="utf-8") as f:
                f.write(json.dumps({"cli": args, "body": body}, ensure_ascii=False) + "\n")


def psql(sql, database="postgres"):
    url = urllib.parse.urlsplit(os.environ["TRIPOD_PG"])._replace(path="/" + database).geturl()
    r = subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", sql],
                       text=True, capture_output=True)
    if r.returncode:
        raise AssertionError("psql: " + r.stderr)
    return r.stdout


class Database:
    """A database of its own: empty, or a copy of another. Removed by drop()."""

    def __init__(self, copy_of=None, name=None):
        self.folder = None
        if ENGINE == "postgres":
            self.name = name or "t_" + os.urandom(6).hex()
            psql(f"CREATE DATABASE {self.name} TEMPLATE {copy_of.name if copy_of else 'template0'}")
            self.url = urllib.parse.urlsplit(os.environ["TRIPOD_PG"])._replace(
                path="/" + self.name).geturl()
        else:
            self.folder = tempfile.mkdtemp(prefix="tripod-")
            path = os.path.join(self.folder, "t.db")
            if copy_of:
                shutil.copy(os.path.join(copy_of.folder, "t.db"), path)
            self.url = "sqlite:" + path

    def drop(self):
        if ENGINE == "postgres":
            for attempt in range(5):
                try:
                    return psql(f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")
                except AssertionError as e:
                    # The server's own vacuum is at it and may not be ended by us: once more.
                    if "process is being terminated" not in str(e) or attempt == 4:
                        raise
                    time.sleep(1)
        else:
            shutil.rmtree(self.folder, ignore_errors=True)


def template():
    """(database, {login: token}); made once per binary, shared by the processes of a run."""
    os.makedirs(OUT, exist_ok=True)
    st = os.stat(BINARY)
    key = hashlib.sha256(f"{BINARY}{st.st_mtime_ns}{st.st_size}{ENGINE}{USERS}"
                         f"{os.environ.get('TRIPOD_PG')}".encode()).hexdigest()[:12]
    with open(os.path.join(OUT, "template.lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        place = os.path.join(OUT, "template-" + key)
        note = os.path.join(place, "template.json")
        db = Database.__new__(Database)
        db.folder, db.name = place, "template_" + key
        if os.path.exists(note):
            with open(note, encoding="utf-8") as f:
                return db, json.load(f)
        shutil.rmtree(place, ignore_errors=True)
        os.makedirs(place)
        if ENGINE == "postgres":
            psql(f"DROP DATABASE IF EXISTS {db.name}")
            db = Database(name=db.name)
            db.folder = place
        else:
            db.url = "sqlite:" + os.path.join(place, "t.db")
        tokens = {}
        for login, (name, roles) in USERS.items():
            tripod("user", "add", login, "--name", name, "--role", roles, "--password-stdin",
                   db=db.url, stdin=PASSWORD + "\n")
            tokens[login] = tripod("token", "create", "--user", login, db=db.url).stdout.strip()
        with open(note, "w", encoding="utf-8") as f:
            json.dump(tokens, f)
        return db, tokens


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    """The binary under test on a free port of loopback. Times out rather than hangs."""

    def __init__(self, db, clock=None, args=()):
        self.db, self.clock, self.args = db, clock, list(args)
        self.process = self.port = None
        self.files = tempfile.mkdtemp(prefix="tripod-files-")
        self.log_path = os.path.join(OUT, f"server-{os.getpid()}-{id(self):x}.log")

    def start(self):
        self.port = free_port()
        command = [BINARY, "serve", "--db", self.db.url, "--listen", f"127.0.0.1:{self.port}",
                   "--files", self.files]
        if self.clock:
            command += ["--test-clock", self.clock]
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(command + self.args, stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, env=ENV, cwd=ROOT)
        until = time.monotonic() + 60
        while time.monotonic() < until:
            if self.process.poll() is not None:
                raise AssertionError(f"the server ended with {self.process.returncode}\n{self.log()}")
            with contextlib.suppress(OSError, http.client.HTTPException):
                c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
                c.request("GET", "/readyz")
                ready = c.getresponse().status == 200
                c.close()
                if ready:
                    return self
            time.sleep(0.05)
        raise AssertionError("the server was not ready within a minute\n" + self.log())

    def log(self, lines=60):
        with open(self.log_path, encoding="utf-8", errors="replace") as f:
            return "\n".join(f.read().splitlines()[-lines:])

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        """Ends it as systemd would; a leak, a crash or a slow end is an error."""
        try:
            self.end()
        finally:
            shutil.rmtree(self.files, ignore_errors=True)

    def end(self):
        if self.process is None or self.process.returncode is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError("the server did not end within 30 s of SIGTERM\n" + self.log())
        if code:
            raise AssertionError(f"the server ended with {code}\n{self.log(120)}")


class Response:
    def __init__(self, what, status, headers, body):
        self.what, self.status, self.headers, self.body = what, status, headers, body

    def header(self, name):
        return next((v for k, v in self.headers if k.lower() == name.lower()), None)

    @property
    def type(self):
        return (self.header("Content-Type") or "").split(";")[0].strip()

    @property
    def text(self):
        return self.body.decode("utf-8")

    @property
    def json(self):
        try:
            return json.loads(self.body)
        except ValueError:
            raise AssertionError(f"{self.what}: not JSON: {self.body[:300]!r}") from None

    def expect(self, *statuses):
        if self.status not in statuses:
            raise AssertionError(f"{self.what}: {self.status}, wanted {statuses}\n"
                                 f"{self.body[:2000].decode('utf-8', 'replace')}")
        return self

    def ok(self, status=200):
        """The JSON of an answer that must have this status."""
        self.expect(status)
        return self.json if self.body else None

    def made(self):
        """The record of a POST that must have created one."""
        record = self.ok(201)
        if not isinstance(record.get("id"), int):
            raise AssertionError(f"{self.what}: 201 without an id: {record}")
        return record

    def problem(self, status, code, field=None, field_code=None):
        """The problem document of a refusal: its form, status and code, and a field's code."""
        self.expect(status)
        p = self.json
        if self.type != "application/problem+json":
            raise AssertionError(f"{self.what}: type {self.type}")
        for key in ("type", "title", "status", "code", "request_id"):
            if not p.get(key):
                raise AssertionError(f"{self.what}: problem without {key}: {p}")
        if p["status"] != status or p["code"] != code:
            raise AssertionError(f"{self.what}: problem {p['status']} {p['code']}, "
                                 f"wanted {status} {code}: {p}")
        if field:
            found = {e["field"]: e["code"] for e in p.get("errors", [])}
            if field not in found or (field_code and found[field] != field_code):
                raise AssertionError(f"{self.what}: wanted {field}: {field_code}, got {found}")
        return p


class Client:
    """Talks as one person (token), or as nobody. Keeps the connection and the cookies."""

    def __init__(self, server, who=None, token=None, record=None, lang=None):
        self.server, self.who, self.token, self.record = server, who, token, record
        self.lang = lang
        self.cookies, self.csrf = {}, None
        self.connection = None

    def request(self, method, path, body=None, headers=None, raw=None):
        """body: sent as JSON. raw: bytes sent as they are. Absent headers may be given as None."""
        url = urllib.parse.quote(path, safe="/?&=%:,+@!*'()~-._")
        send = {}
        if self.token:
            send["Authorization"] = "Bearer " + self.token
        if self.lang:
            send["Accept-Language"] = self.lang
        if self.cookies:
            send["Cookie"] = "; ".join(f"{k}={v}" for k, v in self.cookies.items())
            if self.csrf and method not in ("GET", "HEAD"):
                send["X-CSRF-Token"] = self.csrf
        data = raw
        if body is not None:
            data = json.dumps(body, ensure_ascii=False).encode()
            send["Content-Type"] = "application/json"
        elif method in ("POST", "PATCH", "PUT") and raw is None:
            data = b""
        send.update(headers or {})
        send = {k: v for k, v in send.items() if v is not None}
        for attempt in (1, 2):
            try:
                if self.connection is None:
                    self.connection = http.client.HTTPConnection("127.0.0.1", self.server.port,
                                                                 timeout=60)
                self.connection.request(method, url, data, send)
                r = self.connection.getresponse()
                content = r.read()
                break
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                # A kept connection may have been closed meanwhile: once again on a new one.
                self.connection.close()
                self.connection = None
                if attempt == 2:
                    raise AssertionError(f"{method} {path}: connection closed\n{self.server.log()}")
        if r.will_close:
            self.connection.close()
            self.connection = None
        for k, v in r.getheaders():
            if k.lower() == "set-cookie":
                name, _, value = v.split(";")[0].partition("=")
                if "max-age=0" in v.lower().replace(" ", "") or not value:
                    self.cookies.pop(name.strip(), None)
                else:
                    self.cookies[name.strip()] = value
        answer = Response(f"{method} {path} as {self.who or 'nobody'}", r.status, r.getheaders(),
                          content)
        if self.record:
            self.record(self, method, path, data, answer)
        return answer

    def get(self, path, headers=None, **query):
        if query:
            query = {k: json.dumps(v, ensure_ascii=False) if isinstance(v, (dict, list)) else v
                     for k, v in query.items()}
            path += ("&" if "?" in path else "?") + urllib.parse.urlencode(query)
        return self.request("GET", path, headers=headers)

    def post(self, path, body=None, headers=None):
        return self.request("POST", path, {} if body is None else body, headers)

    def put(self, path, body, headers=None):
        return self.request("PUT", path, body, headers)

    def patch(self, path, body, version=None, headers=None):
        """version: of the record as it was read; sent as If-Match."""
        send = {} if version is None else {"If-Match": f'"{version}"'}
        return self.request("PATCH", path, body, {**send, **(headers or {})})

    def delete(self, path, headers=None):
        return self.request("DELETE", path, headers=headers)

    def upload(self, path, field, filename, content, media="application/octet-stream", **fields):
        """multipart/form-data with one file."""
        edge = "b" + os.urandom(12).hex()
        parts = [f'--{edge}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n'.encode()
                 for k, v in fields.items()]
        parts.append((f'--{edge}\r\nContent-Disposition: form-data; name="{field}"; '
                      f'filename="{filename}"\r\nContent-Type: {media}\r\n\r\n').encode()
                     + content + b"\r\n")
        parts.append(f"--{edge}--\r\n".encode())
        return self.request("POST", path, raw=b"".join(parts),
                            headers={"Content-Type": f"multipart/form-data; boundary={edge}"})

    def login(self, login, password=PASSWORD):
        """Through the front door: session cookie and CSRF token instead of a bearer token."""
        self.token, self.who = None, login
        answer = self.post("/api/v1/sessions", {"login": login, "password": password})
        if answer.status in (200, 201):
            self.csrf = answer.json["csrf_token"]
        return answer


class Stream:
    """The live feed as one person: `next()` gives the events one by one, None after a silence."""

    def __init__(self, client, last=None):
        self.connection = http.client.HTTPConnection("127.0.0.1", client.server.port, timeout=20)
        send = {"Authorization": "Bearer " + client.token, "Accept": "text/event-stream"}
        if last is not None:
            send["Last-Event-ID"] = str(last)
        self.connection.request("GET", "/api/v1/events", headers=send)
        self.answer = self.connection.getresponse()
        if self.answer.status != 200:
            raise AssertionError(f"stream: {self.answer.status} {self.answer.read()}")
        if client.record:
            client.record(client, "GET", "/api/v1/events", None, Response(
                "stream", 200, self.answer.getheaders(), b""))
        self.events = queue.Queue()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        event = {}
        with contextlib.suppress(OSError, ValueError, AttributeError, http.client.HTTPException):
            while True:
                line = self.answer.readline()
                if not line:
                    return
                line = line.decode().rstrip("\r\n")
                if line.startswith(":"):
                    continue
                if not line:
                    if "data" in event:
                        event["data"] = json.loads(event["data"])
                        self.events.put(event)
                    event = {}
                else:
                    name, _, value = line.partition(":")
                    event[name] = value.removeprefix(" ")

    def next(self, timeout=10):
        with contextlib.suppress(queue.Empty):
            return self.events.get(timeout=timeout)
        return None

    def until(self, kind, timeout=10):
        """The next event of this kind, passing over others."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            event = self.next(max(0.01, end - time.monotonic()))
            if event and event["data"].get("kind") == kind:
                return event
        raise AssertionError(f"no {kind} within {timeout} s")

    def close(self):
        with contextlib.suppress(OSError):
            self.connection.sock.shutdown(socket.SHUT_RDWR)
        self.connection.close()


class HttpTest(unittest.TestCase):
    """Base of all tests here. CLOCK freezes time; ARGS are more arguments for `serve`."""

    CLOCK = None
    ARGS = ()
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        source, cls.tokens = template()
        cls.db = Database(copy_of=source)
        cls.addClassCleanup(cls.db.drop)
        cls.server = Server(cls.db, cls.CLOCK, cls.ARGS).start()
        cls.addClassCleanup(cls.server.stop)
        cls.current = cls.__name__
        name = os.path.basename(sys.modules[cls.__module__].__file__)[:-3]
        cls.recording = open(os.path.join(OUT, f"{name}.{cls.__name__}.ndjson"), "w",
                             encoding="utf-8")
        cls.addClassCleanup(cls.recording.close)
        cls.clients = {}

    def setUp(self):
        type(self).current = self.id().split(".")[-1]

    def run(self, result=None):
        before = len(result.failures) + len(result.errors) if result else 0
        super().run(result)
        if result and len(result.failures) + len(result.errors) > before:
            print(f"--- log of the server, {self.id()}:\n{self.server.log(25)}")

    @classmethod
    def write_down(cls, client, method, path, sent, answer):
        body = None
        if answer.type.endswith("json") and len(answer.body) <= 1 << 20:
            with contextlib.suppress(ValueError):
                body = json.loads(answer.body)
        cls.recording.write(json.dumps({
            "test": cls.current, "who": client.who, "method": method, "path": path,
            "sent": (sent or b"")[:2000].decode("utf-8", "replace"), "status": answer.status,
            "type": answer.type, "body": body}, ensure_ascii=False) + "\n")

    @classmethod
    def as_(cls, login):
        """The client of a user of USERS, by token."""
        if login not in cls.clients:
            cls.clients[login] = Client(cls.server, login, cls.tokens[login], cls.write_down)
        return cls.clients[login]

    @classmethod
    def nobody(cls, lang=None):
        return Client(cls.server, None, None, cls.write_down, lang)

    @classmethod
    def tripod(cls, *args, stdin=None, check=True):
        """The command line on this file's database."""
        return tripod(*args, db=cls.db.url, stdin=stdin, check=check)

    def set_clock(self, now):
        self.as_("admin").post("/api/v1/test/clock", {"now": now}).expect(200, 204)

    @classmethod
    def sql(cls, ask):
        """One number that the database says, beside the server."""
        if ENGINE == "postgres":
            return int(psql(ask, cls.db.name).split()[2])
        with contextlib.closing(sqlite3.connect(cls.db.url[len("sqlite:"):])) as c:
            return c.execute(ask).fetchone()[0]

    def wait_for(self, happened, timeout=20):
        """Until happened() is true, which it gives."""
        until = time.monotonic() + timeout
        while not (got := happened()):
            if time.monotonic() > until:
                self.fail(f"did not happen within {timeout} s")
            time.sleep(0.1)
        return got

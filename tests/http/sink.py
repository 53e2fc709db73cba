"""Sinks that a suite starts for what the server sends out: a mail server, and a receiver of posts.

    with MailSink() as sink:
        …
        letter = sink.next()             # email.message.EmailMessage
        sink.say = {"RCPT": [451, 550]}  # what it answers next, by command; then 250 again

A sink listens on a free port of loopback and remembers everything in order.
"""
import base64
import email
import email.policy
import http.server
import queue
import socketserver
import threading


class MailSession(socketserver.StreamRequestHandler):
    timeout = 20

    def line(self, text):
        self.wfile.write(text.encode() + b"\r\n")
        self.wfile.flush()

    def answer(self, command, good):
        with self.server.lock:
            waiting = self.server.sink.say.get(command)
            code = waiting.pop(0) if waiting else None
        if code is None:
            self.line(good)
            return True
        if code == 0:  # hangs up
            raise ConnectionError("told to hang up")
        self.line(f"{code} told to say so")
        return False

    def handle(self):
        sink = self.server.sink
        sink.connections += 1
        try:
            self.talk(sink)
        except (OSError, ConnectionError):
            pass

    def talk(self, sink):
        self.line("220 sink ESMTP")
        sender, to = None, []
        while raw := self.rfile.readline():
            text = raw.decode("ascii", "replace").strip()
            verb = text.split(" ")[0].upper()
            if verb == "EHLO":
                self.line("250-sink")
                if sink.password:
                    self.line("250-AUTH PLAIN")
                self.line("250 8BITMIME")
            elif verb == "AUTH":
                given = text.split(" ")[2:] or [self.challenge()]
                login = base64.b64decode(given[0]).decode().split("\0")[1:]
                self.line("235 in" if login == [sink.login, sink.password] else "535 wrong")
            elif verb == "MAIL":
                sender, to = text[10:].split(" ")[0].strip("<>"), []
                self.answer("MAIL", "250 ok")
            elif verb == "RCPT":
                if self.answer("RCPT", "250 ok"):
                    to.append(text[8:].split(" ")[0].strip("<>"))
            elif verb == "DATA":
                self.line("354 go")
                self.take(sink, sender, to)
            elif verb == "QUIT":
                self.line("221 bye")
                return
            else:
                self.line("250 ok")

    def challenge(self):
        self.line("334 ")
        return self.rfile.readline().decode().strip()

    def take(self, sink, sender, to):
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b".") else line)
        raw = b"".join(lines)
        letter = email.message_from_bytes(raw, policy=email.policy.default)
        letter.sender, letter.receivers, letter.raw = sender, to, raw
        # Kept before the answer: what a killed sender never heard of was still delivered.
        if sink.before_answer:
            sink.before_answer(letter)
        if self.answer("DATA", "250 taken"):
            sink.letters.put(letter)


class Serving:
    """A threaded server on a free port."""

    def __init__(self, handler, base=socketserver.ThreadingTCPServer):
        class Server(base):
            allow_reuse_address = True
            daemon_threads = True
        self.server = Server(("127.0.0.1", 0), handler)
        self.server.sink = self
        self.server.lock = threading.Lock()
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


class MailSink(Serving):
    def __init__(self, login=None, password=None):
        super().__init__(MailSession)
        self.login, self.password = login, password
        self.letters = queue.Queue()
        self.say, self.connections, self.before_answer = {}, 0, None

    def next(self, timeout=15):
        try:
            return self.letters.get(timeout=timeout)
        except queue.Empty:
            raise AssertionError(f"no letter within {timeout} s") from None

    def silent(self, timeout=0.7):
        """Nothing comes."""
        try:
            letter = self.letters.get(timeout=timeout)
        except queue.Empty:
            return
        raise AssertionError(f"a letter came: {letter['Subject']}")

    def settings(self, **more):
        return {"mail.host": "127.0.0.1", "mail.port": self.port, "mail.security": "none",
                "mail.from": "crm@tripod.example.com", **more}


class PostSession(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        sink = self.server.sink
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with self.server.lock:
            say = sink.say.pop(0) if sink.say else 200
        sink.posts.put({"path": self.path, "headers": dict(self.headers), "body": body})
        if sink.wait:
            sink.wait.wait(20)
        status, headers = say if isinstance(say, tuple) else (say, {})
        answer = sink.answer
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


class PostSink(Serving):
    """Remembers POSTs; `say` has the next statuses (or (status, headers)), then 200."""

    def __init__(self):
        super().__init__(PostSession, http.server.ThreadingHTTPServer)
        self.posts, self.say, self.answer, self.wait = queue.Queue(), [], b"ok", None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/hook"

    def next(self, timeout=15):
        try:
            return self.posts.get(timeout=timeout)
        except queue.Empty:
            raise AssertionError(f"no post within {timeout} s") from None

    def silent(self, timeout=0.7):
        try:
            post = self.posts.get(timeout=timeout)
        except queue.Empty:
            return
        raise AssertionError(f"a post came: {post['body'][:300]!r}")

"""tripod backup and restore: taken under write load, equal to the state at a committed event."""
import contextlib
import hashlib
import json
import os
import shutil
import tarfile
import tempfile
import threading
import time
import unittest

from harness import ENGINE, Client, Database, HttpTest, psql, tripod


class Backup(HttpTest):
    def setUp(self):
        super().setUp()
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def command(self, *args, db=None, check=True):
        return tripod(*args, "--files", self.server.files if db is None else self.path("files"),
                      db=db or self.db.url, check=check)

    @contextlib.contextmanager
    def empty(self):
        """A database without anything in it."""
        if ENGINE == "postgres":
            name = "t_" + os.urandom(6).hex()
            psql(f"CREATE DATABASE {name} TEMPLATE template0")
            db = Database.__new__(Database)
            db.folder, db.name = None, name
            db.url = self.db.url.replace("/" + self.db.name, "/" + name)
            yield db.url
            db.drop()
        else:
            yield "sqlite:" + self.path("restored.db")

    def rows(self, url):
        """All records as programs see them."""
        out = {}
        for plural in ("leads", "accounts", "contacts", "users", "comments", "attachments", "activities"):
            text = tripod("export", plural, "--format", "ndjson", "--sort", "id", db=url).stdout
            out[plural] = text.splitlines()
        return out

    @staticmethod
    def events(url):
        text = tripod("events", "export", db=url).stdout
        return [e for e in map(json.loads, text.splitlines()) if e["kind"] != "export.made"]

    def test_taken_under_load_it_is_the_state_at_a_committed_event(self):
        account = self.as_("sales").post("/api/v1/accounts", {"name": "备份公司"}).made()
        up = self.as_("sales").upload("/api/v1/attachments", "file", "合同.txt", "内容一二三".encode(),
                                      "text/plain", entity="account", entity_id=account["id"]).made()
        stop, made = threading.Event(), []

        def write():
            # A client of its own: connections are not shared by threads.
            me = Client(self.server, "sales", self.tokens["sales"])
            while not stop.is_set():
                n = len(made)
                made.append(me.post("/api/v1/leads", {"company_name": f"负载{n}"}).made()["id"])

        t = threading.Thread(target=write)
        t.start()
        try:
            time.sleep(0.5)
            before = len(made)
            self.command("backup", self.path("b.tar"))
            after = len(made)
        finally:
            stop.set()
            t.join()
        self.assertGreater(before, 0)
        self.assertEqual(self.command("backup", self.path("b.tar"), check=False).returncode, 1)

        with tarfile.open(self.path("b.tar")) as tar:
            names = tar.getnames()
            manifest = json.load(tar.extractfile("manifest.json"))
            for part in manifest["parts"]:
                data = tar.extractfile(part["name"]).read()
                self.assertEqual((hashlib.sha256(data).hexdigest(), len(data)),
                                 (part["sha256"], part["size"]))
        self.assertEqual(names[:-1], [p["name"] for p in manifest["parts"]])
        self.assertEqual((manifest["files"], manifest["files_missing"]), (1, 0))

        with self.empty() as url:
            self.command("restore", self.path("b.tar"), db=url)
            verdict = json.loads(tripod("audit", "verify", "--json", db=url).stdout)
            self.assertTrue(verdict["ok"], verdict)
            there = self.events(url)
            # The log is the beginning of what was written, and the records are those it tells of.
            mine = {e["seq"]: e for e in self.events(self.db.url)}
            for e in there:
                self.assertEqual({**e, "pos": 0}, {**mine[e["seq"]], "pos": 0})
            told = sorted(e["entity_id"] for e in there if e["kind"] == "lead.created")
            leads = [json.loads(x) for x in self.rows(url)["leads"]]
            self.assertEqual([x["id"] for x in leads], told)
            self.assertEqual([x["id"] for x in leads], made[:len(leads)])
            self.assertGreaterEqual(len(told), before)
            self.assertLessEqual(len(told), after + 1)
            # Search words, sequences and files are there too.
            found = tripod("export", "leads", "--format", "ndjson", "--q", "负载", db=url).stdout
            self.assertEqual(len(found.splitlines()), len(leads))
            one = self.path("files") + "/" + hashlib.sha256("内容一二三".encode()).hexdigest()[:2]
            self.assertEqual(len(os.listdir(one)), 1)
            with open(self.path("new.csv"), "w", encoding="utf-8") as f:
                f.write("公司名称\n恢复之后\n")
            r = json.loads(tripod("import", "leads", self.path("new.csv"), db=url).stdout)
            self.assertEqual(r["created"], 1, r)
            # What is not empty is not overwritten, unless one insists.
            self.assertEqual(self.command("restore", self.path("b.tar"), db=url, check=False).returncode, 1)
            self.assertIn("恢复之后", tripod("export", "leads", "--format", "ndjson", db=url).stdout)
            self.command("restore", self.path("b.tar"), "--force", db=url)
            self.assertEqual(len(self.rows(url)["leads"]), len(leads))
        self.assertTrue(up["id"])

    def test_what_is_no_whole_backup_is_refused(self):
        self.command("backup", self.path("b.tar"))
        with open(self.path("b.tar"), "rb") as f:
            good = f.read()
        at = good.index(b'"lead.') if b'"lead.' in good else len(good) // 2
        spoilt = {
            "cut": good[:len(good) // 2],
            "altered": good[:at + 3] + bytes([good[at + 3] ^ 1]) + good[at + 4:],
            "junk": b"junk" * 1000,
            "nothing": b"",
        }
        with self.empty() as url:
            for name, data in spoilt.items():
                with open(self.path(name), "wb") as f:
                    f.write(data)
                r = self.command("restore", self.path(name), db=url, check=False)
                self.assertEqual(r.returncode, 1, name)
            r = self.command("restore", self.path("absent"), db=url, check=False)
            self.assertEqual(r.returncode, 1)
            if ENGINE == "sqlite":
                self.assertFalse(os.path.exists(self.path("restored.db")))
            other = "sqlite:" + self.path("x.db") if ENGINE == "postgres" else None
            if other:
                r = self.command("restore", self.path("b.tar"), db=other, check=False)
                self.assertEqual(r.returncode, 1)
            self.command("restore", self.path("b.tar"), db=url)


if __name__ == "__main__":
    unittest.main()

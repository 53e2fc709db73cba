"""Two processes on one PostgreSQL behind a proxy: every live feed has every event once and in
order, also across the death of a process; what the clock brings is done once."""
import contextlib
import json
import threading
import time
import unittest

from harness import ENGINE, Client, Database, Server, Stream, template, tripod
from nginx import Proxy

START, LATER = "2026-03-05T02:00:00Z", "2026-03-25T02:00:00Z"
WRITERS, EACH = 6, 25


class Two(unittest.TestCase):
    def setUp(self):
        source, self.tokens = template()
        self.db = Database(copy_of=source)
        self.addCleanup(self.db.drop)
        self.servers = [Server(self.db, clock=START) for _ in range(2)]
        for s in self.servers:
            s.start()
            self.addCleanup(s.stop)
        self.proxy = Proxy(*self.servers)
        self.addCleanup(self.proxy.stop)
        self.open = []

    def tearDown(self):
        for c in self.open:
            c.close()

    def client(self, login, where=None):
        c = Client(where or self.proxy, login, self.tokens[login])
        self.addCleanup(lambda: c.connection and c.connection.close())
        return c

    def stream(self, where, last=None):
        s = Stream(self.client("executive", where), last)
        self.open.append(s)
        return s

    def created(self):
        """Positions of the leads' events in the log, as anybody may check."""
        log = tripod("events", "export", db=self.db.url).stdout.splitlines()
        return [e["pos"] for e in map(json.loads, log) if e["kind"] == "lead.created"]

    def got(self, stream, wanted, timeout=60):
        """Positions of lead.created in the order in which they came, until `wanted` are there."""
        out, until = [], time.monotonic() + timeout
        while len(out) < wanted and time.monotonic() < until:
            e = stream.next(2)
            if e and e["data"].get("kind") == "lead.created":
                self.assertEqual(int(e["id"]), e["data"]["pos"])
                out.append(e["data"]["pos"])
        self.assertIsNone(next((e for e in iter(lambda: stream.next(1), None)
                                if e["data"].get("kind") == "lead.created"), None))
        return out

    def write(self, number, made, lock):
        me = self.client("sales")
        for n in range(EACH):
            while True:
                with contextlib.suppress(AssertionError, OSError):
                    r = me.post("/api/v1/leads", {"company_name": f"双机 {number}-{n} 有限公司"},
                                headers={"Idempotency-Key": f"two-{number}-{n}"})
                    if r.status == 201:
                        with lock:
                            made.append(r.json["id"])
                        break
                time.sleep(0.05)

    def write_all(self, meanwhile=None):
        made, lock = [], threading.Lock()
        threads = [threading.Thread(target=self.write, args=(i, made, lock))
                   for i in range(WRITERS)]
        for t in threads:
            t.start()
        if meanwhile:
            meanwhile(made)
        for t in threads:
            t.join(120)
            self.assertFalse(t.is_alive(), "a writer hangs")
        return made

    def test_each_feed_has_all_events_in_order(self):
        streams = [self.stream(s) for s in self.servers]
        made = self.write_all()
        self.assertEqual(len(set(made)), WRITERS * EACH)
        feeds = [self.got(s, WRITERS * EACH) for s in streams]
        self.assertEqual(feeds[0], self.created())
        self.assertEqual(feeds[1], feeds[0])
        verdict = json.loads(tripod("audit", "verify", "--json", db=self.db.url).stdout)
        self.assertTrue(verdict["ok"], verdict)

    def test_death_of_one_process_loses_nothing(self):
        streams = [self.stream(s) for s in self.servers]

        def kill_one(made):
            while len(made) < WRITERS * EACH // 3:
                time.sleep(0.02)
            self.servers[1].kill()
        made = self.write_all(kill_one)
        self.assertEqual(len(set(made)), WRITERS * EACH)
        whole = self.got(streams[0], WRITERS * EACH)
        self.assertEqual(whole, self.created())
        # Whoever was connected to the dead one goes on at the other, where they stopped.
        head = []
        while (e := streams[1].next(0.5)) is not None:
            if e["data"].get("kind") == "lead.created":
                head.append(e["data"]["pos"])
        self.assertTrue(head, "the second process sent nothing before it died")
        tail = self.got(self.stream(self.servers[0], last=head[-1]), len(whole) - len(head))
        self.assertEqual(head + tail, whole)
        # And a new process takes part again.
        self.servers[1].start()
        stream = self.stream(self.servers[1])
        self.client("sales", self.servers[0]).post(
            "/api/v1/leads", {"company_name": "重启之后有限公司"}).made()
        self.assertEqual(len(self.got(stream, 1)), 1)

    def test_what_the_clock_brings_is_done_once(self):
        sales = self.client("sales")
        account = sales.post("/api/v1/accounts", {"name": "一次就好有限公司"}).made()
        for n in range(8):
            sales.post("/api/v1/opportunities",
                       {"name": f"商机 {n}", "account_id": account["id"]}).made()

        def move(server):
            self.client("admin", server).post("/api/v1/test/clock", {"now": LATER}).expect(200)
        threads = [threading.Thread(target=move, args=(s,)) for s in self.servers]
        for t in threads:
            t.start()
        for t in threads:
            t.join(60)
        told = sales.get("/api/v1/notifications", limit=100).ok()["items"]
        self.assertEqual(sum(n["kind"] == "node_overdue" for n in told), 8)
        log = [json.loads(l) for l in
               tripod("events", "export", db=self.db.url).stdout.splitlines()]
        self.assertEqual(sum(e["kind"] == "node.overdue" for e in log), 8)
        jobs = self.client("admin").get("/api/v1/jobs").ok()["items"]
        self.assertEqual(sum(j["name"] == "process.tick" for j in jobs), 1)
        self.assertEqual([j["error"] for j in jobs], [None] * len(jobs))


# SQLite belongs to one process.
if ENGINE != "postgres":
    del Two

if __name__ == "__main__":
    unittest.main()

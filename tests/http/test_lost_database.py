"""PostgreSQL goes away under load and comes back: the server says so (503), goes on by itself, and
nothing that was acknowledged is lost. On a cluster of its own: the others' is left alone."""
import json
import os
import subprocess
import tempfile
import threading
import time
import unittest

import harness
from harness import ENGINE, ROOT, Client, HttpTest, Stream

WRITERS, ROUNDS = 4, 3


def cluster(command):
    return subprocess.run([os.path.join(ROOT, "tools/pg-test"), command], check=True, text=True,
                          stdout=subprocess.PIPE, timeout=120).stdout.strip()


class LostDatabase(HttpTest):
    @classmethod
    def setUpClass(cls):
        place = tempfile.mkdtemp(prefix="tripod-pg-lost-")
        os.environ["TRIPOD_PG_DIR"] = place
        cls.addClassCleanup(cluster, "stop")
        os.environ["TRIPOD_PG"] = harness.ENV["TRIPOD_PG"] = cluster("start")
        super().setUpClass()

    def setUp(self):
        super().setUp()
        self.acked, self.codes, self.lock = {}, set(), threading.Lock()
        self.ended = False

    def halt(self):
        cluster("halt")
        self.addCleanup(cluster, "resume")  # where the test fails in between

    def ready(self):
        answer = self.nobody().get("/readyz")
        if answer.status != 200:
            answer.problem(503, "unavailable")
            self.assertTrue(answer.header("Retry-After"))
        return answer.status == 200

    def until_ready(self, wanted, seconds):
        end = time.monotonic() + seconds
        while self.ready() != wanted:
            self.assertLess(time.monotonic(), end, f"ready is not {wanted} after {seconds} s")
            time.sleep(0.05)

    def write(self, number):
        me = Client(self.server, "sales", self.tokens["sales"])
        n = 0
        while not self.ended:
            n += 1
            answer = me.post("/api/v1/leads", {"company_name": f"失联 {number}-{n} 有限公司"})
            with self.lock:
                self.codes.add(answer.status)
                if answer.status == 201:
                    self.acked[answer.json["id"]] = answer.json["company_name"]
                else:
                    answer.problem(503, answer.json["code"])
            if answer.status != 201:
                time.sleep(0.05)
        me.connection.close()

    def test_lost_database_is_said_and_nothing_acknowledged_is_lost(self):
        threads = [threading.Thread(target=self.write, args=(i,)) for i in range(WRITERS)]
        for t in threads:
            t.start()
        self.addCleanup(setattr, self, "ended", True)
        for _ in range(ROUNDS):
            before = len(self.acked)
            while len(self.acked) < before + 20:
                time.sleep(0.05)
            self.halt()
            self.until_ready(False, 10)
            self.nobody().get("/healthz").problem(503, "unavailable")
            cluster("resume")
            self.until_ready(True, 10)
        before = len(self.acked)
        while len(self.acked) < before + 20:
            time.sleep(0.05)
        self.ended = True
        for t in threads:
            t.join(60)
            self.assertFalse(t.is_alive(), "a writer hangs")
        self.assertEqual(self.codes, {201, 503})
        log = [json.loads(l) for l in self.tripod("events", "export").stdout.splitlines()]
        created = {e["entity_id"] for e in log if e["kind"] == "lead.created"}
        self.assertEqual(set(self.acked) - created, set())
        for lead in list(self.acked)[:: max(1, len(self.acked) // 50)]:
            self.assertEqual(self.as_("sales").get(f"/api/v1/leads/{lead}").ok()["company_name"],
                             self.acked[lead])
        verdict = json.loads(self.tripod("audit", "verify", "--json").stdout)
        self.assertTrue(verdict["ok"], verdict)
        print(f"{ROUNDS} cuts: {len(self.acked)} leads acknowledged, all there")

    def test_lost_database_takes_no_feed_and_no_job_with_it(self):
        me = self.as_("sales")
        stream = Stream(me)
        self.addCleanup(stream.close)
        first = me.post("/api/v1/leads", {"company_name": "断前有限公司"}).made()
        self.assertEqual(stream.until("lead.created")["data"]["entity_id"], first["id"])
        self.halt()
        self.until_ready(False, 10)
        cluster("resume")
        self.until_ready(True, 10)
        second = me.post("/api/v1/leads", {"company_name": "断后有限公司"}).made()
        self.assertEqual(stream.until("lead.created", 30)["data"]["entity_id"], second["id"])
        # The sealer found its way back too.
        end = time.monotonic() + 30
        while True:
            verdict = json.loads(self.tripod("audit", "verify", "--json").stdout)
            self.assertTrue(verdict["ok"], verdict)
            if verdict["unsealed"] == 0:
                break
            self.assertLess(time.monotonic(), end, f"the log is not sealed: {verdict}")
            time.sleep(0.3)


# SQLite is a file of the same machine: what becomes of it is in test_faults.
if ENGINE != "postgres":
    del LostDatabase

if __name__ == "__main__":
    unittest.main()

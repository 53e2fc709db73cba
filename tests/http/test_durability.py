"""kill -9 under write load: what was acknowledged is there afterwards, and the log verifies.

KILL_ROUNDS says how often (5 in the suite; 200 for the record)."""
import json
import os
import random
import threading
import time
import unittest

from harness import Client, HttpTest

ROUNDS = int(os.environ.get("KILL_ROUNDS", "5"))
WRITERS = 8


class Durability(HttpTest):
    def write_until_killed(self, number, acknowledged, lock):
        client = Client(self.server, "sales", self.tokens["sales"])
        n = 0
        while True:
            n += 1
            name = f"第{self.round}轮 {number}-{n}"
            try:
                answer = client.post("/api/v1/leads", {"company_name": name})
            except (AssertionError, OSError):
                return
            if answer.status == 201:
                with lock:
                    acknowledged[answer.json["id"]] = name

    def test_killed_server_loses_nothing_acknowledged(self):
        acknowledged, lock = {}, threading.Lock()
        dice = random.Random(20260305)
        for self.round in range(ROUNDS):
            threads = [threading.Thread(target=self.write_until_killed, args=(i, acknowledged, lock))
                       for i in range(WRITERS)]
            for t in threads:
                t.start()
            time.sleep(dice.uniform(0.2, 1.2))
            self.server.kill()
            for t in threads:
                t.join(30)
                self.assertFalse(t.is_alive(), "a writer hangs")
            verdict = json.loads(self.tripod("audit", "verify", "--json").stdout)
            self.assertTrue(verdict["ok"], verdict)
            self.server.start()
        self.assertGreater(len(acknowledged), ROUNDS * WRITERS, "too few writes to prove anything")
        stored, cursor = {}, None
        me = Client(self.server, "sales", self.tokens["sales"])
        while True:
            query = {"limit": 200, "sort": "id", "fields": "company_name"}
            page = me.get("/api/v1/leads", **(dict(query, cursor=cursor) if cursor else query)).ok()
            stored.update((i["id"], i["company_name"]) for i in page["items"])
            cursor = page["next"]
            if not cursor:
                break
        lost = {i: n for i, n in acknowledged.items() if stored.get(i) != n}
        self.assertEqual(lost, {})
        # Each lead and its event are one transaction: as many of the one as of the other.
        events = [json.loads(l) for l in self.tripod(
            "events", "export", "--format", "ndjson").stdout.splitlines()]
        created = [e for e in events if e["kind"] == "lead.created"]
        self.assertEqual(len(created), len(stored))
        print(f"{ROUNDS} rounds, {len(acknowledged)} acknowledged, {len(stored)} stored")


if __name__ == "__main__":
    unittest.main()

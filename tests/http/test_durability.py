"""kill -9 under write load: what was acknowledged is there afterwards, whole, and the log verifies.

KILL_ROUNDS says how often (5 in the suite; 200 for the record)."""
import hashlib
import json
import os
import random
import threading
import time
import unittest

from harness import Client, HttpTest

ROUNDS = int(os.environ.get("KILL_ROUNDS", "5"))
LEAD_WRITERS, DEAL_WRITERS, FILE_WRITERS = 5, 3, 2
NODES = 28


class Durability(HttpTest):
    def setUp(self):
        super().setUp()
        self.lock = threading.Lock()
        self.leads, self.deals, self.completed, self.files = {}, {}, set(), {}
        self.looked_at = set()

    def write_leads(self, me, name):
        answer = me.post("/api/v1/leads", {"company_name": name})
        if answer.status == 201:
            with self.lock:
                self.leads[answer.json["id"]] = name

    def write_deals(self, me, name):
        """An opportunity with its nodes, then the first of them completed."""
        answer = me.post("/api/v1/opportunities",
                         {"name": name, "account_id": self.account, "source": "referral"})
        if answer.status != 201:
            return
        deal = answer.json["id"]
        with self.lock:
            self.deals[deal] = name
        first = me.get(f"/api/v1/opportunities/{deal}/path").ok()["stages"][0]["nodes"][0]
        if me.post(f"/api/v1/nodes/{first['id']}/complete").status in (200, 204):
            with self.lock:
                self.completed.add(first["id"])

    def write_files(self, me, name):
        content = name.encode() + os.urandom(random.choice((10, 5_000, 200_000)))
        answer = me.upload("/api/v1/attachments", "file", name + ".bin", content,
                           entity="account", entity_id=self.account)
        if answer.status == 201:
            with self.lock:
                self.files[answer.json["id"]] = hashlib.sha256(content).hexdigest()

    def kept_files_are_whole(self):
        """What stands under a hash is that content, at any moment; uploads on their way are apart,
        and so are the lock and the mark at the top of the folder."""
        for top, _, names in os.walk(self.server.files):
            for name in names:
                path = os.path.join(top, name)
                if top == self.server.files or os.path.basename(top) == "tmp" \
                        or path in self.looked_at:
                    continue
                with open(path, "rb") as f:
                    self.assertEqual(hashlib.sha256(f.read()).hexdigest(),
                                     os.path.basename(top) + name)
                self.looked_at.add(path)

    def write_until_killed(self, number, write):
        me = Client(self.server, "sales", self.tokens["sales"])
        n = 0
        while True:
            n += 1
            try:
                write(me, f"第{self.round}轮 {number}-{n}")
            except (AssertionError, OSError):
                return

    def everything(self, path, fields):
        me = Client(self.server, "sales", self.tokens["sales"])
        out, cursor = [], None
        while True:
            query = {"limit": 200, "sort": "id", "fields": fields}
            page = me.get(path, **(dict(query, cursor=cursor) if cursor else query)).ok()
            out += page["items"]
            cursor = page["next"]
            if not cursor:
                return out

    def test_killed_server_loses_nothing_acknowledged(self):
        dice = random.Random(20260305)
        self.account = self.as_("sales").post(
            "/api/v1/accounts", {"name": "断电精密有限公司"}).made()["id"]
        for self.round in range(ROUNDS):
            threads = [threading.Thread(target=self.write_until_killed, args=(i, write))
                       for i, write in enumerate([self.write_leads] * LEAD_WRITERS +
                                                 [self.write_deals] * DEAL_WRITERS +
                                                 [self.write_files] * FILE_WRITERS)]
            for t in threads:
                t.start()
            time.sleep(dice.uniform(0.2, 1.2))
            self.server.kill()
            for t in threads:
                t.join(30)
                self.assertFalse(t.is_alive(), "a writer hangs")
            verdict = json.loads(self.tripod("audit", "verify", "--json").stdout)
            self.assertTrue(verdict["ok"], verdict)
            self.kept_files_are_whole()
            self.server.start()
        self.assertGreater(len(self.leads), ROUNDS * LEAD_WRITERS, "too few writes to prove much")
        self.assertTrue(self.completed, "no node was completed")
        self.assertTrue(self.files, "no file was uploaded")
        self.compare()
        print(f"{ROUNDS} rounds: {len(self.leads)} leads, {len(self.deals)} opportunities, "
              f"{len(self.completed)} completed nodes and {len(self.files)} files acknowledged, "
              "all there")

    def compare(self):
        leads = {i["id"]: i["company_name"] for i in self.everything("/api/v1/leads",
                                                                     "company_name")}
        deals = {i["id"]: i["name"] for i in self.everything("/api/v1/opportunities", "name")}
        nodes = self.everything("/api/v1/nodes", "state,opportunity_id")
        self.assertEqual({i: n for i, n in self.leads.items() if leads.get(i) != n}, {})
        self.assertEqual({i: n for i, n in self.deals.items() if deals.get(i) != n}, {})
        done = {n["id"] for n in nodes if n["state"] == "done"}
        self.assertEqual(self.completed - done, set())
        me = Client(self.server, "sales", self.tokens["sales"])
        got = {i: hashlib.sha256(me.get(f"/api/v1/attachments/{i}/content").expect(200).body)
               .hexdigest() for i in self.files}
        self.assertEqual({i: h for i, h in self.files.items() if got[i] != h}, {})
        # Nothing half-written: a record, its nodes and its events are one transaction.
        count = dict.fromkeys(deals, 0)
        for n in nodes:
            count[n["opportunity_id"]] += 1
        self.assertEqual({d: c for d, c in count.items() if c != NODES}, {})
        log = [json.loads(l) for l in self.tripod(
            "events", "export", "--format", "ndjson").stdout.splitlines()]

        def of(kind):
            return sorted(e["entity_id"] for e in log if e["kind"] == kind)
        self.assertEqual(of("lead.created"), sorted(leads))
        self.assertEqual(of("opportunity.created"), sorted(deals))
        self.assertEqual(of("process.started"), sorted(deals))
        self.assertEqual(of("node.completed"), sorted(done))


if __name__ == "__main__":
    unittest.main()

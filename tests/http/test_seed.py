"""The demo company and its larger sisters: loaded through the product's own rules, once."""
import json
import sqlite3
import time
import unittest

from harness import ENGINE, Client, Database, Server, psql, tripod

NOW = "2026-11-23T06:00:00Z"


class Seeded(unittest.TestCase):
    def seed(self, *args, now=NOW):
        db = Database()
        self.addCleanup(db.drop)
        tripod("seed", "--demo", "--test-clock", now, *self.files(db), *args, db=db.url)
        return db

    def files(self, db):
        return ("--files", db.folder + "/files") if db.folder else ()

    def verdict(self, db):
        return json.loads(tripod("audit", "verify", "--json", db=db.url).stdout)


class Demo(Seeded):
    def test_every_screen_has_something_and_it_is_loaded_once(self):
        db = self.seed()
        verdict = self.verdict(db)
        self.assertTrue(verdict["ok"], verdict)
        again = tripod("seed", "--demo", db=db.url, check=False)
        self.assertEqual(again.returncode, 1)
        self.assertIn("already has records", again.stderr)
        self.assertEqual(self.verdict(db)["head"], verdict["head"])
        server = Server(db, clock=NOW).start()
        self.addCleanup(server.stop)
        me = Client(server, "zhangwei")
        self.addCleanup(lambda: me.connection.close())
        # A first reading of the settings that fails leaves the defaults for a moment.
        until = time.monotonic() + 10
        while "zhangwei" not in me.get("/login").expect(200).text and time.monotonic() < until:
            time.sleep(0.1)
        self.assertIn("zhangwei", me.get("/login").expect(200).text)
        me.login("zhangwei", "tripod-demo").expect(200, 201)
        work = me.get("/api/v1/my/work").ok()
        self.assertTrue(any(work[k] for k in work if isinstance(work[k], list)), work)
        deals = me.get("/api/v1/opportunities", limit=200, count="exact").ok()
        self.assertGreater(deals["total"], 5)
        boss = Client(server, "zhoumingyuan")
        self.addCleanup(lambda: boss.connection.close())
        boss.login("zhoumingyuan", "tripod-demo").expect(200, 201)
        all_deals = boss.get("/api/v1/opportunities", limit=200).ok()["items"]
        self.assertEqual(len(all_deals), 50)
        nodes = {d["node_code"] for d in all_deals if d["outcome"] in ("open", "won")}
        self.assertGreaterEqual(len(nodes), 24, sorted(nodes))
        overdue = [d for d in all_deals if d["node_due_at"] and d["node_due_at"] < NOW
                   and d["outcome"] == "open"]
        self.assertTrue(overdue)


class Scale(Seeded):
    def counts(self, db):
        tables = ("lead", "account", "opportunity", "node")
        query = "select " + ", ".join(f"(select count(*) from {t})" for t in tables)
        if ENGINE == "postgres":
            row = psql(query, db.name).splitlines()[2].split("|")
        else:
            row = sqlite3.connect(db.url.removeprefix("sqlite:")).execute(query).fetchone()
        return dict(zip(tables, map(int, row)))

    def test_one_unit_on_top_of_the_company(self):
        small, big = self.counts(self.seed()), self.seed("--scale", "1", "--seed", "7")
        got = self.counts(big)
        self.assertEqual({t: got[t] - small[t] for t in got},
                         {"lead": 2000, "account": 200, "opportunity": 200, "node": 200 * 28})
        verdict = self.verdict(big)
        self.assertTrue(verdict["ok"], verdict)
        self.assertEqual(verdict["unsealed"], 0)
        server = Server(big, clock=NOW).start()
        self.addCleanup(server.stop)
        me = Client(server, "admin")
        self.addCleanup(lambda: me.connection.close())
        me.login("admin", "tripod-demo").expect(200, 201)
        lead = me.get("/api/v1/leads", sort="-id", limit=1).ok()["items"][0]
        found = me.get("/api/v1/leads", q=lead["company_name"][:4]).ok()["items"]
        self.assertIn(lead["id"], [i["id"] for i in found])
        # Numbers and keys go on from there.
        made = me.post("/api/v1/leads", {"company_name": "接着编号有限公司"}).made()
        self.assertGreater(made["id"], lead["id"])
        deal = me.get("/api/v1/opportunities", sort="-id", limit=1).ok()["items"][0]
        self.assertEqual(len([n for s in me.get(
            f"/api/v1/opportunities/{deal['id']}/path").ok()["stages"] for n in s["nodes"]]), 28)


# What comes of a date or a seed is the same on every engine; the quicker one is asked.
if ENGINE == "sqlite":
    class Dice(Seeded):
        def test_any_day_is_a_good_day(self):
            # New year's night, the middle of a long holiday, a Sunday evening.
            for now in ("2025-12-31T16:30:00Z", "2026-10-05T01:00:00Z", "2026-03-01T12:00:00Z"):
                with self.subTest(now=now):
                    self.assertTrue(self.verdict(self.seed(now=now))["ok"])

        def test_same_seed_same_company(self):
            def story(seed):
                log = tripod("events", "export", db=self.seed("--scale", "1", "--seed", seed).url)
                events = [json.loads(l) for l in log.stdout.splitlines()[-5000:]]
                return [(e["kind"], e["occurred_at"], e["payload"]) for e in events]
            first = story("7")
            self.assertEqual(first, story("7"))
            self.assertNotEqual(first, story("3"))


if __name__ == "__main__":
    unittest.main()

"""Jobs: seen and run by the administrator; the clock's job reminds people of their nodes."""
import sqlite3
import unittest

from harness import ENGINE, HttpTest, psql


class Jobs(HttpTest):
    CLOCK = "2026-03-05T02:00:00Z"

    def jobs(self):
        return {j["name"]: j for j in self.as_("admin").get("/api/v1/jobs").ok()["items"]}

    def test_scheduled_jobs_are_listed_with_their_times(self):
        jobs = self.jobs()
        tick, clean = jobs["process.tick"], jobs["house.clean_up"]
        self.assertEqual((tick["every_seconds"], clean["every_seconds"]), (60, 3600))
        for job in (tick, clean):
            self.assertIn(job["state"], ("queued", "running"))
            self.assertTrue(job["label"]["zh"] and job["label"]["en"])
            self.assertIsNone(job["error"])

    def test_only_who_may_sees_and_runs_them(self):
        self.nobody().get("/api/v1/jobs").problem(401, "unauthenticated")
        self.as_("manager").get("/api/v1/jobs").problem(403, "forbidden")
        tick = self.jobs()["process.tick"]["id"]
        self.nobody().post(f"/api/v1/jobs/{tick}/run").problem(401, "unauthenticated")
        self.as_("manager").post(f"/api/v1/jobs/{tick}/run").problem(403, "forbidden")
        self.as_("admin").post("/api/v1/jobs/999999/run").problem(404, "not_found")

    def test_run_by_hand(self):
        self.set_clock("2026-03-05T03:00:00Z")
        before = self.jobs()["house.clean_up"]
        self.assertEqual(before["started_at"], "2026-03-05T03:00:00Z")
        asked = self.as_("admin").post(f"/api/v1/jobs/{before['id']}/run").ok(202)
        self.assertEqual(asked["name"], "house.clean_up")

    def test_reminders_come_with_the_clock(self):
        sales = self.as_("sales")
        account = sales.post("/api/v1/accounts", {"name": "时钟精密有限公司"}).made()
        deal = sales.post("/api/v1/opportunities",
                          {"name": "时钟精密 MES", "account_id": account["id"]}).made()
        first = sales.get(f"/api/v1/opportunities/{deal['id']}/path").ok()
        node = first["stages"][0]["nodes"][0]
        self.assertFalse(node.get("overdue"))
        self.set_clock("2026-03-20T02:00:00Z")
        kinds = {n["kind"] for n in sales.get("/api/v1/notifications").ok()["items"]}
        self.assertIn("node_overdue", kinds)
        # Told once, however often the clock comes by.
        self.set_clock("2026-03-20T02:10:00Z")
        items = sales.get("/api/v1/notifications").ok()["items"]
        self.assertEqual(sum(n["kind"] == "node_overdue" for n in items), 1)


class Housekeeping(HttpTest):
    CLOCK = "2026-03-05T02:00:00Z"

    def count(self, table):
        ask = f"select count(*) from {table}"
        if ENGINE == "postgres":
            return int(psql(ask, self.db.name).split()[2])
        with sqlite3.connect(self.db.url[len("sqlite:"):]) as c:
            return c.execute(ask).fetchone()[0]

    def test_what_has_expired_is_deleted_by_the_clock(self):
        tables = ("session", "throttle", "idempotency", "notification")
        sales = self.as_("sales")
        self.nobody().login("sales").expect(201)
        self.nobody().login("sales", "wrong").problem(401, "login_failed")
        body = {"company_name": "只做一次"}
        for _ in range(2):
            lead = sales.post("/api/v1/leads", body, {"Idempotency-Key": "k-1"}).made()
        me = sales.get("/api/v1/me").ok()["user"]["id"]
        account = sales.post("/api/v1/accounts", {"name": "通知客户"}).made()
        boss = next(u for u in self.as_("admin").get("/api/v1/users", limit=50).ok()["items"]
                    if u["login"] == "manager")
        sales.post(f"/api/v1/accounts/{account['id']}/members", {"user_id": boss["id"]}).ok()
        self.as_("manager").post("/api/v1/comments", {
            "entity": "account", "entity_id": account["id"], "body": "@张伟 请看",
            "mentions": str(me)}).made()
        self.assertEqual([t for t in tables if not self.count(t)], [])
        # An hour on everything is still of use but the counter of attempts.
        self.set_clock("2026-03-05T03:00:00Z")
        self.assertEqual([t for t in tables if not self.count(t)], ["throttle"])
        self.set_clock("2027-06-01T03:00:00Z")
        self.assertEqual({t: self.count(t) for t in tables}, dict.fromkeys(tables, 0))
        # The record that the repeated request made stays, and the key may be used anew.
        sales.get(f"/api/v1/leads/{lead['id']}").ok()
        again = sales.post("/api/v1/leads", body, {"Idempotency-Key": "k-1"}).made()
        self.assertNotEqual(again["id"], lead["id"])


if __name__ == "__main__":
    unittest.main()

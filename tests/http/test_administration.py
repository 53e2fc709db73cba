"""What the administrator does: people's access, the event log, retention, personal data, the company."""
import csv
import io
import json
import re
import time
import unittest

from harness import PASSWORD, Client, HttpTest

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64


class Admin(HttpTest):
    def me(self, who):
        return self.as_(who).get("/api/v1/me").ok()["user"]["id"]

    def new_user(self, login):
        return self.as_("admin").post("/api/v1/users", {
            "login": login, "name": login.title(), "roles": ["sales"]}).made()

    def log(self, **filter_):
        return self.as_("admin").get("/api/v1/audit", limit=200, **filter_).ok()["items"]

    def verify(self):
        until = time.monotonic() + 20
        while True:
            v = json.loads(self.tripod("audit", "verify", "--json", check=False).stdout)
            if not v["unsealed"] or time.monotonic() > until:
                return v
            time.sleep(0.1)


class Access(Admin):
    def welcome(self, path, password, again=None):
        """Opens the page of a link as a browser would, and sends its form."""
        c = self.nobody("zh")
        page = c.get(path)
        token = re.search(r'name="token" value="([^"]+)"', page.text)
        if not token:
            return page
        body = f"token={token[1]}&next=%2F&password={password}&again={again or password}"
        return c.request("POST", path, raw=body.encode(),
                         headers={"Content-Type": "application/x-www-form-urlencoded"})

    def test_who_is_invited_sets_a_password_once(self):
        user = self.new_user("newcomer")
        made = self.as_("admin").post(f"/api/v1/users/{user['id']}/link").ok(201)
        self.assertRegex(made["path"], r"^/welcome/[\w-]{43}$")
        page = self.nobody().get(made["path"]).expect(200)
        self.assertIn("newcomer", page.text)
        self.assertEqual(page.header("Referrer-Policy"), "no-referrer")
        self.assertIn("frame-ancestors 'none'", page.header("Content-Security-Policy"))
        self.welcome(made["path"], "short").expect(422)
        self.welcome(made["path"], "my-own-word-77", "my-own-word-78").expect(422)
        c = self.nobody()
        c.get(made["path"])
        c.request("POST", made["path"], raw=b"password=my-own-word-77&again=my-own-word-77",
                  headers={"Content-Type": "application/x-www-form-urlencoded"}).expect(403)
        self.welcome(made["path"], "my-own-word-77").expect(303)
        self.nobody().login("newcomer", "my-own-word-77").expect(201)
        # Used, unknown, or replaced by a newer one: no page for it, and nothing is said of whom.
        for path in (made["path"], "/welcome/" + "x" * 43):
            gone = self.nobody("en").get(path).expect(404)
            self.assertIn("no longer good", gone.text)
            self.assertNotIn("newcomer", gone.text)
        first = self.as_("admin").post(f"/api/v1/users/{user['id']}/link", {"kind": "reset"}).ok(201)
        self.as_("admin").post(f"/api/v1/users/{user['id']}/link", {"kind": "reset"}).ok(201)
        self.nobody().get(first["path"]).expect(404)
        self.as_("admin").post(f"/api/v1/users/{user['id']}/link", {"kind": "gift"}).problem(
            422, "invalid", "kind", "not_in_list")
        self.as_("admin").post("/api/v1/users/999999/link").problem(404, "not_found")
        kinds = [e["kind"] for e in self.log(entity="user", entity_id=user["id"])]
        for kind in ("user.invited", "user.link_used", "user.reset_link"):
            self.assertIn(kind, kinds)
        # The secret is nowhere in the log.
        self.assertEqual(self.log(q=made["path"][9:]), [])

    def test_a_reset_link_ends_the_sessions(self):
        user = self.new_user("forgetful")
        self.as_("admin").post(f"/api/v1/users/{user['id']}/password", {"password": PASSWORD}).expect(204)
        c = self.nobody()
        c.login("forgetful").expect(201)
        c.get("/api/v1/me").expect(200)
        self.as_("admin").post(f"/api/v1/users/{user['id']}/link", {"kind": "reset"}).ok(201)
        c.get("/api/v1/me").problem(401, "unauthenticated")

    def test_who_is_disabled_is_out_at_once(self):
        user = self.new_user("leaver")
        token = self.tripod("token", "create", "--user", "leaver").stdout.strip()
        self.as_("admin").post(f"/api/v1/users/{user['id']}/password", {"password": PASSWORD}).expect(204)
        session, program = self.nobody(), Client(self.server, "leaver", token, self.write_down)
        session.login("leaver").expect(201)
        program.get("/api/v1/leads").ok()
        link = self.as_("admin").post(f"/api/v1/users/{user['id']}/link").ok(201)
        now = self.as_("admin").get(f"/api/v1/users/{user['id']}").ok()
        off = self.as_("admin").patch(f"/api/v1/users/{user['id']}", {"active": False}, now["version"]).ok()
        session.get("/api/v1/me").problem(401, "unauthenticated")
        program.get("/api/v1/leads").problem(401, "unauthenticated")
        self.nobody().login("leaver").problem(401, "login_failed")
        self.nobody().get(link["path"]).expect(404)
        self.as_("admin").post(f"/api/v1/users/{user['id']}/link").problem(409, "conflict")
        self.as_("admin").patch(f"/api/v1/users/{user['id']}", {"active": True}, off["version"]).ok()
        program.get("/api/v1/leads").ok()

    def test_sessions_and_tokens_of_others_are_seen_and_ended(self):
        user = self.new_user("watched")
        self.as_("admin").post(f"/api/v1/users/{user['id']}/password", {"password": PASSWORD}).expect(204)
        token = self.tripod("token", "create", "--user", "watched").stdout.strip()
        one, two = self.nobody(), self.nobody()
        one.login("watched").expect(201)
        two.login("watched").expect(201)
        path = f"/api/v1/users/{user['id']}"
        seen = self.as_("admin").get(path + "/access").ok()
        self.assertEqual((len(seen["sessions"]["items"]), len(seen["tokens"]["items"])), (2, 1))
        self.assertIsNone(seen["locked_until"])
        newest = seen["sessions"]["items"][0]["id"]
        self.as_("admin").delete(f"{path}/sessions/{newest}").expect(204)
        self.assertEqual(sorted([one.get("/api/v1/me").status, two.get("/api/v1/me").status]), [200, 401])
        self.as_("admin").delete(path + "/sessions").expect(204)
        one.get("/api/v1/me").expect(401)
        two.get("/api/v1/me").expect(401)
        program = Client(self.server, "watched", token, self.write_down)
        program.get("/api/v1/leads").ok()
        self.as_("admin").delete(f"{path}/tokens/{seen['tokens']['items'][0]['id']}").expect(204)
        program.get("/api/v1/leads").problem(401, "unauthenticated")
        # Somebody else's session is none of this user's.
        mine = self.nobody()
        mine.login("sales").expect(201)
        id_ = mine.get("/api/v1/me/sessions").ok()["items"][0]["id"]
        self.as_("admin").delete(f"{path}/sessions/{id_}").problem(404, "not_found")
        for who in ("sales", "manager"):
            self.as_(who).get(path + "/access").problem(403, "forbidden")

    def test_too_many_failures_lock_until_the_administrator_unlocks(self):
        user = self.new_user("clumsy")
        self.as_("admin").post(f"/api/v1/users/{user['id']}/password", {"password": PASSWORD}).expect(204)
        for _ in range(10):
            self.nobody().login("clumsy", "wrong").problem(401, "login_failed")
        self.nobody().login("clumsy").problem(429, "throttled")
        path = f"/api/v1/users/{user['id']}"
        self.assertIsNotNone(self.as_("admin").get(path + "/access").ok()["locked_until"])
        self.as_("admin").post(path + "/unlock").expect(204)
        self.assertIsNone(self.as_("admin").get(path + "/access").ok()["locked_until"])
        self.nobody().login("clumsy").expect(201)
        self.assertEqual(len(self.log(kind="user.unlocked", entity_id=user["id"])), 1)


class Audit(Admin):
    def test_the_log_is_searched(self):
        lead = self.as_("sales").post("/api/v1/leads", {
            "company_name": "查找得到百分之百%的公司", "phone": "13911112222"}).made()
        sales = self.me("sales")
        found = self.log(entity="lead", entity_id=lead["id"])
        self.assertEqual([e["kind"] for e in found], ["lead.created"])
        self.assertEqual(found[0]["actor"]["id"], sales)
        for filter_, wanted in (({"kind": "lead.created"}, True), ({"kind": "lead."}, True),
                                ({"kind": "account."}, False), ({"actor_id": sales}, True),
                                ({"actor_id": self.me("sales2")}, False), ({"q": "百分之百%的"}, True),
                                ({"q": "百分之百_的"}, False), ({"from": "2020-01-01"}, True),
                                ({"from": "2099-01-01"}, False), ({"to": "2020-01-01"}, False)):
            hits = [e["entity_id"] for e in self.log(entity="lead", **filter_)]
            self.assertEqual(lead["id"] in hits, wanted, filter_)
        page = self.as_("admin").get("/api/v1/audit", limit=2).ok()
        more = self.as_("admin").get("/api/v1/audit", limit=2, cursor=page["next"]).ok()
        self.assertLess(more["items"][0]["seq"], page["items"][-1]["seq"])
        for bad in ({"limit": 0}, {"from": "gestern"}, {"actor_id": "x"}):
            self.as_("admin").get("/api/v1/audit", **bad).problem(400, "bad_request")
        kinds = {k["kind"] for k in self.as_("admin").get("/api/v1/audit/kinds").ok()["items"]}
        self.assertLessEqual({"lead.created", "session.started"}, kinds)
        self.as_("sales").get("/api/v1/audit").problem(403, "forbidden")

    def test_the_log_is_taken_out_with_its_watermark(self):
        for n in range(3):
            self.as_("sales").post("/api/v1/leads", {"company_name": f"带走{n}"}).made()
        text = self.as_("admin").get("/api/v1/audit/export", format="csv", entity="lead",
                                     q="带走").expect(200).text
        rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
        self.assertEqual(len(rows), 4)
        self.assertIn("带走2", rows[0]["details"])
        self.assertEqual(rows[-1]["who"], "管理员")
        self.assertRegex(rows[-1]["details"], "共 3 行")
        lines = [json.loads(x) for x in self.as_("admin").get(
            "/api/v1/audit/export", format="ndjson", entity="lead", q="带走").expect(200).text.splitlines()]
        self.assertEqual((len(lines), lines[-1]["exported"]["by"], lines[-1]["exported"]["rows"]),
                         (4, "管理员", 3))
        self.assertFalse(lines[-1]["exported"]["more"])
        self.as_("admin").patch("/api/v1/settings", {"audit.export_rows": 100}).ok()
        lines = self.as_("admin").get("/api/v1/audit/export", format="ndjson").expect(200).text.splitlines()
        self.assertLessEqual(len(lines), 101)
        self.as_("admin").get("/api/v1/audit/export", format="pdf").problem(400, "bad_request")
        self.assertGreaterEqual(len(self.log(kind="export.made")), 2)

    def test_the_chain_is_proved_by_a_job(self):
        self.verify()
        head = self.as_("admin").get("/api/v1/audit/proof").ok()["head"]
        job = self.as_("admin").post("/api/v1/audit/proof", {"head": head}).ok(202)
        self.assertEqual(job["name"], "audit.verify")
        until = time.monotonic() + 30
        while time.monotonic() < until:
            last = self.as_("admin").get("/api/v1/audit/proof").ok()["last"]
            if last["state"] == "done":
                break
            time.sleep(0.1)
        self.assertEqual((last["state"], last["result"]["ok"], last["result"]["reason"]),
                         ("done", True, None))
        self.as_("admin").post("/api/v1/audit/proof", {"head": "no"}).problem(422, "invalid", "head")


class Retention(Admin):
    CLOCK = "2026-03-05T02:00:00Z"

    def rules(self, **query):
        return {r["code"]: r for r in self.as_("admin").get("/api/v1/retention", **query).ok()["items"]}

    def test_rules_are_previewed_changed_and_obeyed(self):
        admin = self.as_("admin")
        lead = self.as_("sales").post("/api/v1/leads", {"company_name": "丢弃"}).made()
        note = self.as_("sales").post("/api/v1/comments", {
            "entity": "lead", "entity_id": lead["id"], "body": "一句话"}).made()
        account = self.as_("sales").post("/api/v1/accounts", {"name": "有人用的客户"}).made()
        self.as_("sales").post("/api/v1/contacts", {"name": "在用", "account_id": account["id"]}).made()
        admin.delete(f"/api/v1/leads/{lead['id']}").expect(204)
        self.nobody().login("sales").expect(201)
        self.set_clock("2026-05-05T02:00:00Z")
        rules = self.rules()
        self.assertEqual((rules["recycle_bin"]["days"], rules["recycle_bin"]["due"]), (0, 0))
        # The lead, and the comment that went to the bin with it.
        self.assertEqual(self.rules(rule="recycle_bin", days=30)["recycle_bin"]["due"], 2)
        self.assertEqual(self.rules(rule="recycle_bin", days=300)["recycle_bin"]["due"], 0)
        self.assertEqual(self.rules(rule="login_payload", days=30)["login_payload"]["due"], 1)
        admin.get("/api/v1/retention", rule="nothing").problem(404, "not_found")
        admin.get("/api/v1/retention", rule="job", days="x").problem(400, "bad_request")
        # Nothing goes while the days are 0.
        admin.get("/api/v1/trash", entity="lead").ok()
        self.assertEqual(len(admin.get("/api/v1/trash", entity="lead").ok()["items"]), 1)
        admin.patch("/api/v1/settings", {"retention.recycle_bin_days": 30,
                                         "retention.login_payload_days": 30}).ok()
        self.set_clock("2026-05-06T02:00:00Z")
        self.assertEqual(admin.get("/api/v1/trash", entity="lead").ok()["items"], [])
        admin.get(f"/api/v1/comments/{note['id']}").problem(404, "not_found")
        self.assertEqual([e["entity_id"] for e in self.log(kind="record.purged", entity="lead")],
                         [lead["id"]])
        self.assertIn("recycle_bin", {e["payload"]["rule"] for e in self.log(kind="retention.applied")})
        started = self.log(kind="session.started")
        self.assertEqual([e["payload"] for e in started], [{}])
        v = self.verify()
        self.assertTrue(v["ok"], v)
        # Once more, and nothing is left to do.
        self.assertEqual(self.rules()["recycle_bin"]["due"], 0)


class Personal(Admin):
    def test_a_person_is_found_given_out_and_erased(self):
        sales, admin = self.as_("sales"), self.as_("admin")
        account = sales.post("/api/v1/accounts", {"name": "个人信息公司"}).made()
        contact = sales.post("/api/v1/contacts", {
            "name": "胡晓燕", "account_id": account["id"], "mobile": "13812345678",
            "email": "huxy@example.cn", "title": "采购经理"}).made()
        lead = sales.post("/api/v1/leads", {"company_name": "另一家", "contact_name": "胡晓燕",
                                            "email": "huxy@example.cn", "phone": "02155556666"}).made()
        other = sales.post("/api/v1/leads", {"company_name": "不相干", "contact_name": "王五",
                                             "phone": "02177778888"}).made()
        sales.post("/api/v1/comments", {"entity": "contact", "entity_id": contact["id"],
                                        "body": "胡经理喜欢喝茶"}).made()
        now = sales.get(f"/api/v1/contacts/{contact['id']}").ok()
        sales.patch(f"/api/v1/contacts/{contact['id']}", {"wechat": "huxy_wx"}, now["version"]).ok()

        who = {"entity": "contact", "id": contact["id"]}
        sales.get("/api/v1/personal-data", **who).problem(403, "forbidden")
        admin.get("/api/v1/personal-data", entity="contact", id=999999).problem(404, "not_found")
        admin.get("/api/v1/personal-data", entity="account", id=account["id"]).problem(404, "not_found")
        found = admin.get("/api/v1/personal-data", **who).ok()
        persons = {(r["entity"], r["id"]) for r in found["records"] if r["role"] == "person"}
        self.assertEqual(persons, {("contact", contact["id"]), ("lead", lead["id"])})
        self.assertIn("comment", {r["entity"] for r in found["records"]})
        file = admin.get("/api/v1/personal-data/export", **who).expect(200)
        self.assertIn("attachment", file.header("Content-Disposition"))
        self.assertIn("13812345678", file.text)
        self.assertIn("胡经理喜欢喝茶", file.text)
        self.assertGreaterEqual(len(file.json["events"]), 3)

        admin.post("/api/v1/personal-data/erase", who).problem(422, "invalid", "reason", "required")
        admin.post("/api/v1/personal-data/erase", {**who, "reason": "本人要求", "id": 999999}).problem(
            404, "not_found")
        done = admin.post("/api/v1/personal-data/erase", {**who, "reason": "本人要求"}).ok()
        self.assertEqual(done["records"], len(found["records"]))
        for path in (f"/api/v1/contacts/{contact['id']}", f"/api/v1/leads/{lead['id']}",
                     f"/api/v1/contacts/{contact['id']}/history", "/api/v1/comments"):
            text = admin.get(path).expect(200).text
            for secret in ("胡晓燕", "13812345678", "huxy", "喝茶"):
                self.assertNotIn(secret, text, path)
        self.assertEqual(admin.get(f"/api/v1/leads/{lead['id']}").ok()["company_name"], "另一家")
        self.assertEqual(admin.get(f"/api/v1/leads/{other['id']}").ok()["contact_name"], "王五")
        for word in ("胡晓燕", "13812345678", "huxy"):
            self.assertNotIn(word, admin.get("/api/v1/search", q=word).expect(200).text)
        events = self.tripod("events", "export", "--format", "ndjson").stdout
        for secret in ("胡晓燕", "13812345678", "huxy", "喝茶"):
            self.assertNotIn(secret, events)
        self.assertIn("本人要求", events)
        v = self.verify()
        self.assertTrue(v["ok"], v)


class Company(Admin):
    def test_the_company_has_a_name_and_a_logo(self):
        admin = self.as_("admin")
        items = {s["name"]: s for s in admin.patch("/api/v1/settings", {
            "company.name": "铁三角软件", "company.document_header": "机密\n仅供客户"}).ok()["items"]}
        self.assertEqual(items["company.name"]["value"], "铁三角软件")
        admin.patch("/api/v1/settings", {"company.zone": "Mars/Base"}).problem(422, "invalid", "company.zone")
        self.as_("sales").get("/api/v1/me/company/logo").problem(404, "not_found")
        admin.upload("/api/v1/company/logo", "file", "logo.svg", b"<svg/>", "image/svg+xml").problem(
            422, "invalid", "file", "not_in_list")
        admin.upload("/api/v1/company/logo", "file", "logo.png", PNG, "image/png").expect(204)
        logo = self.as_("sales").get("/api/v1/me/company/logo").expect(200)
        self.assertEqual((logo.type, logo.body), ("image/png", PNG))
        self.as_("sales").upload("/api/v1/company/logo", "file", "a.png", PNG, "image/png").problem(
            403, "forbidden")
        admin.delete("/api/v1/company/logo").expect(204)
        self.as_("sales").get("/api/v1/me/company/logo").problem(404, "not_found")


if __name__ == "__main__":
    unittest.main()

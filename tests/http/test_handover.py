"""Handing over what a person holds: preview, receivers, notices, report, undo."""
from harness import HttpTest


class Handover(HttpTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        admin = cls.as_("admin")
        cls.people = {u["login"]: u for u in admin.get("/api/v1/users", limit=200).ok()["items"]}
        team = admin.post("/api/v1/teams", {
            "name": "华南", "manager_id": cls.people["manager"]["id"]}).made()
        u = cls.people["sales"]
        admin.patch(f"/api/v1/users/{u['id']}", {"team_id": team["id"]}, u["version"]).ok()
        me = cls.as_("sales")
        cls.account = me.post("/api/v1/accounts", {"name": "交接客户"}).made()
        cls.opp = me.post("/api/v1/opportunities", {
            "name": "交接商机", "account_id": cls.account["id"]}).made()
        cls.leads = [me.post("/api/v1/leads", {"company_name": f"交接线索{i}"}).made()
                     for i in range(3)]
        cls.task = me.post("/api/v1/tasks", {"title": "交接任务"}).made()
        cls.done = me.post("/api/v1/tasks", {"title": "做完的", "state": "done"}).made()

    def path(self, what, login="sales"):
        return f"/api/v1/users/{self.people[login]['id']}/{what}"

    def holdings(self, login="sales"):
        got = self.as_("admin").get(self.path("holdings", login)).ok()
        return {k["kind"]: k["n"] for k in got["kinds"]}

    def read(self, plural, record):
        return self.as_("admin").get(f"/api/v1/{plural}/{record['id']}").ok()

    def run_it(self, who="admin", **body):
        to = self.people["sales2"]["id"]
        return self.as_(who).post(self.path("handover"), {"to": to, "reason": "离职", **body}).ok()

    def back(self, report):
        self.as_("admin").post(f"/api/v1/undo/{report['undo_id']}").ok()

    def test_preview_counts_by_kind(self):
        held = self.holdings()
        self.assertEqual({k: held[k] for k in ("account", "opportunity", "opportunity_sales", "lead",
                                               "task", "member")},
                         {"account": 1, "opportunity": 1, "opportunity_sales": 1, "lead": 3,
                          "task": 1, "member": 1})
        self.assertGreater(held["node"], 1)

    def test_everything_goes_and_comes_back(self):
        before, theirs = self.holdings(), self.holdings("sales2")
        to = self.people["sales2"]["id"]
        report = self.run_it()
        self.assertEqual(self.holdings(), {})
        self.assertEqual(report["total"], sum(before.values()))
        moved = {m["kind"]: (m["to"]["name"], m["n"]) for m in report["moved"]}
        self.assertEqual(moved["lead"], ("李娜", 3))
        opp = self.read("opportunities", self.opp)
        self.assertEqual((opp["owner_id"], opp["sales_id"]), (to, to))
        self.assertEqual(self.read("tasks", self.done)["assignee_id"], self.people["sales"]["id"])
        # The old owner is off the team, the new one on it.
        self.as_("sales").get(f"/api/v1/accounts/{self.account['id']}").problem(404, "not_found")
        self.as_("sales2").get(f"/api/v1/accounts/{self.account['id']}").ok()
        self.back(report)
        self.assertEqual((self.holdings(), self.holdings("sales2")), (before, theirs))
        self.as_("sales").get(f"/api/v1/accounts/{self.account['id']}").ok()

    def test_kinds_and_records_have_receivers_of_their_own(self):
        tech, csm = self.people["tech"]["id"], self.people["csm"]["id"]
        report = self.run_it(kinds={"lead": tech, "task": None, "node": csm},
                             records=[{"kind": "lead", "id": self.leads[0]["id"], "to": csm},
                                      {"kind": "lead", "id": self.leads[1]["id"], "to": None}])
        owners = [self.read("leads", l)["owner_id"] for l in self.leads]
        self.assertEqual(owners, [csm, self.people["sales"]["id"], tech])
        self.assertEqual(self.read("tasks", self.task)["assignee_id"], self.people["sales"]["id"])
        nodes = self.as_("admin").get("/api/v1/nodes", filter={
            "opportunity_id": self.opp["id"], "owner_id": csm}).ok()["items"]
        self.assertTrue(nodes)
        self.back(report)

    def test_both_are_told_with_the_reason(self):
        report = self.run_it(reason="休产假")
        for login, words in (("sales2", "张伟"), ("sales", "已交接")):
            items = self.as_(login).get("/api/v1/notifications").ok()["items"]
            mine = [n for n in items if n["kind"] == "handover" and n["body"] == "休产假"]
            self.assertEqual(len(mine), 1, login)
            self.assertIn(words, mine[0]["title"])
        history = self.as_("admin").get(self.path("history")).ok()["items"]
        done = next(h for h in history if h["kind"] == "handover.done")
        self.assertEqual(done["payload"]["reason"], "休产假")
        self.back(report)

    def test_undo_is_refused_when_the_receiver_worked_on_it(self):
        report = self.run_it()
        lead = self.read("leads", self.leads[2])
        self.as_("sales2").patch(f"/api/v1/leads/{lead['id']}", {"title": "已联系"},
                                 lead["version"]).ok()
        p = self.as_("admin").post(f"/api/v1/undo/{report['undo_id']}").problem(409, "undo_moved_on")
        self.assertEqual([(m["title"], m["who"]) for m in p["moved"]], [("交接线索2", "李娜")])
        back = self.as_("admin").post(self.path("handover", "sales2"), {
            "to": self.people["sales"]["id"], "reason": "还回去"}).ok()
        self.assertEqual(back["total"], report["total"])

    def test_managers_do_it_for_their_team_alone(self):
        manager = self.as_("manager")
        manager.get(self.path("holdings")).ok()
        self.back(self.run_it("manager"))
        manager.get(self.path("holdings", "sales2")).problem(404, "not_found")
        manager.post(self.path("handover", "sales2"), {
            "to": self.people["sales"]["id"], "reason": "x"}).problem(404, "not_found")
        self.as_("sales").get(self.path("holdings")).problem(403, "forbidden")
        self.as_("sales").post(self.path("handover"), {"to": 1, "reason": "x"}).problem(
            403, "forbidden")
        self.nobody().get(self.path("holdings")).problem(401, "unauthenticated")

    def test_what_is_wanted_must_be_right(self):
        admin, path = self.as_("admin"), self.path("handover")
        to = self.people["sales2"]["id"]
        admin.post(path, {"to": to}).problem(422, "invalid", "reason", "required")
        admin.post(path, {"to": 99999999, "reason": "x"}).problem(
            422, "invalid", "to", "reference_not_found")
        admin.post(path, {"to": self.people["sales"]["id"], "reason": "x"}).problem(
            422, "invalid", "to", "rule")
        admin.post(path, {"to": to, "reason": "x", "kinds": {"nonsense": 1}}).problem(
            422, "invalid", "kinds", "unknown_field")
        admin.get("/api/v1/users/99999999/holdings").problem(404, "not_found")

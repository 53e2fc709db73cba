"""The process over HTTP beside the walk: board, my work, playbook, assigning, planning, advancing,
and that nodes, outputs, approvals and exceptions can be read like any record."""
import unittest

from harness import HttpTest


class Process(HttpTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        admin = cls.as_("admin")
        cls.people = {u["login"]: u for u in admin.get("/api/v1/users", limit=200).ok()["items"]}
        team = admin.post("/api/v1/teams", {
            "name": "华东", "manager_id": cls.people["manager"]["id"]}).made()
        for login in ("sales", "tech", "csm"):
            u = cls.people[login]
            admin.patch(f"/api/v1/users/{u['id']}", {"team_id": team["id"]}, u["version"]).ok()

    def setUp(self):
        super().setUp()
        sales = self.as_("sales")
        account = sales.post("/api/v1/accounts", {"name": "大江汽车部件", "grade": "B"}).made()
        sales.post("/api/v1/contacts", {"account_id": account["id"], "name": "何工"}).made()
        self.opp = sales.post("/api/v1/opportunities", {
            "name": "总装线数据看板", "account_id": account["id"], "source": "referral",
            "amount_fen": 80000000, "technical_id": self.people["tech"]["id"],
            "csm_id": self.people["csm"]["id"]}).made()
        sales.post("/api/v1/activities", {"kind": "visit", "subject": "拜访",
                                          "opportunity_id": self.opp["id"]}).made()

    def path(self):
        return self.as_("sales").get(f"/api/v1/opportunities/{self.opp['id']}/path").ok()

    def node(self, code):
        return next(n for s in self.path()["stages"] for n in s["nodes"] if n["code"] == code)

    def complete(self, *codes):
        sales = self.as_("sales")
        for code in codes:
            n = self.node(code)
            if n["state"] == "done":
                continue
            for m in n["missing"]:
                sales.post(f"/api/v1/nodes/{n['id']}/outputs", {"key": m["key"], "body": "已填写"}).ok()
            sales.post(f"/api/v1/nodes/{n['id']}/complete").ok()

    def test_deal_is_not_won_by_writing_so(self):
        """Outcome, its day and "imported history" come from the nodes, from closing, or from an
        import; else a deal would be won past every gate, or kept out of process compliance."""
        sales, path = self.as_("sales"), f"/api/v1/opportunities/{self.opp['id']}"
        for field, value in (("outcome", "won"), ("closed_on", "2026-11-02"), ("imported", True),
                             ("lost_reason", "x")):
            sales.patch(path, {field: value}, self.opp["version"]).problem(
                422, "invalid", field, "read_only")
            sales.post("/api/v1/opportunities", {
                "name": "x", "account_id": self.opp["account_id"], field: value}).problem(
                422, "invalid", field, "read_only")
        p = sales.patch(path, {"outcome": "won", "closed_on": "2026-11-02", "imported": True},
                        self.opp["version"]).problem(422, "invalid")
        self.assertEqual({e["field"] for e in p["errors"]}, {"outcome", "closed_on", "imported"})
        self.assertEqual(sales.get(path).ok()["outcome"], "open")

    def test_board_counts_and_sums_by_stage(self):
        board = self.as_("sales").get("/api/v1/board").ok()
        stage = next(c for c in board["columns"] if c["code"] == "1")
        self.assertEqual(stage["amount_fen"], stage["count"] * 80000000)
        self.assertIn(self.opp["id"], [c["id"] for c in stage["cards"]])
        empty = self.as_("sales2").get("/api/v1/board").ok()
        self.assertEqual([c["count"] for c in empty["columns"]], [0] * 6)

    def test_my_work_shows_what_waits_for_me_alone(self):
        mine = self.as_("sales").get("/api/v1/my/work").ok()
        self.assertIn(self.opp["id"], [i["opportunity"]["id"] for i in mine["items"]])
        theirs = self.as_("sales2").get("/api/v1/my/work").ok()
        self.assertEqual(theirs["items"], [])

    def test_playbook_has_six_stages_and_28_nodes(self):
        current = self.as_("sales").get("/api/v1/playbooks/current").ok()
        self.assertEqual((len(current["stages"]), sum(len(s["nodes"]) for s in current["stages"])),
                         (6, 28))
        book = self.as_("owner").get("/api/v1/playbooks").ok()["items"][0]
        path = f"/api/v1/playbooks/{book['id']}"
        self.assertEqual(self.as_("owner").get(path).ok()["id"], book["id"])
        definition = self.as_("owner").get(path + "/definition").ok()
        self.assertEqual(definition["stages"], current["stages"])
        self.as_("owner").get(path + "/history").ok()
        self.as_("owner").get(path + "/timeline").ok()

    def test_node_is_assigned_and_planned(self):
        n = self.node("5.2")
        tech, url = self.as_("tech"), f"/api/v1/nodes/{n['id']}"
        self.as_("sales").post(url + "/assign", {"user_id": 1}).problem(403, "forbidden")
        tech.post(url + "/assign", {"user_id": self.people["tech"]["id"]}).ok()
        self.assertEqual(self.node("5.2")["owner"]["id"], self.people["tech"]["id"])
        tech.post(url + "/assign", {"user_id": 999999}).problem(422, "invalid", "user_id",
                                                                 "reference_not_found")
        tech.post(url + "/plan", {"plan_on": "2027-01-15"}).ok()
        self.assertEqual(self.node("5.2")["plan_on"], "2027-01-15")
        tech.post(url + "/plan", {"plan_on": "2027-02-30"}).problem(422, "invalid", "plan_on",
                                                                     "bad_date")

    def test_approval_and_exception_are_records_and_the_stage_is_left_when_all_is_there(self):
        sales, boss = self.as_("sales"), self.as_("manager")
        self.complete("1.1", "1.2", "1.3", "1.4")
        n = self.node("1.5")
        sales.post(f"/api/v1/nodes/{n['id']}/outputs", {"key": "charter", "body": "立项书"}).ok()
        # Handing in asked for the approval by itself.
        boss.post(f"/api/v1/nodes/{n['id']}/ask", {"key": "manager_approval"}).problem(409, "conflict")
        out = next(o for o in self.node("1.5")["outputs"] if o["key"] == "manager_approval")
        boss.post(f"/api/v1/reviews/{out['review_id']}/return",
                  {"text": "先补充预算"}).ok()
        boss.post(f"/api/v1/nodes/{n['id']}/ask", {"key": "manager_approval"}).ok()
        out = next(o for o in self.node("1.5")["outputs"] if o["key"] == "manager_approval")
        boss.post(f"/api/v1/reviews/{out['review_id']}/approve", {"text": "同意立项"}).ok()
        boss.post(f"/api/v1/opportunities/{self.opp['id']}/advance", {"stage": "2"}).ok()
        self.assertEqual(self.path()["stages"][0]["state"], "done")
        n = self.node("2.1")
        sales.post(f"/api/v1/nodes/{n['id']}/exceptions", {"kind": "skip", "reason": "老客户"}).ok()
        for plural in ("nodes", "outputs", "reviews", "exceptions"):
            items = boss.get(f"/api/v1/{plural}").ok()["items"]
            self.assertTrue(items, plural)
            one = f"/api/v1/{plural}/{items[0]['id']}"
            boss.get(one).ok()
            boss.get(one + "/history").ok()
            boss.get(one + "/timeline").ok()
            self.assertEqual(self.as_("sales2").get(f"/api/v1/{plural}").ok()["items"], [], plural)

    def approve_charter(self):
        sales, boss = self.as_("sales"), self.as_("manager")
        self.complete("1.1", "1.2", "1.3", "1.4")
        n = self.node("1.5")
        sales.post(f"/api/v1/nodes/{n['id']}/outputs", {"key": "charter", "body": "立项书"}).ok()
        out = next(o for o in self.node("1.5")["outputs"] if o["key"] == "manager_approval")
        boss.post(f"/api/v1/reviews/{out['review_id']}/approve", {"text": "同意立项"}).ok()

    def states(self):
        return {n["code"]: (n["state"], n["due_at"]) for s in self.path()["stages"]
                for n in s["nodes"]}

    def test_moved_card_goes_back_with_exactly_the_nodes_it_completed(self):
        self.approve_charter()
        boss, before = self.as_("manager"), self.states()
        opp = f"/api/v1/opportunities/{self.opp['id']}"
        undo = boss.post(opp + "/advance", {"stage": "2"}).expect(200).header("Undo-Id")
        self.assertEqual(self.node("1.5")["state"], "done")
        self.assertNotEqual(self.states(), before)
        self.as_("sales").post(f"/api/v1/undo/{undo}").problem(404, "not_found")
        boss.post(f"/api/v1/undo/{undo}").ok()
        self.assertEqual(self.states(), before)
        self.assertEqual(self.as_("sales").get(opp).ok()["stage_code"], "1")
        # And it can be moved again.
        boss.post(opp + "/advance", {"stage": "2"}).ok()
        self.assertEqual(self.node("1.5")["state"], "done")

    def test_moved_card_stays_when_somebody_worked_on_since(self):
        self.approve_charter()
        boss, sales = self.as_("manager"), self.as_("sales")
        undo = boss.post(f"/api/v1/opportunities/{self.opp['id']}/advance",
                         {"stage": "2"}).expect(200).header("Undo-Id")
        n = self.node("2.1")
        sales.post(f"/api/v1/nodes/{n['id']}/plan", {"plan_on": "2027-01-15"}).ok()
        p = boss.post(f"/api/v1/undo/{undo}").problem(409, "undo_moved_on")
        self.assertIn("张伟", p["title"])
        self.assertEqual(self.node("1.5")["state"], "done")

    def test_node_that_waits_for_a_date_starts_early(self):
        sales, boss, admin = self.as_("sales"), self.as_("manager"), self.as_("admin")
        waits = self.node("3.1")
        self.as_("tech").post(f"/api/v1/nodes/{waits['id']}/start").problem(409, "node_state")
        opp = sales.get(f"/api/v1/opportunities/{self.opp['id']}").ok()
        sales.patch(f"/api/v1/opportunities/{self.opp['id']}", {
            "planned_go_live_on": "2026-12-30", "contract_end_on": "2099-12-31"}, opp["version"]).ok()
        for _ in range(40):
            active = [n for s in self.path()["stages"] for n in s["nodes"]
                      if n["state"] == "active" and n["code"] != "6.1"]
            if not active:
                break
            for n in active:
                admin.post(f"/api/v1/nodes/{n['id']}/exceptions",
                           {"kind": "skip", "reason": "历史项目补录"}).ok()
                for e in self.path()["exceptions"]:
                    if e["state"] == "pending":
                        boss.post(f"/api/v1/exceptions/{e['id']}/decide", {"decision": "approve"}).ok()
        self.assertEqual(self.node("6.2")["state"], "waiting")
        self.as_("csm").post(f"/api/v1/nodes/{self.node('6.2')['id']}/start").ok()
        self.assertEqual(self.node("6.2")["state"], "active")


if __name__ == "__main__":
    unittest.main()

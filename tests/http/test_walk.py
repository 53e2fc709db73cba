"""One opportunity from 1.1 to 6.4 by seven people: each node refuses with the exact list of what is
missing, then takes what is handed in; an outsider sees nothing of it; the log proves it."""
import datetime
import json
import os
import sqlite3
import unittest

from due import due_day, local
from harness import ENGINE, ROOT, HttpTest, psql, tripod

with open(os.path.join(ROOT, "seed/playbook.json"), encoding="utf-8") as f:
    PLAYBOOK = json.load(f)
NODES = [n for s in PLAYBOOK["stages"] for n in s["nodes"]]

DATES = {"planned_go_live": datetime.date(2026, 11, 30), "contract_end": datetime.date(2028, 6, 30)}

# Who plays which role on the opportunity of this walk.
PLAYER = {"sales": "sales", "technical_consultant": "tech", "csm": "csm", "sales_manager": "manager",
          "technical_lead": "techlead", "finance": "finance", "legal": "legal"}


def make_team(test, people):
    """The manager leads the team of the first sales person; the second belongs to nobody."""
    admin, by = test.as_("admin"), {u["login"]: u for u in people}
    team = admin.post("/api/v1/teams", {"name": "华东大客户部",
                                        "manager_id": by["manager"]["id"]}).made()
    for login in ("sales", "tech", "csm"):
        admin.patch(f"/api/v1/users/{by[login]['id']}", {"team_id": team["id"]},
                    by[login]["version"]).ok()


class Walk(HttpTest):
    CLOCK = "2026-03-02T01:00:00Z"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        people = cls.as_("admin").get("/api/v1/users", limit=200).ok()["items"]
        cls.id_of = {u["login"]: u["id"] for u in people}
        make_team(cls, people)

    def clock(self, now):
        self.as_("admin").post("/api/v1/test/clock", {"now": now}).expect(200, 204)

    def path(self, who="sales"):
        return self.as_(who).get(f"/api/v1/opportunities/{self.opp}/path").ok()

    def node(self, code, who="sales"):
        for stage in self.path(who)["stages"]:
            for n in stage["nodes"]:
                if n["code"] == code and n["occurrence"] == 1:
                    return n
        self.fail(code)

    def refused(self, who, node):
        """Completing is refused; the keys that are missing."""
        p = self.as_(who).post(f"/api/v1/nodes/{node['id']}/complete").problem(409, "gate_incomplete")
        return [m["key"] for m in p["missing"]]

    def supply_record(self, code, key):
        """The records that nodes of kind `record` look for."""
        sales = self.as_("sales")
        opp = sales.get(f"/api/v1/opportunities/{self.opp}").ok()
        change = {
            ("1.1", "source"): {"source": "exhibition"},
            ("1.5", "triangle"): {"technical_id": self.id_of["tech"], "csm_id": self.id_of["csm"],
                                  "amount_fen": 128000000},
            ("3.2", "amount"): {"amount_fen": 126000000, "expected_sign_on": "2026-06-30"},
            ("4.5", "contract_dates"): {f"{k}_on": str(day) for k, day in DATES.items()},
        }.get((code, key))
        if change:
            sales.patch(f"/api/v1/opportunities/{self.opp}", change, opp["version"]).ok()
        elif (code, key) == ("1.2", "contact_record"):
            sales.post("/api/v1/activities", {"kind": "call", "subject": "首次电话沟通",
                                              "opportunity_id": self.opp}).made()
        elif (code, key) == ("1.2", "contact_person"):
            sales.post("/api/v1/contacts", {"account_id": self.account, "name": "何建国",
                                            "title": "生产总监"}).made()
        elif (code, key) == ("1.3", "grade"):
            acc = sales.get(f"/api/v1/accounts/{self.account}").ok()
            sales.patch(f"/api/v1/accounts/{self.account}", {"grade": "B"}, acc["version"]).ok()
        elif (code, key) == ("2.1", "decision_maker"):
            sales.post("/api/v1/contacts", {"account_id": self.account, "name": "梁董",
                                            "decision_role": "decision_maker"}).made()
        elif key in ("site_visit", "meeting"):
            sales.post("/api/v1/activities", {"kind": "meeting", "subject": "现场会议",
                                              "opportunity_id": self.opp}).made()
        else:
            self.fail(f"no record known for {code} {key}")

    def supply(self, node, out):
        code, key, kind = node["code"], out["key"], out["kind"]
        owner = PLAYER[node["owner_roles"][0]]
        if kind == "record":
            self.supply_record(code, key)
        elif kind == "file":
            a = self.as_(owner).upload("/api/v1/attachments", "file", f"{key}.txt",
                                       f"{code} {key} 签署页".encode(), "text/plain",
                                       entity="opportunity", entity_id=str(self.opp)).made()
            self.as_(owner).post(f"/api/v1/nodes/{node['id']}/outputs",
                                 {"key": key, "attachment_id": a["id"]}).ok()
        elif kind == "approval":
            now = next(o for o in self.node(code)["outputs"] if o["key"] == key)
            review = f"/api/v1/reviews/{now['review_id']}"
            self.as_("sales2").post(f"{review}/approve").problem(404, "not_found")
            self.assertEqual([s["role"] for s in now["seats"]],
                             [s["role"] for s in out["policy"]["seats"]])
            if code == "2.4":
                review = self.returned_once_with_opinions(review)
            if code == "4.4":
                self.substitute_decides_for_legal(review)
            self.seats_approve(review)
            if code == "3.3":
                self.edit_after_approval_asks_again(node, review)
        else:
            self.as_(owner).post(f"/api/v1/nodes/{node['id']}/outputs",
                                 {"key": key, "title": out["label"]["zh"],
                                  "body": f"{code} {out['label']['zh']}：已按要求填写。"}).ok()

    def seats_approve(self, review):
        for seat in self.as_("admin").get(f"{review}/box").ok()["seats"]:
            if seat["state"] != "pending":
                continue
            person = self.as_(PLAYER[seat["role"]])
            box = person.get(f"{review}/box").ok()
            self.assertTrue(box["can"]["approve"], (review, seat["role"]))
            person.post(f"{review}/approve", {
                "text": "同意", "hashes": {p["key"]: p["hash"] for p in box["parts"]}}).ok()

    def returned_once_with_opinions(self, review):
        """Customer success pins an opinion to a paragraph and returns; the report is mended."""
        csm = self.as_("csm")
        csm.post(f"{review}/opinions", {"part": "2.3/report", "anchor": "p1", "quote": "已按要求",
                                        "severity": "must_fix", "text": "目标没有基线"}).ok()
        csm.post(f"{review}/return", {"to": "2.3", "text": "请补基线"}).ok()
        report = self.node("2.3")
        self.assertEqual((report["state"], report["rework"]), ("returned", 1))
        tech = self.as_("tech")
        tech.post(f"/api/v1/nodes/{report['id']}/outputs", {
            "key": "report", "title": "需求诊断报告", "body": "现状停机率 6.5 %，目标 5 %。"}).ok()
        tech.post(f"/api/v1/nodes/{report['id']}/complete").ok()
        out = next(o for o in self.node("2.4")["outputs"] if o["kind"] == "approval")
        again = f"/api/v1/reviews/{out['review_id']}"
        self.assertNotEqual(again, review)
        csm.post(f"{again}/approve").problem(409, "conflict")
        diff = csm.get(f"{again}/compare").ok()
        self.assertTrue(diff["parts"][0]["changed"])
        csm.post(f"{again}/opinions/1/resolve", {"text": "已有基线"}).ok()
        return again

    def substitute_decides_for_legal(self, review):
        today = self.as_("admin").get(f"{review}/box").ok()["asked_at"][:10]
        self.as_("legal").post("/api/v1/absences", {
            "starts_on": today, "ends_on": today, "substitute_id": self.id_of["techlead"]}).made()
        seats = self.as_("techlead").post(f"{review}/approve", {"text": "代为审核，条款合规"}).ok()["seats"]
        legal = next(s for s in seats if s["role"] == "legal")
        self.assertEqual((legal["decided_by"]["name"], legal["on_behalf_of"]["name"]),
                         ("赵敏", "周杰"))

    def edit_after_approval_asks_again(self, node, review):
        """Who contributes edits what was approved: exactly the reviewer of that part is asked."""
        solution = self.node("3.1")
        self.as_("tech").post(f"/api/v1/nodes/{solution['id']}/outputs", {
            "key": "solution", "title": "解决方案与配置清单", "body": "增加一个边缘网关。"}).ok()
        seats = self.as_("admin").get(f"{review}/box").ok()["seats"]
        self.assertEqual([(s["role"], s["state"]) for s in seats],
                         [("technical_lead", "pending"), ("finance", "approved")])
        self.as_("techlead").post(f"/api/v1/nodes/{node['id']}/complete").problem(
            409, "gate_incomplete")
        self.seats_approve(review)

    def walk_node(self, definition):
        code = definition["code"]
        if code in ("6.2", "6.3", "6.4"):
            self.clock("2028-04-05T02:00:00Z")
        node = self.node(code)
        self.assertIn(node["state"], ("active", "in_review", "returned"), f"{code} {node['state']}")
        due = due_day(definition["limit"], local(node["started_at"]).date(), DATES)
        self.assertEqual(local(node["due_at"]).date(), due, code)
        owner = PLAYER[definition["owner_roles"][0]]
        wanted = [o["key"] for o in definition["outputs"] if o["required"]]
        missing = self.refused(owner, node)
        self.assertEqual(missing, [m["key"] for m in node["missing"]])
        self.assertEqual(missing, [k for k in wanted if k in missing])
        # What needs no approval first: an approval can only be given on what is there.
        for out in sorted(definition["outputs"], key=lambda o: o["kind"] == "approval"):
            if out["required"] and not next(o for o in self.node(code)["outputs"]
                                            if o["key"] == out["key"])["present"]:
                self.supply(node, out)
        self.as_("executive").post(f"/api/v1/nodes/{node['id']}/complete").problem(403, "forbidden")
        self.as_(owner).post(f"/api/v1/nodes/{node['id']}/complete").ok()
        self.assertEqual(self.node(code)["state"], "done")
        self.as_(owner).post(f"/api/v1/nodes/{node['id']}/complete").problem(409, "node_state")

    def test_walk_from_lead_to_renewal(self):
        sales = self.as_("sales")
        lead = sales.post("/api/v1/leads", {"company_name": "恒力精密机械有限公司",
                                            "contact_name": "何建国", "phone": "0512-66668888",
                                            "source": "exhibition"}).made()
        res = sales.post(f"/api/v1/leads/{lead['id']}/convert",
                         {"contacts": [], "opportunity": {"name": "恒力数字化车间", "source": None}}).ok()
        type(self).account, type(self).opp = res["account_id"], res["opportunity_id"]
        opp = sales.get(f"/api/v1/opportunities/{self.opp}").ok()
        sales.patch(f"/api/v1/opportunities/{self.opp}", {"source": None}, opp["version"]).ok()
        sales.post(f"/api/v1/leads/{lead['id']}/convert", {}).problem(409, "conflict")

        path = self.path()
        self.assertEqual([s["code"] for s in path["stages"]], ["1", "2", "3", "4", "5", "6"])
        self.assertEqual([n["code"] for s in path["stages"] for n in s["nodes"]],
                         [n["code"] for n in NODES])
        for definition in NODES:
            if definition["code"] != "6.1":
                self.walk_node(definition)
        opp = sales.get(f"/api/v1/opportunities/{self.opp}").ok()
        self.assertEqual((opp["outcome"], opp["stage_code"]), ("won", "6"))

        # The quarterly review never held 6.2 up, and can still be handed in.
        review = self.node("6.1")
        self.as_("csm").post(f"/api/v1/nodes/{review['id']}/outputs",
                             {"key": "quarterly_review", "body": "本季度运行平稳。"}).ok()
        self.as_("csm").post(f"/api/v1/nodes/{review['id']}/complete").ok()

        self.outsider_sees_nothing()
        self.log_proves_it()

    def outsider_sees_nothing(self):
        out = self.as_("sales2")
        node = self.node("1.1")["id"]
        for path in (f"accounts/{self.account}", f"opportunities/{self.opp}", f"nodes/{node}",
                     f"opportunities/{self.opp}/path", f"accounts/{self.account}/members",
                     f"opportunities/{self.opp}/timeline", f"opportunities/{self.opp}/history"):
            out.get(f"/api/v1/{path}").problem(404, "not_found")
        for plural in ("contacts", "activities", "attachments", "nodes", "outputs", "reviews"):
            mine = self.as_("sales").get(f"/api/v1/{plural}", limit=1).ok()["items"]
            self.assertTrue(mine, plural)
            out.get(f"/api/v1/{plural}/{mine[0]['id']}").problem(404, "not_found")
            self.assertEqual(out.get(f"/api/v1/{plural}").ok()["items"], [], plural)
        self.assertEqual(out.get("/api/v1/search", q="恒力").ok()["groups"], [])

    def log_proves_it(self):
        verdict = json.loads(tripod("audit", "verify", "--json", db=self.db.url).stdout)
        self.assertTrue(verdict["ok"])
        self.assertGreater(verdict["events"], 150)
        kinds = [json.loads(x)["kind"] for x in
                 tripod("events", "export", "--format", "ndjson", db=self.db.url).stdout.splitlines()]
        # The report was mended once, and one gate tried once more.
        self.assertEqual(kinds.count("node.refused"), len(NODES))
        self.assertEqual(kinds.count("node.completed"), len(NODES) + 1)
        for kind in ("review.opinion_added", "review.opinion_resolved", "review.seat_returned",
                     "review.changed", "review.reopened", "absence.created"):
            self.assertEqual(kinds.count(kind), 1, kind)


class ApprovalIsBoundToContent(HttpTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        people = cls.as_("admin").get("/api/v1/users", limit=200).ok()["items"]
        cls.id_of = {u["login"]: u["id"] for u in people}
        make_team(cls, people)

    def begin(self):
        ids = self.id_of
        sales = self.as_("sales")
        acc = sales.post("/api/v1/accounts", {"name": "远东重工集团", "grade": "A"}).made()
        sales.post("/api/v1/contacts", {"account_id": acc["id"], "name": "林工"}).made()
        opp = sales.post("/api/v1/opportunities", {
            "name": "焊装车间数据看板", "account_id": acc["id"], "source": "referral",
            "amount_fen": 50000000, "technical_id": ids["tech"], "csm_id": ids["csm"]}).made()
        sales.post("/api/v1/activities", {"kind": "visit", "subject": "拜访",
                                          "opportunity_id": opp["id"]}).made()
        return opp["id"]

    def node(self, opp, code):
        path = self.as_("manager").get(f"/api/v1/opportunities/{opp}/path").ok()
        return next(n for s in path["stages"] for n in s["nodes"] if n["code"] == code)

    def to_1_5(self, opp):
        sales = self.as_("sales")
        for code in ("1.1", "1.2", "1.3", "1.4"):
            n = self.node(opp, code)
            for m in n["missing"]:
                sales.post(f"/api/v1/nodes/{n['id']}/outputs",
                           {"key": m["key"], "body": "已填写"}).ok()
            sales.post(f"/api/v1/nodes/{n['id']}/complete").ok()
        return self.node(opp, "1.5")

    def approval(self, opp):
        return next(o for o in self.node(opp, "1.5")["outputs"] if o["key"] == "manager_approval")

    def test_edit_after_approval_asks_again(self):
        opp = self.begin()
        n = self.to_1_5(opp)
        boss, sales = self.as_("manager"), self.as_("sales")
        charter = f"/api/v1/nodes/{n['id']}/outputs"
        boss.post(f"/api/v1/nodes/{n['id']}/complete").problem(409, "gate_incomplete")
        sales.post(charter, {"key": "charter", "body": "立项书第一版"}).ok()
        review = f"/api/v1/reviews/{self.approval(opp)['review_id']}"
        first = boss.get(f"{review}/box").ok()
        self.assertEqual((first["state"], first["seats"][0]["state"]), ("open", "pending"))
        # A reviewer who looked at an older text is told.
        sales.post(charter, {"key": "charter", "body": "立项书第二版"}).ok()
        boss.post(f"{review}/approve", {"hashes": {"1.5/charter": first["parts"][0]["hash"]}}).problem(
            409, "approval_stale")
        boss.post(f"{review}/approve").ok()
        self.assertTrue(self.approval(opp)["present"])
        # Editing afterwards never carries the approval along.
        sales.post(charter, {"key": "charter", "body": "立项书第三版"}).ok()
        third = self.approval(opp)
        self.assertFalse(third["present"])
        self.assertEqual((third["state"], third["seats"][0]["state"]), ("open", "pending"))
        self.assertEqual([m["key"] for m in self.node(opp, "1.5")["missing"]], ["manager_approval"])
        boss.post(f"/api/v1/nodes/{n['id']}/complete").problem(409, "gate_incomplete")

    def test_approval_is_not_carried_to_a_copy(self):
        same = {"key": "charter", "title": "立项书", "body": "同一份立项书"}
        sales, boss = self.as_("sales"), self.as_("manager")
        first, second = self.begin(), self.begin()
        for opp in (first, second):
            sales.post(f"/api/v1/nodes/{self.to_1_5(opp)['id']}/outputs", same).ok()
        approved = self.approval(first)
        boss.post(f"/api/v1/reviews/{approved['review_id']}/approve").ok()
        self.assertTrue(self.approval(first)["present"])
        copy = self.approval(second)
        self.assertEqual((copy["present"], copy["state"]), (False, "open"))
        self.assertNotEqual(copy["review_id"], approved["review_id"])
        boss.post(f"/api/v1/nodes/{self.node(second, '1.5')['id']}/complete").problem(
            409, "gate_incomplete")

    def test_reviewer_returns_and_rework_is_counted(self):
        opp = self.begin()
        n = self.to_1_5(opp)
        boss, sales = self.as_("manager"), self.as_("sales")
        sales.post(f"/api/v1/nodes/{n['id']}/outputs", {"key": "charter", "body": "初稿"}).ok()
        review = f"/api/v1/reviews/{self.approval(opp)['review_id']}"
        self.as_("legal").post(f"{review}/approve").problem(403, "not_reviewer")
        boss.post(f"{review}/return").problem(422, "invalid", "text", "required")
        boss.post(f"{review}/return", {"text": "预算依据不足"}).ok()
        boss.post(f"/api/v1/nodes/{n['id']}/return", {"to": "1.4", "reason": "补充预算依据"}).ok()
        again = self.node(opp, "1.4")
        self.assertEqual((again["state"], again["rework"]), ("returned", 1))
        self.assertEqual(self.node(opp, "1.5")["state"], "waiting")

    def test_skip_takes_reason_and_approver(self):
        opp = self.begin()
        n = self.node(opp, "1.1")
        sales = self.as_("sales")
        sales.post(f"/api/v1/nodes/{n['id']}/exceptions", {"kind": "skip"}).problem(
            422, "invalid", "reason", "required")
        sales.post(f"/api/v1/nodes/{n['id']}/exceptions",
                   {"kind": "skip", "reason": "老客户增购，来源沿用"}).ok()
        ex = sales.get(f"/api/v1/opportunities/{opp}/path").ok()["exceptions"][0]
        sales.post(f"/api/v1/exceptions/{ex['id']}/decide", {"decision": "approve"}).expect(403)
        self.as_("manager").post(f"/api/v1/exceptions/{ex['id']}/decide", {"decision": "approve"}).ok()
        self.assertEqual(self.node(opp, "1.1")["state"], "skipped")
        self.assertEqual(self.node(opp, "1.2")["state"], "active")

    def test_drag_to_next_stage_answers_like_the_gate(self):
        opp = self.begin()
        sales = self.as_("sales")
        p = sales.post(f"/api/v1/opportunities/{opp}/advance", {"stage": "2"}).problem(
            409, "gate_incomplete")
        self.assertEqual({m["node"] for m in p["missing"]}, {"1.3", "1.4", "1.5"})
        sales.post(f"/api/v1/opportunities/{opp}/advance", {"stage": "4"}).problem(
            422, "invalid", "stage", "rule")
        self.assertEqual(self.node(opp, "1.1")["state"], "active")

    def test_lost_needs_a_reason_and_can_be_undone(self):
        opp = self.begin()
        sales = self.as_("sales")
        url = f"/api/v1/opportunities/{opp}/close"
        sales.post(url, {"outcome": "lost"}).problem(422, "invalid", "reason", "required")
        sales.post(url, {"outcome": "lost", "reason": "价格"}).ok()
        n = self.node(opp, "1.1")
        # It stands still: late with nothing, nothing to do.
        self.assertEqual((n["late"], set(n["can"].values())), (False, {False}))
        self.assertIsNone(sales.get(f"/api/v1/opportunities/{opp}/path").ok()["next_action"])
        sales.post(f"/api/v1/nodes/{n['id']}/complete").problem(409, "conflict")
        sales.post(url, {"outcome": "open"}).ok()
        sales.post(f"/api/v1/nodes/{n['id']}/complete").ok()


class Tampering(HttpTest):
    def test_a_changed_byte_is_named(self):
        self.as_("sales").post("/api/v1/accounts", {"name": "被篡改的客户"}).made()
        self.server.stop()
        head = json.loads(tripod("audit", "verify", "--json", db=self.db.url).stdout)["head"]
        again = json.loads(tripod("audit", "verify", "--json", "--head", head, db=self.db.url).stdout)
        self.assertTrue(again["ok"])
        change = ("update event set payload = replace(payload, '被篡改', '被修改')"
                  " where payload like '%被篡改的客户%'")
        if ENGINE == "postgres":
            psql(change, self.db.name)
        else:
            with sqlite3.connect(self.db.url[len("sqlite:"):]) as c:
                c.execute(change)
        r = tripod("audit", "verify", "--json", db=self.db.url, check=False)
        self.assertEqual(r.returncode, 1)
        verdict = json.loads(r.stdout)
        self.assertFalse(verdict["ok"])
        self.assertEqual(verdict["reason"], "payload_altered")
        self.assertGreater(verdict["broken_seq"], 0)
        self.server.start()


if __name__ == "__main__":
    unittest.main()

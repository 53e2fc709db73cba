"""Reviews: what changes after an approval never stays approved, by whatever way it is changed;
each verb with its refusals; substitutes, deadlines, rounds."""
import json
import os
import tempfile
import unittest

from harness import HttpTest
from test_walk import make_team

CHARTER = {"key": "charter", "title": "立项书", "body": "第一段：客户概况。\n\n第二段：预计金额。"}


class ReviewTest(HttpTest):
    CLOCK = "2026-03-02T01:00:00Z"  # a Monday

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        people = cls.as_("admin").get("/api/v1/users", limit=200).ok()["items"]
        cls.id_of = {u["login"]: u["id"] for u in people}
        make_team(cls, people)

    def clock(self, now):
        self.as_("admin").post("/api/v1/test/clock", {"now": now}).expect(200, 204)

    def begin(self):
        sales = self.as_("sales")
        acc = sales.post("/api/v1/accounts", {"name": "远东重工集团", "grade": "A"}).made()
        sales.post("/api/v1/contacts", {"account_id": acc["id"], "name": "林工"}).made()
        opp = sales.post("/api/v1/opportunities", {
            "name": "焊装车间数据看板", "account_id": acc["id"], "source": "referral",
            "external_key": f"deal-{acc['id']}", "amount_fen": 50000000, "expected_sign_on": "2026-06-30",
            "technical_id": self.id_of["tech"], "csm_id": self.id_of["csm"]}).made()
        for kind in ("visit", "meeting"):
            sales.post("/api/v1/activities", {"kind": kind, "subject": "拜访",
                                              "opportunity_id": opp["id"]}).made()
        sales.post("/api/v1/contacts", {"account_id": acc["id"], "name": "梁董",
                                        "decision_role": "decision_maker"}).made()
        return opp["id"]

    def nodes(self, opp):
        path = self.as_("admin").get(f"/api/v1/opportunities/{opp}/path").ok()
        return {n["code"]: n for s in path["stages"] for n in s["nodes"] if n["occurrence"] == 1}

    def node(self, opp, code):
        return self.nodes(opp)[code]

    def to(self, opp, code):
        """Everything before the node is done by the administrator; each reviewer agrees."""
        admin = self.as_("admin")
        for _ in range(60):
            for n in self.nodes(opp).values():
                if n["code"] == code and n["state"] != "waiting":
                    return n
            n = next(n for n in self.nodes(opp).values() if n["state"] in ("active", "in_review"))
            for m in n["missing"]:
                if m["kind"] == "approval":
                    self.all_agree(self.review(opp, n["code"], m["key"]))
                elif m["kind"] == "file":
                    a = admin.upload("/api/v1/attachments", "file", "a.txt", b"ok", "text/plain",
                                     entity="opportunity", entity_id=str(opp)).made()
                    admin.post(f"/api/v1/nodes/{n['id']}/outputs",
                               {"key": m["key"], "attachment_id": a["id"]}).ok()
                elif m["kind"] != "record":
                    admin.post(f"/api/v1/nodes/{n['id']}/outputs",
                               {"key": m["key"], "body": "已填写"}).ok()
            admin.post(f"/api/v1/nodes/{n['id']}/complete").ok()
        self.fail(code)

    def review(self, opp, code, key):
        out = next(o for o in self.node(opp, code)["outputs"] if o["key"] == key)
        return f"/api/v1/reviews/{out['review_id']}"

    WHO = {"sales": "sales", "technical_consultant": "tech", "csm": "csm", "finance": "finance",
           "sales_manager": "manager", "technical_lead": "techlead", "legal": "legal"}

    def all_agree(self, review):
        for seat in self.as_("admin").get(review + "/box").ok()["seats"]:
            if seat["state"] == "pending":
                self.as_(self.WHO[seat["role"]]).post(review + "/approve").ok()

    def seats(self, review):
        return [(s["role"], s["state"]) for s in self.as_("admin").get(review + "/box").ok()["seats"]]

    def charter(self, body=None):
        """A review of a charter by the sales manager, asked by sales."""
        opp = self.begin()
        n = self.to(opp, "1.5")
        self.as_("sales").post(f"/api/v1/nodes/{n['id']}/outputs",
                               dict(CHARTER, **({"body": body} if body else {}))).ok()
        return opp, self.review(opp, "1.5", "manager_approval")

    def compliance(self):
        """Node 3.3: the technical lead decides on the solution, finance on quote and amount."""
        opp = self.begin()
        self.to(opp, "3.3")
        return opp, self.review(opp, "3.3", "compliance_review")

    def three(self):
        """Node 2.4: sales, technical consultant and customer success on the report."""
        opp = self.begin()
        self.to(opp, "2.4")
        return opp, self.review(opp, "2.4", "three_party_review")


class BoundToContent(ReviewTest):
    """Written before the engine: an approval of what was, is none of what is."""

    def setUp(self):
        self.opp, self.review_ = self.compliance()
        self.as_("techlead").post(self.review_ + "/approve", {"text": "可交付"}).ok()
        self.as_("finance").post(self.review_ + "/approve", {"text": "毛利达标"}).ok()
        self.assertTrue(self.box()["stands"])

    def box(self, who="admin"):
        return self.as_(who).get(self.review_ + "/box").ok()

    def asked_again_exactly(self, *roles):
        box = self.box()
        self.assertEqual((box["state"], box["stands"]), ("open", False))
        self.assertEqual([s["role"] for s in box["seats"] if s["state"] == "pending"], list(roles))
        self.assertEqual([s["role"] for s in box["seats"] if s["state"] == "approved"],
                         [r for r in ("technical_lead", "finance") if r not in roles])
        gate = self.node(self.opp, "3.3")
        self.assertEqual([m["key"] for m in gate["missing"]], ["compliance_review"])
        self.as_("techlead").post(f"/api/v1/nodes/{gate['id']}/complete").problem(
            409, "gate_incomplete")
        kinds = [h["kind"] for h in self.as_("admin").get(
            f"/api/v1/opportunities/{self.opp}/timeline", limit=20).ok()["items"]]
        self.assertIn("review.changed", kinds)
        self.assertIn("review.reopened", kinds)

    def change(self, field, value):
        now = self.as_("sales").get(f"/api/v1/opportunities/{self.opp}").ok()
        self.as_("sales").patch(f"/api/v1/opportunities/{self.opp}", {field: value},
                                now["version"]).ok()

    def test_edit_of_one_part_asks_its_reviewer_alone(self):
        n = self.node(self.opp, "3.1")
        self.as_("tech").post(f"/api/v1/nodes/{n['id']}/outputs",
                              {"key": "solution", "body": "加一个模块"}).ok()
        self.asked_again_exactly("technical_lead")
        notices = self.as_("techlead").get("/api/v1/my/work").ok()["unread"]
        self.assertIn("review_changed", [x["kind"] for x in notices])
        self.as_("techlead").post(self.review_ + "/approve").ok()
        self.assertTrue(self.box()["stands"])

    def test_change_through_the_api_asks_finance_again(self):
        self.change("amount_fen", 48000000)
        self.asked_again_exactly("finance")
        self.change("name", "焊装车间数据看板二期")
        self.asked_again_exactly("finance")

    def test_change_that_is_taken_back_needs_the_approval_again(self):
        self.change("amount_fen", 48000000)
        self.change("amount_fen", 50000000)
        self.asked_again_exactly("finance")

    def test_change_through_an_import_asks_again(self):
        opp = self.as_("admin").get(f"/api/v1/opportunities/{self.opp}").ok()
        r = self.import_csv(f"key,amount\n{opp['external_key']},410000.00\n")
        self.assertEqual((r["updated"], r["failed"]), (1, 0), r)
        self.asked_again_exactly("finance")

    def test_change_through_a_bulk_edit_asks_again(self):
        r = self.as_("sales").post("/api/v1/opportunities/bulk", {
            "act": "edit", "ids": [self.opp], "changes": {"amount_fen": 47000000}}).ok()
        self.asked_again_exactly("finance")
        # Taking the bulk edit back brings the value back, not the approval.
        self.as_("sales").post(f"/api/v1/undo/{r['undo_id']}").ok()
        self.assertFalse(self.box()["stands"])
        box = self.box("finance")
        self.as_("finance").post(self.review_ + "/approve", {
            "hashes": {p["key"]: p["hash"] for p in box["parts"]}}).ok()
        self.assertTrue(self.box()["stands"])

    def test_approval_of_what_was_read_before_the_change_is_refused(self):
        old = {p["key"]: p["hash"] for p in self.box("finance")["parts"]}
        self.change("amount_fen", 40000000)
        self.as_("finance").post(self.review_ + "/approve", {"hashes": old}).problem(
            409, "approval_stale")
        new = {p["key"]: p["hash"] for p in self.box("finance")["parts"]}
        self.as_("finance").post(self.review_ + "/approve", {"hashes": new}).ok()

    def test_copy_of_an_approved_deal_starts_unapproved(self):
        opp, review = self.compliance()
        box = self.as_("admin").get(review + "/box").ok()
        self.assertEqual((box["state"], box["stands"]), ("open", False))
        same = {p["key"]: p["hash"] for p in box["parts"]}
        self.assertEqual(same, {p["key"]: p["hash"] for p in self.box()["parts"]})
        self.assertEqual(self.node(opp, "3.3")["state"], "in_review")

    def import_csv(self, text):
        fields = {"external_key": "key", "amount_fen": "amount"}
        with tempfile.TemporaryDirectory() as folder:
            path, mapping = os.path.join(folder, "a.csv"), os.path.join(folder, "a.map.json")
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)
            with open(mapping, "w", encoding="utf-8") as f:
                json.dump({"version": 1, "entity": "opportunity", "records": [
                    {"entity": "opportunity", "key": ["external_key"], "fields": fields}]}, f)
            return json.loads(self.tripod("import", "opportunity", path, "--map", mapping,
                                          "--json", check=False).stdout)


class Verbs(ReviewTest):
    def test_three_parties_agree(self):
        opp, review = self.three()
        self.assertEqual(self.seats(review), [("sales", "pending"), ("technical_consultant", "pending"),
                                              ("csm", "pending")])
        for who in ("sales", "tech"):
            self.as_(who).post(review + "/approve").ok()
            self.assertEqual(self.as_("admin").get(review + "/box").ok()["state"], "open")
            self.as_(who).post(review + "/approve").problem(409, "conflict")
        box = self.as_("csm").post(review + "/approve", {"text": "可交付"}).ok()
        self.assertEqual((box["state"], box["stands"]), ("approved", True))
        self.as_("finance").post(review + "/approve").problem(409, "conflict")

    def test_ordered_manager_then_finance(self):
        opp = self.begin()
        n = self.to(opp, "4.1")
        sales = self.as_("sales")
        sales.post(f"/api/v1/nodes/{n['id']}/outputs",
                   {"key": "price_strategy", "body": "低于最低档"}).ok()
        sales.post(f"/api/v1/nodes/{n['id']}/ask", {"key": "price_exception"}).ok()
        review = self.review(opp, "4.1", "price_exception")
        self.assertEqual(self.seats(review), [("sales_manager", "pending"), ("finance", "waiting")])
        self.as_("finance").post(review + "/approve").problem(409, "conflict")
        self.as_("manager").post(review + "/approve").ok()
        self.assertEqual(self.seats(review), [("sales_manager", "approved"), ("finance", "pending")])
        self.as_("finance").post(review + "/approve").ok()
        self.assertTrue(self.as_("sales").get(review + "/box").ok()["stands"])

    def test_return_to_a_chosen_node_with_pinned_opinions_and_a_new_round(self):
        opp, review = self.three()
        tech, csm = self.as_("tech"), self.as_("csm")
        tech.post(review + "/approve").ok()
        csm.post(review + "/opinions", {"text": "x", "severity": "maybe"}).problem(
            422, "invalid", "severity", "not_in_list")
        csm.post(review + "/opinions", {"severity": "advice"}).problem(422, "invalid", "text", "required")
        csm.post(review + "/opinions", {"text": "x", "severity": "advice", "part": "9.9/none"}).problem(
            422, "invalid", "part", "reference_not_found")
        csm.post(review + "/opinions", {
            "part": "2.3/report", "anchor": "p1", "quote": "已填写", "severity": "must_fix",
            "text": "目标没有基线"}).ok()
        box = csm.post(review + "/opinions", {"severity": "advice", "text": "附上现场照片"}).ok()
        self.assertEqual([(o["no"], o["severity"], o["anchor"]) for o in box["opinions"]],
                         [(1, "must_fix", "p1"), (2, "advice", None)])
        self.assertFalse(box["can"]["approve"])
        csm.post(review + "/approve").problem(409, "conflict")
        self.assertEqual([p["code"] for p in box["places"]][:2], ["2.4", "2.3"])
        csm.post(review + "/return", {"to": "6.1"}).problem(422, "invalid", "to", "reference_not_found")
        # The opinions of this round say why: no other words are needed.
        csm.post(review + "/return", {"to": "2.2"}).ok()
        self.assertEqual(self.node(opp, "2.2")["state"], "returned")
        self.assertEqual(self.node(opp, "2.4")["state"], "waiting")
        self.to_again(opp)
        second = self.review(opp, "2.4", "three_party_review")
        self.assertNotEqual(second, review)
        box = csm.get(second + "/box").ok()
        self.assertEqual((box["round"], [r["state"] for r in box["rounds"]]), (2, ["open", "returned"]))
        # The report changed: the technical consultant is asked again too.
        self.assertEqual(self.seats(second)[1], ("technical_consultant", "pending"))
        csm.post(second + "/approve").problem(409, "conflict")
        self.as_("sales2").post(second + "/opinions/1/resolve").problem(404, "not_found")
        self.as_("sales").post(second + "/opinions/9/resolve").problem(404, "not_found")
        self.as_("executive").post(second + "/opinions/1/resolve").problem(403, "forbidden")
        box = self.as_("admin").post(second + "/opinions/1/resolve", {"text": "已补基线"}).ok()
        self.assertEqual(box["opinions"][0]["resolution"], "已补基线")
        csm.post(second + "/opinions/1/resolve").problem(409, "conflict")
        diff = csm.get(second + "/compare").ok()
        self.assertEqual((diff["before"]["round"], diff["after"]["round"]), (1, 2))
        self.assertEqual([(p["key"], p["changed"]) for p in diff["parts"]], [("2.3/report", True)])
        self.assertIn("基线", diff["parts"][0]["after"]["text"])
        self.assertEqual([o["resolved"] for o in diff["opinions"]], [True, False])
        first = int(review.rsplit("/", 1)[1])
        self.assertEqual(csm.get(second + "/compare", **{"with": first}).ok()["before"]["id"], first)
        csm.get(second + "/compare", **{"with": 999999}).problem(404, "not_found")
        csm.post(second + "/approve").ok()

    def to_again(self, opp):
        """The survey is done again, then a new report."""
        admin = self.as_("admin")
        admin.post(f"/api/v1/nodes/{self.node(opp, '2.2')['id']}/complete").ok()
        report = self.node(opp, "2.3")
        admin.post(f"/api/v1/nodes/{report['id']}/outputs",
                   {"key": "report", "body": "补了基线的报告"}).ok()
        admin.post(f"/api/v1/nodes/{report['id']}/complete").ok()

    def test_return_asks_only_whose_part_changed(self):
        opp, review = self.compliance()
        self.as_("techlead").post(review + "/approve").ok()
        self.as_("finance").post(review + "/return", {"text": "税率有误"}).ok()
        self.assertEqual(self.node(opp, "3.2")["state"], "returned")
        quote = self.node(opp, "3.2")
        self.as_("sales").post(f"/api/v1/nodes/{quote['id']}/outputs",
                               {"key": "quote", "body": "税率 13 %"}).ok()
        self.as_("sales").post(f"/api/v1/nodes/{quote['id']}/complete").ok()
        second = self.review(opp, "3.3", "compliance_review")
        self.assertEqual(self.seats(second), [("technical_lead", "approved"), ("finance", "pending")])
        self.assertEqual(self.as_("admin").get(second + "/box").ok()["seats"][0]["carried"], 1)

    def test_reviewers_are_added_before_after_and_beside(self):
        opp, review = self.charter()
        boss, ids = self.as_("manager"), self.id_of
        self.as_("sales").post(review + "/add", {"place": "after", "user_id": ids["legal"]}).problem(
            403, "not_reviewer")
        boss.post(review + "/add", {"place": "above", "user_id": ids["legal"]}).problem(
            422, "invalid", "place", "not_in_list")
        boss.post(review + "/add", {"place": "before", "user_id": ids["executive"]}).problem(
            422, "invalid", "user_id", "rule")
        boss.post(review + "/add", {"place": "before", "user_id": ids["legal"], "parts": ["9.9/x"]}).problem(
            422, "invalid", "parts", "required")
        boss.post(review + "/add", {"place": "before", "user_id": ids["legal"], "text": "先看合规"}).ok()
        boss.post(review + "/approve").problem(409, "conflict")
        # Who was added sees what they decide on, though the deal is not theirs.
        box = self.as_("legal").get(review + "/box").ok()
        self.assertEqual(box["parts"][0]["text"], CHARTER["body"])
        self.assertEqual([i["id"] for i in self.as_("legal").get("/api/v1/my/work").ok()["items"]
                          if i["kind"] == "review"], [box["id"]])
        self.as_("legal").post(review + "/approve").ok()
        boss.post(review + "/add", {"place": "after", "user_id": ids["finance"]}).ok()
        boss.post(review + "/add", {"place": "after", "user_id": ids["finance"]}).problem(
            422, "invalid", "user_id", "rule")
        boss.post(review + "/add", {"place": "parallel", "user_id": ids["techlead"]}).ok()
        self.assertEqual(boss.post(review + "/approve").ok()["state"], "open")
        self.as_("techlead").post(review + "/approve").ok()
        box = self.as_("finance").post(review + "/approve").ok()
        self.assertEqual((box["state"], [s["place"] for s in box["seats"]]),
                         ("approved", ["root", "before", "after", "root"]))

    def test_handed_over_to_somebody_else(self):
        opp, review = self.charter()
        boss, ids = self.as_("manager"), self.id_of
        self.as_("legal").post(review + "/hand-over", {"user_id": ids["legal"]}).problem(
            403, "not_reviewer")
        boss.post(review + "/hand-over", {"user_id": ids["executive"]}).problem(
            422, "invalid", "user_id", "rule")
        boss.post(review + "/hand-over", {"user_id": ids["techlead"], "text": "请代看"}).ok()
        boss.post(review + "/approve").problem(403, "not_reviewer")
        box = self.as_("techlead").post(review + "/approve").ok()
        seat = box["seats"][0]
        self.assertEqual((box["state"], seat["handed_from"]["name"], seat["decided_by"]["name"]),
                         ("approved", "郑凯", "赵敏"))

    def test_withdrawn_by_who_asked_while_nobody_decided(self):
        opp, review = self.three()
        boxed = self.as_("sales").get(review + "/box").ok()
        asker = next(k for k, v in self.id_of.items() if v == boxed["asked_by"]["id"])
        self.as_("csm").post(review + "/withdraw").problem(403, "forbidden")
        box = self.as_(asker).post(review + "/withdraw", {"text": "还要改"}).ok()
        self.assertEqual((box["state"], {s["state"] for s in box["seats"]}), ("withdrawn", {"moot"}))
        self.as_("csm").post(review + "/approve").problem(409, "conflict")
        self.as_(asker).post(review + "/withdraw").problem(409, "conflict")
        # It does not ask again by itself until there is something new, or somebody asks.
        self.assertEqual(self.review(opp, "2.4", "three_party_review"), review)
        self.as_("executive").post(review + "/ask").problem(403, "forbidden")
        box = self.as_("sales").post(review + "/ask", {"text": "请重审"}).ok()
        self.assertEqual((box["round"], box["state"]), (2, "open"))
        again = f"/api/v1/reviews/{box['id']}"
        self.as_("sales").post(again + "/ask").problem(409, "conflict")
        self.as_("csm").post(again + "/approve").ok()
        self.as_("sales").post(again + "/withdraw").problem(409, "conflict")

    def test_urged_at_most_once_in_a_while_and_copied(self):
        opp, review = self.charter()
        sales = self.as_("sales")
        self.as_("executive").post(review + "/urge").problem(403, "forbidden")
        sales.post(review + "/urge", {"text": "客户在等"}).ok()
        sales.post(review + "/urge").problem(429, "throttled")
        kinds = [x["kind"] for x in self.as_("manager").get("/api/v1/my/work").ok()["unread"]]
        self.assertIn("review_urged", kinds)
        self.as_("executive").post(review + "/copy", {"user_ids": [self.id_of["finance"]]}).problem(
            403, "forbidden")
        self.as_("sales2").post(review + "/copy", {"user_ids": [self.id_of["sales2"]]}).problem(
            404, "not_found")
        sales.post(review + "/copy", {"user_ids": []}).problem(422, "invalid", "user_ids", "required")
        sales.post(review + "/copy", {"user_ids": [99999]}).problem(422, "invalid", "user_ids", "reference_not_found")
        self.as_("sales2").get(review + "/box").problem(404, "not_found")
        box = sales.post(review + "/copy", {"user_ids": [self.id_of["sales2"]]}).ok()
        self.assertEqual([c["user"]["name"] for c in box["copies"]], ["李娜"])
        self.assertFalse(self.as_("sales2").get(review + "/box").ok()["can"]["approve"])
        self.as_("sales2").post(review + "/approve").problem(403, "not_reviewer")

    def test_closed_deal_decides_nothing(self):
        opp, review = self.charter()
        self.as_("sales").post(f"/api/v1/opportunities/{opp}/close",
                               {"outcome": "lost", "reason": "价格"}).ok()
        self.as_("manager").post(review + "/approve").problem(409, "conflict")
        self.assertNotIn(int(review.rsplit("/", 1)[1]), [
            i["id"] for i in self.as_("manager").get("/api/v1/my/work").ok()["items"]
            if i["kind"] == "review"])

    def test_too_many_words(self):
        opp, review = self.charter()
        boss = self.as_("manager")
        boss.post(review + "/return", {"text": "长" * 4001}).problem(422, "invalid", "text", "too_long")
        boss.post(review + "/return", {"text": "预算依据不足"}).ok()
        boss.post(review + "/opinions", {"text": "迟了", "severity": "advice"}).problem(409, "conflict")


class Absences(ReviewTest):
    def away(self, who, substitute, of=None, **days):
        body = {"substitute_id": self.id_of[substitute], "starts_on": "2026-03-02",
                "ends_on": "2026-03-06", **days}
        if of:
            body["user_id"] = self.id_of[of]
        return self.as_(who).post("/api/v1/absences", body)

    def test_substitute_decides_and_both_names_are_kept(self):
        opp, review = self.charter()
        self.as_("techlead").post(review + "/approve").problem(403, "not_reviewer")
        self.away("manager", "techlead").made()
        item = next(i for i in self.as_("techlead").get("/api/v1/my/work").ok()["items"]
                    if i["kind"] == "review")
        self.assertEqual(item["on_behalf_of"]["name"], "郑凯")
        seat = self.as_("techlead").post(review + "/approve", {"text": "代为同意"}).ok()["seats"][0]
        self.assertEqual((seat["decided_by"]["name"], seat["on_behalf_of"]["name"]), ("赵敏", "郑凯"))
        # A circle, an overlap, oneself, a day before, somebody who may not decide: refused.
        self.away("techlead", "manager").problem(422, "invalid", "substitute_id", "rule")
        self.away("manager", "legal").problem(422, "invalid", "starts_on", "rule")
        self.away("legal", "legal").problem(422, "invalid", "substitute_id", "rule")
        self.away("legal", "finance", ends_on="2026-03-01").problem(422, "invalid", "ends_on", "rule")
        self.away("legal", "executive").problem(422, "invalid", "substitute_id", "rule")
        # For oneself, or by the administrator.
        self.away("legal", "finance", of="csm").problem(403, "forbidden")
        made = self.away("admin", "finance", of="csm").made()
        self.assertIn(made["id"], [a["id"] for a in self.as_("finance").get("/api/v1/absences").ok()["items"]])
        self.as_("finance").delete(f"/api/v1/absences/{made['id']}").problem(403, "forbidden")
        self.as_("finance").patch(f"/api/v1/absences/{made['id']}", {"note": "x"}, 1).problem(
            403, "forbidden")
        self.as_("csm").delete(f"/api/v1/absences/{made['id']}").expect(204)
        for a in self.as_("admin").get("/api/v1/absences").ok()["items"]:
            self.as_("admin").delete(f"/api/v1/absences/{a['id']}").expect(204)

    def test_nobody_can_decide_goes_to_who_administers_reviews(self):
        opp, review = self.charter()
        boss = self.as_("admin").get(f"/api/v1/users/{self.id_of['manager']}").ok()
        self.as_("admin").patch(f"/api/v1/users/{boss['id']}", {"active": False}, boss["version"]).ok()
        try:
            self.clock("2026-03-02T02:00:00Z")
            box = self.as_("admin").get(review + "/box").ok()
            self.assertTrue(box["seats"][0]["adrift"])
            self.assertTrue(box["can"]["approve"])
            item = next(i for i in self.as_("admin").get("/api/v1/my/work").ok()["items"]
                        if i["kind"] == "review" and i["id"] == box["id"])
            self.assertTrue(item["adrift"])
            self.assertEqual(self.as_("admin").post(review + "/approve").ok()["state"], "approved")
        finally:
            boss = self.as_("admin").get(f"/api/v1/users/{boss['id']}").ok()
            self.as_("admin").patch(f"/api/v1/users/{boss['id']}", {"active": True}, boss["version"]).ok()


class Deadline(ReviewTest):
    CLOCK = "2026-09-28T01:00:00Z"  # the National-Day holidays begin on Thursday

    def test_due_soon_and_overdue_once_each(self):
        opp, review = self.charter()
        box = self.as_("manager").get(review + "/box").ok()
        # Three working days from Monday: Tuesday, Wednesday, then 8 October.
        self.assertEqual(box["due_at"], "2026-10-08T15:59:59Z")

        def told(kind):
            items = self.as_("admin").get(f"/api/v1/opportunities/{opp}/timeline", limit=200).ok()["items"]
            return [i["kind"] for i in items].count(kind)
        for now, soon, late in (("2026-09-29T02:00:00Z", 0, 0), ("2026-09-30T02:00:00Z", 1, 0),
                                ("2026-10-05T02:00:00Z", 1, 0), ("2026-10-08T16:01:00Z", 1, 1),
                                ("2026-10-09T02:00:00Z", 1, 1)):
            self.clock(now)
            self.assertEqual((told("review.due_soon"), told("review.overdue")), (soon, late), now)
        self.assertTrue(self.as_("manager").get(review + "/box").ok()["late"])
        mine = next(i for i in self.as_("manager").get("/api/v1/my/work").ok()["items"]
                    if i["kind"] == "review")
        self.assertEqual(mine["due_group"], "overdue")


if __name__ == "__main__":
    unittest.main()

"""Two records become one: values chosen, what hung on the loser moved, its address, undo."""
from harness import HttpTest


class Merge(HttpTest):
    def account(self, name, who="sales", **more):
        return self.as_(who).post("/api/v1/accounts", {"name": name, **more}).made()

    def two(self):
        """A winner and a loser with all that can hang on one."""
        me = self.as_("sales")
        self.win = self.account("恒力液压有限公司", phone="0512-1234567", grade="B")
        self.lose = self.account("恒力液压", credit_code="914403001922038216", grade="A",
                                 parent_id=self.win["id"])
        on = {"account_id": self.lose["id"]}
        self.contact = me.post("/api/v1/contacts", {"name": "赵工", **on}).made()
        self.opp = me.post("/api/v1/opportunities", {"name": "压机联网", **on}).made()
        self.act = me.post("/api/v1/activities", {"kind": "call", "subject": "回访", **on}).made()
        self.task = me.post("/api/v1/tasks", {"title": "寄样本", **on}).made()
        self.comment = me.post("/api/v1/comments", {
            "entity": "account", "entity_id": self.lose["id"], "body": "重复了"}).made()
        tech = self.user("tech")
        me.post(f"/api/v1/accounts/{self.lose['id']}/members", {"user_id": tech, "role": "member"}).ok()
        return me

    def user(self, login):
        return self.as_("admin").get("/api/v1/users", filter={"login": login}).ok()["items"][0]["id"]

    def one(self, plural, record):
        return self.as_("sales").get(f"/api/v1/{plural}/{record['id']}").ok()

    def merge(self, **body):
        return self.as_("sales").post(f"/api/v1/accounts/{self.win['id']}/merge",
                                      {"loser_id": self.lose["id"], **body}).expect(200)

    def drop(self):
        """The next test makes its own; the credit code is free again."""
        me = self.as_("sales")
        run = me.post("/api/v1/opportunities/bulk", {
            "act": "delete", "filter": {"name": "压机联网"}}).ok()
        self.assertEqual(run["refused"], 0)
        me.post("/api/v1/accounts/bulk", {"act": "delete", "filter": {
            "name": {"begins": "恒力液压"}}}).ok()

    def test_all_that_hung_on_the_loser_hangs_on_the_winner(self):
        me = self.two()
        merged = self.merge(take=["grade", "credit_code"]).json
        self.assertEqual((merged["name"], merged["phone"], merged["grade"], merged["credit_code"]),
                         ("恒力液压有限公司", "0512-1234567", "A", "914403001922038216"))
        for plural, record in (("contacts", self.contact), ("opportunities", self.opp),
                               ("activities", self.act), ("tasks", self.task)):
            self.assertEqual(self.one(plural, record)["account_id"], self.win["id"], plural)
        self.assertEqual(self.one("comments", self.comment)["entity_id"], self.win["id"])
        team = [m["user"]["name"] for m in
                me.get(f"/api/v1/accounts/{self.win['id']}/members").ok()["items"]]
        self.assertIn("王强", team)
        node = self.as_("sales").get("/api/v1/nodes", filter={
            "opportunity_id": self.opp["id"]}).ok()["items"][0]
        self.assertEqual(node["account_id"], self.win["id"])
        kinds = [h["kind"] for h in
                 me.get(f"/api/v1/accounts/{self.win['id']}/history").ok()["items"]]
        self.assertEqual(kinds.count("account.merged"), 1)
        self.drop()

    def test_address_of_the_loser_leads_to_the_winner(self):
        me = self.two()
        self.merge()
        p = me.get(f"/api/v1/accounts/{self.lose['id']}").problem(410, "merged")
        self.assertEqual(p["merged_into"], self.win["id"])
        # Who may not see the winner learns nothing.
        self.as_("sales2").get(f"/api/v1/accounts/{self.lose['id']}").problem(404, "not_found")
        trash = me.get("/api/v1/trash", entity="account").ok()["items"]
        self.assertIn(self.lose["id"], [r["id"] for r in trash])
        self.drop()

    def test_undo_restores_both_with_their_children(self):
        me = self.two()
        done = self.merge(take=["grade", "credit_code"])
        me.post(f"/api/v1/undo/{done.header('Undo-Id')}").ok()
        win, lose = self.one("accounts", self.win), self.one("accounts", self.lose)
        self.assertEqual((win["grade"], win["credit_code"]), ("B", None))
        self.assertEqual((lose["grade"], lose["credit_code"], lose["parent_id"]),
                         ("A", "914403001922038216", self.win["id"]))
        for plural, record in (("contacts", self.contact), ("opportunities", self.opp),
                               ("activities", self.act), ("tasks", self.task)):
            self.assertEqual(self.one(plural, record)["account_id"], self.lose["id"], plural)
        self.assertEqual(self.one("comments", self.comment)["entity_id"], self.lose["id"])
        team = [m["user"]["name"] for m in
                me.get(f"/api/v1/accounts/{self.win['id']}/members").ok()["items"]]
        self.assertNotIn("王强", team)
        self.drop()

    def test_undo_is_refused_when_a_child_moved_on(self):
        me = self.two()
        done = self.merge()
        c = self.one("contacts", self.contact)
        self.as_("admin").patch(f"/api/v1/contacts/{c['id']}", {"title": "总工"}, c["version"]).ok()
        p = me.post(f"/api/v1/undo/{done.header('Undo-Id')}").problem(409, "undo_moved_on")
        self.assertEqual([m["title"] for m in p["moved"]], ["赵工"])
        self.drop()

    def test_blanks_are_filled_when_nothing_was_chosen(self):
        self.two()
        merged = self.merge().json
        self.assertEqual((merged["grade"], merged["credit_code"], merged["parent_id"]),
                         ("B", "914403001922038216", None))
        self.drop()

    def test_side_by_side(self):
        me = self.two()
        both = me.get(f"/api/v1/accounts/{self.win['id']}/merge", **{"with": self.lose["id"]}).ok()
        self.assertEqual((both["winner"]["title"], both["loser"]["title"]),
                         ("恒力液压有限公司", "恒力液压"))
        fields = {f["field"]: f for f in both["fields"]}
        self.assertEqual((fields["grade"]["winner_text"], fields["grade"]["loser_text"],
                          fields["grade"]["take"]), ("B 重点级", "A 战略级", False))
        self.assertTrue(fields["credit_code"]["take"])
        self.assertNotIn("status", fields)
        moves = {m["entity"]: m["n"] for m in both["moves"]}
        self.assertEqual((moves["contact"], moves["opportunity"], moves["comment"]), (1, 1, 1))
        self.drop()

    def test_merge_is_refused_without_the_rights(self):
        me = self.two()
        path = f"/api/v1/accounts/{self.win['id']}/merge"
        me.post(path, {"loser_id": self.win["id"]}).problem(422, "invalid", "loser_id")
        me.post(path, {"loser_id": self.lose["id"], "take": ["nonsense"]}).problem(
            422, "invalid", "take", "unknown_field")
        me.post(path, {"loser_id": self.lose["id"], "version": 77}).problem(412, "version_conflict")
        me.post(path, {"loser_id": 99999999}).problem(404, "not_found")
        hers = self.account("她的客户", "sales2")
        me.post(path, {"loser_id": hers["id"]}).problem(404, "not_found")
        # May be seen and changed, but not deleted.
        self.as_("tech").get(f"/api/v1/accounts/{self.lose['id']}").ok()
        me.post(f"/api/v1/accounts/{self.win['id']}/members",
                {"user_id": self.user("tech"), "role": "member"}).ok()
        self.as_("tech").post(path, {"loser_id": self.lose["id"]}).problem(403, "forbidden")
        self.nobody().post(path, {"loser_id": self.lose["id"]}).problem(401, "unauthenticated")
        self.assertEqual(self.one("contacts", self.contact)["account_id"], self.lose["id"])
        self.drop()

    def test_contacts_and_leads_too(self):
        me = self.as_("sales")
        a = self.account("两个联系人")
        one, two = (me.post("/api/v1/contacts", {
            "name": n, "account_id": a["id"], **more}).made()
            for n, more in (("钱工", {}), ("钱工程师", {"email": "qian@example.com"})))
        got = me.post(f"/api/v1/contacts/{one['id']}/merge", {"loser_id": two["id"]}).ok()
        self.assertEqual((got["name"], got["email"]), ("钱工", "qian@example.com"))
        x, y = (me.post("/api/v1/leads", {"company_name": n}).made() for n in ("同一家", "同一家公司"))
        act = me.post("/api/v1/activities", {"kind": "call", "subject": "问", "lead_id": y["id"]}).made()
        me.post(f"/api/v1/leads/{x['id']}/merge", {"loser_id": y["id"]}).ok()
        self.assertEqual(self.one("activities", act)["lead_id"], x["id"])
        me.get(f"/api/v1/leads/{y['id']}").problem(410, "merged")

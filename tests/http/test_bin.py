"""The recycle bin: what belongs to a record goes with it and comes back with it."""
import unittest

from harness import HttpTest


class Bin(HttpTest):
    def family(self, me, name):
        """An account with everything that can hang on it; {path: what reads it}."""
        account = me.post("/api/v1/accounts", {"name": name}).made()
        contact = me.post("/api/v1/contacts", {"name": "王芳", "account_id": account["id"]}).made()
        activity = me.post("/api/v1/activities", {
            "kind": "call", "subject": "电话", "account_id": account["id"]}).made()
        comment = me.post("/api/v1/comments", {
            "entity": "activity", "entity_id": activity["id"], "body": "对方感兴趣"}).made()
        file = me.upload("/api/v1/attachments", "file", "a.txt", b"secret", entity="contact",
                         entity_id=contact["id"]).made()
        task = me.post("/api/v1/tasks", {"title": "回电", "account_id": account["id"]}).made()
        return account, [f"/api/v1/contacts/{contact['id']}", f"/api/v1/activities/{activity['id']}",
                         f"/api/v1/comments/{comment['id']}", f"/api/v1/attachments/{file['id']}",
                         f"/api/v1/attachments/{file['id']}/content", f"/api/v1/tasks/{task['id']}"]

    def test_what_belongs_to_a_record_goes_and_comes_back_with_it(self):
        me = self.as_("sales")
        account, rest = self.family(me, "连带")
        gone = me.post("/api/v1/contacts", {"name": "早已删除", "account_id": account["id"]}).made()
        me.delete(f"/api/v1/contacts/{gone['id']}").expect(204)
        me.delete(f"/api/v1/accounts/{account['id']}").expect(204)
        for who in ("sales", "executive", "admin"):
            for path in rest:
                self.as_(who).get(path).problem(404, "not_found")
        # In the bin lies the account, and the contact that was deleted by itself.
        bin_of = lambda e: [t["id"] for t in me.get("/api/v1/trash", entity=e).ok()["items"]]  # noqa: E731
        self.assertIn(account["id"], bin_of("account"))
        self.assertEqual(bin_of("contact"), [gone["id"]])
        self.assertEqual(bin_of("activity"), [])
        p = me.post(rest[0] + "/restore").problem(409, "conflict")
        self.assertIn("所属客户在回收站中", p["title"])
        me.post(f"/api/v1/contacts/{gone['id']}/restore").problem(409, "conflict")
        me.post(f"/api/v1/accounts/{account['id']}/restore").ok()
        for path in rest:
            me.get(path).ok() if not path.endswith("/content") else me.get(path).expect(200)
        # It was not the account that took this one.
        me.get(f"/api/v1/contacts/{gone['id']}").problem(404, "not_found")
        self.assertEqual([c["id"] for c in me.get("/api/v1/contacts", q="王芳").ok()["items"]],
                         [int(rest[0].rsplit("/", 1)[1])])

    def test_each_kind_of_parent_takes_its_own(self):
        me = self.as_("sales")
        account = me.post("/api/v1/accounts", {"name": "父"}).made()["id"]
        lead = me.post("/api/v1/leads", {"company_name": "线索父"}).made()["id"]
        deal = me.post("/api/v1/opportunities", {"name": "商机父", "account_id": account}).made()["id"]
        call = lambda **of: me.post("/api/v1/activities", {  # noqa: E731
            "kind": "call", "subject": "x", **of}).made()["id"]
        of_lead, of_deal, of_account = call(lead_id=lead), call(
            opportunity_id=deal, account_id=account), call(account_id=account)
        node = me.get("/api/v1/nodes", filter={"opportunity_id": deal}, limit=1).ok()["items"][0]
        me.delete(f"/api/v1/leads/{lead}").expect(204)
        me.delete(f"/api/v1/opportunities/{deal}").expect(204)
        for path in (f"activities/{of_lead}", f"activities/{of_deal}", f"nodes/{node['id']}"):
            self.as_("admin").get(f"/api/v1/{path}").problem(404, "not_found")
        me.get(f"/api/v1/activities/{of_account}").ok()
        me.post(f"/api/v1/opportunities/{deal}/restore").ok()
        me.get(f"/api/v1/activities/{of_deal}").ok()
        self.assertEqual(me.get(f"/api/v1/nodes/{node['id']}").ok()["state"], node["state"])
        me.get(f"/api/v1/opportunities/{deal}/path").ok()

    def test_activity_of_two_stays_with_the_other(self):
        me = self.as_("sales")
        account = me.post("/api/v1/accounts", {"name": "两家"}).made()["id"]
        lead = me.post("/api/v1/leads", {"company_name": "两家"}).made()["id"]
        deal = me.post("/api/v1/opportunities", {"name": "两家", "account_id": account}).made()["id"]
        both = me.post("/api/v1/activities", {"kind": "call", "subject": "x", "lead_id": lead,
                                              "opportunity_id": deal}).made()["id"]
        me.delete(f"/api/v1/leads/{lead}").expect(204)
        me.get(f"/api/v1/activities/{both}").ok()
        me.delete(f"/api/v1/opportunities/{deal}").expect(204)
        me.get(f"/api/v1/activities/{both}").problem(404, "not_found")


if __name__ == "__main__":
    unittest.main()

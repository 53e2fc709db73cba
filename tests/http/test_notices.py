"""Notifications as their receiver wants them: kinds, channels, quiet hours, language, groups."""
import unittest

from harness import HttpTest


class Notices(HttpTest):
    CLOCK = "2026-03-05T02:00:00Z"

    def choices(self, who="sales"):
        return self.as_(who).get("/api/v1/me/notices").ok()

    def kind(self, code, who="sales"):
        return next(k for k in self.choices(who)["kinds"] if k["code"] == code)

    def told(self, who, **query):
        return self.as_(who).get("/api/v1/notifications", **query).ok()

    def me(self, who):
        return self.as_(who).get("/api/v1/me").ok()["user"]["id"]

    def task(self, title, to="sales2", by="admin"):
        account = self.as_(by).post("/api/v1/accounts", {"name": f"客户 {title}"}).made()
        return self.as_(by).post("/api/v1/tasks", {
            "title": title, "account_id": account["id"], "assignee_id": self.me(to)}).made()

    def test_every_kind_says_what_it_is_in_both_languages(self):
        kinds = self.choices()["kinds"]
        self.assertTrue({"mention", "node_overdue", "review_asked", "task_assigned"} <=
                        {k["code"] for k in kinds})
        for k in kinds:
            self.assertTrue(k["label"]["zh"] and k["label"]["en"], k)
        # An approval waits for its reviewer: nobody turns that off.
        self.assertTrue(self.kind("review_asked")["fixed"])
        self.assertTrue(self.kind("review_asked")["urgent"])

    def test_a_person_turns_a_kind_off_and_back_on(self):
        sales2 = self.as_("sales2")
        sales2.patch("/api/v1/me/notices", {"kinds": {
            "task_assigned": {"in_app": False, "mail": "off"}}}).ok()
        self.task("不提醒的任务")
        self.assertNotIn("不提醒的任务", [n["title"] for n in self.told("sales2")["items"]])
        now = sales2.patch("/api/v1/me/notices", {"kinds": {"task_assigned": None}}).ok()
        kind = next(k for k in now["kinds"] if k["code"] == "task_assigned")
        self.assertEqual((kind["own"], kind["in_app"]), (False, True))
        self.task("要提醒的任务")
        self.assertIn("要提醒的任务", [n["title"] for n in self.told("sales2")["items"]])

    def test_the_company_has_defaults_which_a_person_overrides(self):
        admin = self.as_("admin")
        self.as_("manager").get("/api/v1/notices/defaults").problem(403, "forbidden")
        self.as_("manager").patch("/api/v1/notices/defaults", {}).problem(403, "forbidden")
        self.nobody().get("/api/v1/notices/defaults").problem(401, "unauthenticated")
        self.nobody().patch("/api/v1/notices/defaults", {}).problem(401, "unauthenticated")
        admin.patch("/api/v1/notices/defaults", {
            "kinds": {"mention": {"in_app": True, "mail": "digest"}},
            "digest": {"rhythm": "weekly", "day": 5, "at": "17:30"},
            "quiet": {"on": True, "from": "21:00", "to": "07:30"}}).ok()
        mine = self.choices("csm")
        mention = next(k for k in mine["kinds"] if k["code"] == "mention")
        self.assertEqual((mention["mail"], mention["base"]["mail"], mention["own"]),
                         ("digest", "digest", False))
        self.assertEqual(mine["digest"], {"rhythm": "weekly", "day": 5, "at": "17:30"})
        self.assertEqual(mine["quiet"], {"on": True, "from": "21:00", "to": "07:30"})
        self.as_("csm").patch("/api/v1/me/notices", {
            "quiet": {"on": False, "from": "21:00", "to": "07:30"}}).ok()
        self.assertFalse(self.choices("csm")["quiet"]["on"])
        self.assertEqual(self.choices("csm")["digest"]["rhythm"], "weekly")
        # null: as the company has it, again.
        self.as_("csm").patch("/api/v1/me/notices", {"quiet": None}).ok()
        self.assertTrue(self.choices("csm")["quiet"]["on"])
        admin.patch("/api/v1/notices/defaults", {"kinds": {"mention": None}, "quiet": None,
                                                 "digest": None}).ok()
        self.assertEqual(admin.get("/api/v1/notices/defaults").ok()["digest"]["rhythm"], "daily")

    def test_who_may_turn_a_kind_off(self):
        off = {"in_app": False, "mail": "off"}
        # The company's alone to silence.
        self.as_("sales").patch("/api/v1/me/notices", {"kinds": {"node_overdue": off}}).problem(
            422, "invalid", "kinds.node_overdue.in_app", "rule")
        self.as_("admin").patch("/api/v1/notices/defaults", {"kinds": {"node_overdue": off}}).ok()
        self.assertFalse(self.kind("node_overdue")["in_app"])
        self.as_("admin").patch("/api/v1/notices/defaults", {"kinds": {"node_overdue": None}}).ok()
        # Nobody's.
        for who, path in (("sales", "/api/v1/me/notices"), ("admin", "/api/v1/notices/defaults")):
            self.as_(who).patch(path, {"kinds": {"review_asked": off}}).problem(
                422, "invalid", "kinds.review_asked.in_app", "rule")

    def test_wrong_choices_are_refused_all_at_once(self):
        wrong = self.as_("sales").patch("/api/v1/me/notices", {
            "kinds": {"nothing": {"in_app": True, "mail": "off"},
                      "mention": {"in_app": True, "mail": "pigeon"}},
            "quiet": {"on": True, "from": "25:00", "to": "7"},
            "digest": {"rhythm": "hourly", "at": "09:00"}}).problem(422, "invalid")
        self.assertEqual({e["field"] for e in wrong["errors"]},
                         {"kinds.nothing", "kinds.mention.mail", "quiet.from", "quiet.to"} |
                         {"digest.rhythm"})
        self.nobody().get("/api/v1/me/notices").problem(401, "unauthenticated")
        self.nobody().patch("/api/v1/me/notices", {}).problem(401, "unauthenticated")
        narrow = self.as_("sales").post("/api/v1/me/tokens", {
            "name": "narrow", "scopes": "lead.read"}).ok(201)["token"]
        client = self.nobody()
        client.token = narrow
        client.patch("/api/v1/me/notices", {}).problem(403, "forbidden")

    def test_texts_are_in_the_language_of_the_reader(self):
        tech = self.as_("tech")
        tech.patch("/api/v1/me", {"lang": "en"}).ok()
        sales = self.as_("sales")
        account = sales.post("/api/v1/accounts", {"name": "双语客户"}).made()
        deal = sales.post("/api/v1/opportunities", {
            "name": "双语商机", "account_id": account["id"]}).made()
        sales.post(f"/api/v1/accounts/{account['id']}/members", {"user_id": self.me("tech")}).ok()
        path = sales.get(f"/api/v1/opportunities/{deal['id']}/path").ok()
        node = path["stages"][0]["nodes"][0]
        sales.post(f"/api/v1/nodes/{node['id']}/assign", {"user_id": self.me("tech")}).expect(200)
        notice = next(n for n in self.told("tech")["items"] if n["kind"] == "node_assigned")
        self.assertEqual(notice["kind_label"], "Node assigned to you")
        said = notice["title"].split(" · ")[0]
        self.assertTrue(said.isascii(), said)
        tech.patch("/api/v1/me", {"lang": "zh"}).ok()
        notice = next(n for n in self.told("tech")["items"] if n["kind"] == "node_assigned")
        self.assertEqual(notice["kind_label"], "节点转派给您")

    def test_repeats_are_one_and_are_read_as_one(self):
        manager = self.as_("manager")
        account = manager.post("/api/v1/accounts", {"name": "重复提醒"}).made()
        manager.post(f"/api/v1/accounts/{account['id']}/members", {"user_id": self.me("legal")}).ok()
        for i in range(3):
            manager.post("/api/v1/comments", {
                "entity": "account", "entity_id": account["id"], "body": f"第 {i} 次 @周杰",
                "mentions": str(self.me("legal"))}).made()
        items = self.told("legal", kind="mention")["items"]
        self.assertEqual([(n["repeats"], n["read"]) for n in items], [(3, False)])
        self.assertIn("第 2 次", items[0]["title"])
        self.assertEqual(self.told("legal")["unread"], 3)
        self.as_("legal").post("/api/v1/notifications/read", {"id": items[0]["id"]}).expect(204)
        after = self.told("legal")
        self.assertEqual(after["unread"], 0)
        self.assertEqual([n["repeats"] for n in after["items"]], [3])
        self.assertEqual(self.told("legal", unread=1)["items"], [])

    def test_pages_and_filters(self):
        for i in range(5):
            self.task(f"分页 {i}", to="finance")
        first = self.told("finance", limit=2)
        self.assertEqual(len(first["items"]), 2)
        second = self.told("finance", limit=2, before=first["next"])
        third = self.told("finance", limit=2, before=second["next"])
        seen = [n["title"] for p in (first, second, third) for n in p["items"]]
        self.assertEqual(seen, [f"分页 {i}" for i in (4, 3, 2, 1, 0)])
        self.assertIsNone(third["next"])
        self.assertEqual(self.told("finance", kind="mention")["items"], [])
        self.as_("finance").post("/api/v1/notifications/read", {"kind": "mention"}).expect(204)
        self.assertEqual(self.told("finance")["unread"], 5)
        self.as_("finance").post("/api/v1/notifications/read", {}).expect(204)
        self.assertEqual(self.told("finance")["unread"], 0)
        for query in ({"before": "x"}, {"limit": 0}, {"limit": 1000}):
            self.as_("finance").get("/api/v1/notifications", **query).problem(400, "bad_request")

    def test_a_disabled_person_is_told_nothing(self):
        admin = self.as_("admin")
        user = admin.post("/api/v1/users", {"login": "gone.by", "name": "离职同事"}).made()
        account = admin.post("/api/v1/accounts", {"name": "离职客户"}).made()
        admin.patch(f"/api/v1/users/{user['id']}", {"active": False}, user["version"]).ok()
        admin.post("/api/v1/tasks", {"title": "交给离职的人", "account_id": account["id"],
                                     "assignee_id": user["id"]})
        self.assertEqual(self.count("notification", user["id"]), 0)

    def count(self, table, user_id):
        return self.sql(f"select count(*) from {table} where user_id = {user_id}")


if __name__ == "__main__":
    unittest.main()

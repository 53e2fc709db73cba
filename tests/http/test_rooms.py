"""Single areas over HTTP: account team, lead conversion, files, comments, search, live feed,
notifications, settings, roles, users and teams."""
import hashlib
import unittest

from harness import HttpTest, Stream


def ids(page):
    return [i["id"] for i in page["items"]]


class AccountTeam(HttpTest):
    def setUp(self):
        super().setUp()
        me = self.as_("sales")
        self.account = me.post("/api/v1/accounts", {"name": "东方电气 " + self.id()[-20:]}).made()
        self.path = f"/api/v1/accounts/{self.account['id']}"
        self.contact = me.post("/api/v1/contacts", {
            "name": "王工", "account_id": self.account["id"]}).made()
        self.opportunity = me.post("/api/v1/opportunities", {
            "name": "车间联网", "account_id": self.account["id"], "amount_fen": 5000000}).made()
        self.file = me.upload("/api/v1/attachments", "file", "方案.txt", "内容".encode(),
                              "text/plain", entity="opportunity",
                              entity_id=self.opportunity["id"]).made()
        self.everything = [self.path, f"/api/v1/contacts/{self.contact['id']}",
                           f"/api/v1/opportunities/{self.opportunity['id']}",
                           f"/api/v1/opportunities/{self.opportunity['id']}/path",
                           f"/api/v1/attachments/{self.file['id']}",
                           f"/api/v1/attachments/{self.file['id']}/content",
                           self.path + "/overview", self.path + "/members",
                           self.path + "/timeline", self.path + "/history"]

    def user(self, login):
        return self.as_("admin").get("/api/v1/users", filter={"login": {"eq": login}}).ok()["items"][0]

    def test_team_member_sees_all_of_the_account_and_nobody_else_does(self):
        other = self.as_("sales2")
        for path in self.everything:
            other.get(path).problem(404, "not_found")
        member = self.user("sales2")["id"]
        self.as_("sales").post(self.path + "/members", {"user_id": member}).ok()
        for path in self.everything:
            other.get(path).expect(200)
        self.assertIn(self.contact["id"], ids(other.get("/api/v1/contacts").ok()))
        self.assertIn(self.opportunity["id"], ids(other.get("/api/v1/opportunities").ok()))
        self.as_("sales").delete(f"{self.path}/members/{member}").expect(204)
        for path in self.everything:
            other.get(path).problem(404, "not_found")
        self.assertNotIn(self.opportunity["id"], ids(other.get("/api/v1/opportunities").ok()))

    def test_pages_of_a_timeline_are_full_though_some_facts_are_not_shown(self):
        me, admin = self.as_("sales"), self.as_("admin")
        for i in range(30):
            me.post("/api/v1/tasks", {"title": f"跟进 {i}", "account_id": self.account["id"],
                                      "owner_id": self.user("sales")["id"]}).made()
            if i % 10 == 9:
                me.post("/api/v1/contacts", {"name": f"李工 {i}",
                                             "account_id": self.account["id"]}).made()
        had = admin.get("/api/v1/roles").ok()["grants"]["legal"]["task.read"]
        admin.patch("/api/v1/roles", {"legal": {"task.read": "none"}}).ok()
        try:
            legal = self.as_("legal")
            whole = legal.get(self.path + "/timeline", limit=200).ok()
            self.assertIsNone(whole["next"])
            self.assertNotIn("task", {i["entity"] for i in whole["items"]})
            self.assertGreater(len(whole["items"]), 6)
            pages, cursor = [], None
            while not pages or cursor:
                page = legal.get(self.path + "/timeline", limit=4,
                                 **({"cursor": cursor} if cursor else {})).ok()
                pages.append(page["items"])
                cursor = page["next"]
            self.assertEqual([len(p) for p in pages[:-1]], [4] * (len(pages) - 1))
            self.assertEqual([i["seq"] for p in pages for i in p],
                             [i["seq"] for i in whole["items"]])
        finally:
            admin.patch("/api/v1/roles", {"legal": {"task.read": had}}).ok()

    def test_totals_are_of_what_one_may_see(self):
        totals = self.as_("sales").get(self.path + "/overview").ok()["totals"]
        self.assertEqual([(t["outcome"], t["count"], t["amount_fen"]) for t in totals],
                         [("open", 1, 5000000)])

    def test_member_who_does_not_exist(self):
        self.as_("sales").post(self.path + "/members", {"user_id": 999999}).problem(
            422, "invalid", "user_id", "reference_not_found")

    def test_team_is_changed_by_who_may_change_the_account(self):
        self.as_("executive").post(self.path + "/members", {
            "user_id": self.user("sales2")["id"]}).problem(403, "forbidden")
        self.as_("sales2").delete(f"{self.path}/members/1").problem(404, "not_found")

    def test_likely_duplicates_are_named(self):
        me = self.as_("sales")
        a = me.post("/api/v1/accounts", {"name": "苏州华兴科技有限公司"}).made()
        found = me.get("/api/v1/accounts/duplicates", name="苏州华兴科技股份有限公司").ok()["items"]
        self.assertIn(a["id"], [f["id"] for f in found])
        self.assertEqual(self.as_("sales2").get("/api/v1/accounts/duplicates",
                                                name="苏州华兴科技有限公司").ok()["items"], [])


class Conversion(HttpTest):
    def lead(self, name):
        return self.as_("sales").post("/api/v1/leads", {
            "company_name": name, "contact_name": "李工", "phone": "13800138000"}).made()

    def test_lead_becomes_account_contact_and_opportunity(self):
        me, lead = self.as_("sales"), self.lead("无锡精工机床有限公司")
        made = me.post(f"/api/v1/leads/{lead['id']}/convert", {}).ok()
        account = me.get(f"/api/v1/accounts/{made['account_id']}").ok()
        self.assertEqual(account["name"], "无锡精工机床有限公司")
        contact = me.get(f"/api/v1/contacts/{made['contact_id']}").ok()
        self.assertEqual((contact["name"], contact["account_id"]), ("李工", account["id"]))
        opportunity = me.get(f"/api/v1/opportunities/{made['opportunity_id']}").ok()
        self.assertEqual(opportunity["account_id"], account["id"])
        self.assertEqual(me.get(f"/api/v1/leads/{lead['id']}").ok()["status"], "converted")
        me.post(f"/api/v1/leads/{lead['id']}/convert", {}).problem(409, "conflict")

    def test_lead_goes_into_an_existing_account_without_opportunity(self):
        me, lead = self.as_("sales"), self.lead("既有客户的线索")
        account = me.post("/api/v1/accounts", {"name": "既有客户"}).made()
        made = me.post(f"/api/v1/leads/{lead['id']}/convert", {
            "account_id": account["id"], "opportunity": None}).ok()
        self.assertEqual((made["account_id"], made["opportunity_id"]), (account["id"], None))

    def test_lead_goes_into_an_existing_opportunity(self):
        me, lead = self.as_("sales"), self.lead("展会再遇的客户")
        account = me.post("/api/v1/accounts", {"name": "已有客户"}).made()
        other = me.post("/api/v1/accounts", {"name": "另一客户"}).made()
        opportunity = me.post("/api/v1/opportunities", {
            "name": "已有商机", "account_id": account["id"]}).made()
        path = f"/api/v1/leads/{lead['id']}/convert"
        me.post(path, {"opportunity_id": opportunity["id"], "account_id": other["id"]}).problem(
            422, "invalid", "opportunity_id", "reference_not_found")
        made = me.post(path, {"opportunity_id": opportunity["id"], "contacts": [
            {"name": "李工"}, {"name": "王总"}]}).ok()
        self.assertEqual((made["account_id"], made["opportunity_id"]),
                         (account["id"], opportunity["id"]))
        contacts = me.get("/api/v1/contacts", filter={"account_id": account["id"]}).ok()["items"]
        self.assertEqual({c["name"] for c in contacts}, {"李工", "王总"})
        found = me.get("/api/v1/opportunities", filter={"account_id": account["id"]}).ok()["items"]
        self.assertEqual([o["id"] for o in found], [opportunity["id"]])
        after = me.get(f"/api/v1/leads/{lead['id']}").ok()
        self.assertEqual((after["status"], after["opportunity_id"]), ("converted", opportunity["id"]))

    def test_lead_of_somebody_else_is_not_converted(self):
        lead = self.lead("别人的线索")
        self.as_("sales2").post(f"/api/v1/leads/{lead['id']}/convert", {}).problem(404, "not_found")
        self.as_("executive").post(f"/api/v1/leads/{lead['id']}/convert", {}).problem(403, "forbidden")

    def test_refused_conversion_leaves_nothing_behind(self):
        me, lead = self.as_("sales"), self.lead("转化失败")
        me.post(f"/api/v1/leads/{lead['id']}/convert", {
            "opportunity": {"amount_fen": "many"}}).problem(422, "invalid")
        found = me.get("/api/v1/accounts", filter={"name": {"eq": "转化失败"}}).ok()["items"]
        self.assertEqual(found, [])
        self.assertNotEqual(me.get(f"/api/v1/leads/{lead['id']}").ok()["status"], "converted")


class Files(HttpTest):
    def setUp(self):
        super().setUp()
        self.lead = self.as_("sales").post("/api/v1/leads", {"company_name": "附件"}).made()

    def put(self, name, content, media="application/octet-stream", **more):
        return self.as_("sales").upload("/api/v1/attachments", "file", name, content, media,
                                        entity="lead", entity_id=self.lead["id"], **more)

    def test_file_comes_back_byte_for_byte_under_its_hash(self):
        content = bytes(range(256)) * 5000
        made = self.put("数据.bin", content).made()
        self.assertEqual(made["file_hash"], hashlib.sha256(content).hexdigest())
        answer = self.as_("sales").get(f"/api/v1/attachments/{made['id']}/content").expect(200)
        self.assertEqual(answer.body, content)
        self.assertIn("attachment;", answer.header("Content-Disposition"))
        self.assertIn("filename*=UTF-8''%E6%95%B0%E6%8D%AE.bin", answer.header("Content-Disposition"))

    def test_type_is_told_by_content_not_by_claim(self):
        made = self.put("image.png", b"<html><script>alert(1)</script></html>", "image/png").made()
        answer = self.as_("sales").get(f"/api/v1/attachments/{made['id']}/content?inline=1").expect(200)
        self.assertNotEqual(answer.type, "image/png")
        self.assertIn("attachment;", answer.header("Content-Disposition"))
        self.assertIn("sandbox", answer.header("Content-Security-Policy"))
        self.assertEqual(answer.header("X-Content-Type-Options"), "nosniff")

    def test_file_without_a_name(self):
        self.assertIn(("name", "required"), [
            (e["field"], e["code"]) for e in self.put("", b"x").problem(422, "invalid")["errors"]])

    def test_new_version_of_a_file(self):
        first = self.put("报价.txt", b"one", "text/plain").made()
        second = self.put("报价.txt", b"two", "text/plain", series=first["series"]).made()
        self.assertEqual((second["series"], second["revision"]), (first["series"], 2))

    def test_upload_that_lacks_parts(self):
        p = self.as_("sales").upload("/api/v1/attachments", "other", "x", b"x").problem(422, "invalid")
        self.assertEqual({e["field"] for e in p["errors"]}, {"file", "entity", "entity_id"})

    def test_file_to_a_record_one_may_not_see(self):
        self.as_("sales2").upload("/api/v1/attachments", "file", "x.txt", b"x", "text/plain",
                                  entity="lead", entity_id=self.lead["id"]).problem(
                                      422, "invalid", "entity_id", "reference_not_found")


class Talk(HttpTest):
    def test_mention_in_a_comment_notifies_who_may_read_it(self):
        me = self.as_("sales")
        admin = self.as_("admin")
        account = me.post("/api/v1/accounts", {"name": "评论客户"}).made()
        users = {u["login"]: u for u in admin.get("/api/v1/users", limit=50).ok()["items"]}
        me.post(f"/api/v1/accounts/{account['id']}/members", {"user_id": users["tech"]["id"]}).ok()
        before = self.as_("tech").get("/api/v1/notifications").ok()["unread"]
        me.post("/api/v1/comments", {"entity": "account", "entity_id": account["id"],
                                     "body": "@王强 @李娜 底价 88 万，请勿外传",
                                     "mentions": f"{users['tech']['id']},{users['sales2']['id']}"}).made()
        # Who may not see the account is told nothing of what was said there.
        outsider = self.as_("sales2").get("/api/v1/notifications")
        self.assertNotIn("88 万", outsider.text)
        self.assertEqual(outsider.ok()["unread"], 0)
        after = self.as_("tech").get("/api/v1/notifications").ok()
        self.assertEqual(after["unread"], before + 1)
        self.as_("tech").post("/api/v1/notifications/read", {}).expect(204)
        self.assertEqual(self.as_("tech").get("/api/v1/notifications").ok()["unread"], 0)


class Search(HttpTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lead = cls.as_("sales").post("/api/v1/leads", {
            "company_name": "华为技术有限公司", "phone": "13912345678"}).made()
        cls.account = cls.as_("sales").post("/api/v1/accounts", {"name": "长沙中联重科"}).made()

    def found(self, text, who="sales"):
        groups = self.as_(who).get("/api/v1/search", q=text).ok()
        return {(g["entity"], i["id"]) for g in groups["groups"] for i in g["items"]}

    def test_search_by_every_way(self):
        lead, account = ("lead", self.lead["id"]), ("account", self.account["id"])
        for text in ("华为", "技术", "huawei", "hwjs", "5678", self.lead["number"]):
            self.assertIn(lead, self.found(text), text)
        for text in ("中联", "changsha", "cszlzk"):
            self.assertIn(account, self.found(text), text)

    def test_search_shows_only_what_one_may_see(self):
        for text in ("华为", "hwjs", "5678", self.lead["number"]):
            self.assertEqual(self.found(text, "sales2"), set(), text)

    def test_search_with_a_bad_limit(self):
        self.as_("sales").get("/api/v1/search", q="x", limit="0").problem(400, "bad_request")


class Live(HttpTest):
    def test_change_arrives_with_who_may_see_it_alone(self):
        mine, other = Stream(self.as_("sales")), Stream(self.as_("sales2"))
        self.addCleanup(mine.close)
        self.addCleanup(other.close)
        lead = self.as_("sales").post("/api/v1/leads", {"company_name": "实时"}, {
            "X-Client-Id": "tab-1"}).made()
        event = mine.until("lead.created")
        self.assertEqual(event["data"]["entity_id"], lead["id"])
        self.assertEqual(event["data"]["client_id"], "tab-1")
        self.assertIsNone(other.next(1.5))

    def test_missed_events_are_sent_again(self):
        first = Stream(self.as_("sales"))
        self.as_("sales").post("/api/v1/leads", {"company_name": "之前"}).made()
        at = first.until("lead.created")["id"]
        first.close()
        missed = self.as_("sales").post("/api/v1/leads", {"company_name": "错过"}).made()
        again = Stream(self.as_("sales"), last=at)
        self.addCleanup(again.close)
        self.assertEqual(again.until("lead.created")["data"]["entity_id"], missed["id"])

    def test_stream_wants_a_log_in(self):
        self.nobody().get("/api/v1/events").problem(401, "unauthenticated")


class Administration(HttpTest):
    def test_settings_have_bounds_and_keep_who_changed_them(self):
        admin = self.as_("admin")
        items = admin.get("/api/v1/settings").ok()["items"]
        bounded = next(s for s in items if s["type"] == "int" and s.get("max"))
        p = admin.patch("/api/v1/settings", {bounded["name"]: bounded["max"] + 1}).problem(
            422, "invalid")
        self.assertEqual(p["errors"][0]["field"], bounded["name"])
        changed = admin.patch("/api/v1/settings", {bounded["name"]: bounded["max"]}).ok()["items"]
        self.assertEqual(next(s["value"] for s in changed if s["name"] == bounded["name"]),
                         bounded["max"])
        self.as_("sales").get("/api/v1/settings").problem(403, "forbidden")
        self.as_("sales").patch("/api/v1/settings", {}).problem(403, "forbidden")

    def test_grants_are_changed_and_take_effect_at_once(self):
        admin, legal = self.as_("admin"), self.as_("legal")
        legal.post("/api/v1/leads", {"company_name": "x"}).problem(403, "forbidden")
        admin.patch("/api/v1/roles", {"legal": {"lead.create": "own", "lead.read": "own"}}).ok()
        legal.post("/api/v1/leads", {"company_name": "x"}).made()
        admin.patch("/api/v1/roles", {"legal": {"lead.create": "none"}}).ok()
        legal.post("/api/v1/leads", {"company_name": "x"}).problem(403, "forbidden")
        self.as_("sales").patch("/api/v1/roles", {}).problem(403, "forbidden")
        roles = admin.get("/api/v1/roles").ok()
        self.assertEqual(len(roles["roles"]), 10)
        self.assertEqual(roles["grants"]["legal"]["lead.read"], "own")

    def test_user_is_made_and_shut_out(self):
        admin = self.as_("admin")
        user = admin.post("/api/v1/users", {"login": "newcomer", "name": "新人",
                                            "roles": ["sales"]}).made()
        admin.post(f"/api/v1/users/{user['id']}/password", {"password": "first horse 12"}).expect(204)
        self.nobody().login("newcomer", "first horse 12").expect(201)
        user = admin.get(f"/api/v1/users/{user['id']}").ok()
        admin.patch(f"/api/v1/users/{user['id']}", {"active": False}, user["version"]).ok()
        self.nobody().login("newcomer", "first horse 12").problem(401, "login_failed")
        admin.post("/api/v1/users", {"login": "newcomer", "name": "同名"}).problem(
            422, "invalid", "login", "duplicate")
        admin.post("/api/v1/users", {"login": "有 空格", "name": "x"}).problem(
            422, "invalid", "login", "bad_login_name")
        self.as_("sales").post("/api/v1/users", {"login": "y", "name": "y"}).problem(403, "forbidden")

    def test_team_scope_covers_the_team_and_what_is_below(self):
        admin = self.as_("admin")
        users = {u["login"]: u for u in admin.get("/api/v1/users", limit=50).ok()["items"]}
        top = admin.post("/api/v1/teams", {"name": "华东", "manager_id": users["manager"]["id"]}).made()
        sub = admin.post("/api/v1/teams", {"name": "上海", "parent_id": top["id"]}).made()
        lead = self.as_("sales").post("/api/v1/leads", {"company_name": "团队范围"}).made()
        self.as_("manager").get(f"/api/v1/leads/{lead['id']}").problem(404, "not_found")
        admin.patch(f"/api/v1/users/{users['manager']['id']}", {"team_id": top["id"]},
                    users["manager"]["version"]).ok()
        admin.patch(f"/api/v1/users/{users['sales']['id']}", {"team_id": sub["id"]},
                    users["sales"]["version"]).ok()
        self.as_("manager").get(f"/api/v1/leads/{lead['id']}").ok()
        other = self.as_("sales2").post("/api/v1/leads", {"company_name": "别的团队"}).made()
        self.as_("manager").get(f"/api/v1/leads/{other['id']}").problem(404, "not_found")

    def test_own_preferences(self):
        me = self.as_("sales")
        self.assertEqual(me.patch("/api/v1/me", {"lang": "en"}).ok()["user"]["lang"], "en")
        me.patch("/api/v1/me", {"lang": "xx"}).problem(422, "invalid", "lang", "not_in_list")
        me.patch("/api/v1/me", {"name": "x"}).problem(422, "invalid", "name", "read_only")
        me.patch("/api/v1/me", {"zone": "Moon/Base"}).problem(422, "invalid", "zone", "bad_zone")
        me.patch("/api/v1/me", {"lang": "zh"}).ok()

    def test_meta_describes_what_one_may(self):
        meta = self.as_("executive").get("/api/v1/meta").ok()
        lead = next(e for e in meta["entities"] if e["name"] == "lead")
        self.assertTrue(any(f["name"] == "company_name" for f in lead["fields"]))


if __name__ == "__main__":
    unittest.main()

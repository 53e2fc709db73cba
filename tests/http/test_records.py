"""Records over the API: what creation asks for, all field errors at once, lists, versions, bin."""
import datetime
import unittest
import zoneinfo

from harness import HttpTest


class Creation(HttpTest):
    def test_account_needs_only_a_name(self):
        a = self.as_("sales").post("/api/v1/accounts", {"name": "恒力精密机械有限公司"}).made()
        self.assertEqual(a["name"], "恒力精密机械有限公司")
        self.as_("sales").post("/api/v1/accounts", {}).problem(422, "invalid", "name", "required")

    def test_lead_needs_only_a_company_name(self):
        lead = self.as_("sales").post("/api/v1/leads", {"company_name": "远东重工"}).made()
        self.assertRegex(lead["number"], r"^L\d{4}-\d{6}$")
        self.as_("sales").post("/api/v1/leads", {}).problem(422, "invalid", "company_name",
                                                            "required")

    def test_opportunity_needs_only_name_and_account(self):
        me = self.as_("sales")
        a = me.post("/api/v1/accounts", {"name": "南方电机厂"}).made()
        o = me.post("/api/v1/opportunities", {"name": "产线数字化", "account_id": a["id"]}).made()
        self.assertEqual(o["account_id"], a["id"])
        p = me.post("/api/v1/opportunities", {}).problem(422, "invalid")
        self.assertEqual({(e["field"], e["code"]) for e in p["errors"]},
                         {("name", "required"), ("account_id", "required")})

    def test_all_field_errors_come_at_once(self):
        p = self.as_("sales").post("/api/v1/accounts", {
            "name": "x" * 5000, "credit_code": "91310000MA1FL0000X", "headcount": -3,
            "founded_on": "2026-02-30", "website": "no address", "phone": "abc",
            "grade": "Z", "revenue_fen": "12", "nonsense": 1, "number": "C-1",
            "industry_id": 99999999}).problem(422, "invalid")
        got = {e["field"]: e["code"] for e in p["errors"]}
        self.assertEqual(got, {
            "name": "too_long", "credit_code": "bad_credit_code", "headcount": "too_small",
            "founded_on": "bad_date", "website": "bad_url", "phone": "bad_phone",
            "grade": "not_in_list", "revenue_fen": "wrong_type", "nonsense": "unknown_field",
            "number": "read_only", "industry_id": "reference_not_found"})
        for e in p["errors"]:
            self.assertTrue(e["message"] and "{" not in e["message"], e)

    def test_wrong_type_is_told_in_the_words_of_the_reader(self):
        body = {"login": "typo", "name": "类型", "roles": "sales", "email": 7, "active": "maybe"}
        admin = self.as_("admin")
        for lang, words in (("en", ("a list", "a text", "yes or no")),
                            ("zh", ("列表", "文字", "“是”或“否”"))):
            admin.patch("/api/v1/me", {"lang": lang}).ok()
            p = admin.post("/api/v1/users", body).problem(422, "invalid")
            said = {e["field"]: e["message"] for e in p["errors"]}
            for field, word in zip(("roles", "email", "active"), words):
                self.assertTrue(said[field].endswith(word), said)

    def test_nothing_is_written_by_a_refused_request(self):
        me = self.as_("manager")
        before = me.get("/api/v1/accounts", count="exact", limit=1).ok()["total"]
        me.post("/api/v1/accounts", {"name": "半写", "grade": "Z"}).problem(422, "invalid")
        self.assertEqual(me.get("/api/v1/accounts", count="exact", limit=1).ok()["total"], before)

    def test_one_line_stays_one_line(self):
        me = self.as_("sales")
        lead = me.post("/api/v1/leads", {"company_name": " 恒力\r\n 集团\t有限 公司\n",
                                         "need": "一\n二"}).made()
        self.assertEqual((lead["company_name"], lead["need"]), ("恒力 集团 有限 公司", "一\n二"))

    def test_web_address_names_a_host_and_a_date_its_years(self):
        me = self.as_("sales")
        for bad in ("http://", "https:///x", "http://a b", "恒力.cn"):
            me.post("/api/v1/accounts", {"name": "x", "website": bad}).problem(
                422, "invalid", "website", "bad_url")
        me.post("/api/v1/accounts", {"name": "网址", "website": "https://例子.cn/a?b#c"}).made()
        p = me.post("/api/v1/leads", {"company_name": "x", "first_contact_on": "2200-01-01"}).problem(
            422, "invalid", "first_contact_on", "bad_date")
        self.assertIn("1900 年到 2199 年", p["errors"][0]["message"])

    def test_body_takes_no_members_that_it_does_not_name(self):
        me = self.as_("sales")
        account = me.post("/api/v1/accounts", {"name": "成员"}).made()
        me.post(f"/api/v1/accounts/{account['id']}/members", {
            "user_id": 1, "rôle": "x"}).problem(422, "invalid", "rôle", "unknown_field")
        me.post("/api/v1/notifications/read", {"ids": [1]}).problem(
            422, "invalid", "ids", "unknown_field")

    def test_currency_that_does_not_exist(self):
        self.as_("sales").post("/api/v1/accounts", {"name": "币种", "currency": "cny"}).problem(
            422, "invalid", "currency", "bad_money")

    def test_credit_code_is_unique(self):
        me = self.as_("sales")
        me.post("/api/v1/accounts", {"name": "甲", "credit_code": "914403001922038216"}).made()
        me.post("/api/v1/accounts", {"name": "乙", "credit_code": "914403001922038216"}).problem(
            422, "invalid", "credit_code", "duplicate")

    def test_which_record_has_the_value_is_told_to_who_may_see_it(self):
        code = "91440300708461136T"
        a = self.as_("sales").post("/api/v1/accounts", {"name": "唯一", "credit_code": code}).made()
        for who, named in (("sales", True), ("sales2", False)):
            p = self.as_(who).post("/api/v1/accounts", {"name": "另一个", "credit_code": code}
                                   ).problem(422, "invalid", "credit_code", "duplicate")
            self.assertEqual(f"#{a['id']}" in p["errors"][0]["message"], named, p)
            self.assertNotIn("唯一", str(p))
        self.as_("sales2").get(f"/api/v1/accounts/{a['id']}").problem(404, "not_found")

    def test_group_cannot_be_its_own_parent(self):
        me = self.as_("sales")
        top = me.post("/api/v1/accounts", {"name": "集团"}).made()
        sub = me.post("/api/v1/accounts", {"name": "子公司", "parent_id": top["id"]}).made()
        me.patch(f"/api/v1/accounts/{top['id']}", {"parent_id": sub["id"]}, top["version"]).problem(
            422, "invalid", "parent_id", "cycle")

    def test_repeated_request_with_a_key_is_answered_once(self):
        me = self.as_("sales")
        key = {"Idempotency-Key": "order-4711"}
        first = me.post("/api/v1/leads", {"company_name": "重复提交"}, key).made()
        again = me.post("/api/v1/leads", {"company_name": "重复提交"}, key).made()
        self.assertEqual(first, again)
        me.post("/api/v1/leads", {"company_name": "另一个"}, key).problem(409, "idempotency_reused")
        found = me.get("/api/v1/leads", filter={"company_name": {"eq": "重复提交"}}).ok()["items"]
        self.assertEqual(len(found), 1)


class Versions(HttpTest):
    def test_change_needs_the_version(self):
        me = self.as_("sales")
        a = me.post("/api/v1/accounts", {"name": "版本"}).made()
        me.patch(f"/api/v1/accounts/{a['id']}", {"name": "x"}).problem(428, "precondition_required")

    def test_second_editor_is_told_who_changed_what(self):
        one = two = self.as_("sales")
        a = one.post("/api/v1/accounts", {"name": "并发", "headcount": 10}).made()
        path = f"/api/v1/accounts/{a['id']}"
        b = one.patch(path, {"headcount": 20}, a["version"]).ok()
        self.assertGreater(b["version"], a["version"])
        p = two.patch(path, {"name": "并发二"}, a["version"]).problem(412, "version_conflict")
        self.assertIn("张伟", p["title"])
        # In the reader's zone, to the minute: 12:34 UTC is 20:34 in Shanghai.
        self.assertRegex(p["title"], r"^张伟 于 \d{4}-\d\d-\d\d \d\d:\d\d 修改了此记录")
        at = p["changes"][0]["when"]
        shown = datetime.datetime.fromisoformat(at).astimezone(
            zoneinfo.ZoneInfo("Asia/Shanghai")).strftime("%Y-%m-%d %H:%M")
        self.assertIn(shown, p["title"])
        self.assertEqual([(c["field"], c["old"], c["new"]) for c in p["changes"]],
                         [("headcount", 10, 20)])
        self.assertEqual(one.get(path).ok()["name"], "并发")

    def test_conflict_names_somebody_also_when_no_field_changed(self):
        me = self.as_("sales")
        a = me.post("/api/v1/accounts", {"name": "删过又恢复"}).made()
        path = f"/api/v1/accounts/{a['id']}"
        me.delete(path).expect(204)
        me.post(path + "/restore").ok()
        p = me.patch(path, {"name": "x"}, a["version"]).problem(412, "version_conflict")
        self.assertTrue(p["title"].startswith("张伟 "), p["title"])

    def test_history_names_field_old_and_new(self):
        me = self.as_("sales")
        a = me.post("/api/v1/accounts", {"name": "历史"}).made()
        me.patch(f"/api/v1/accounts/{a['id']}", {"grade": "B"}, a["version"]).ok()
        history = me.get(f"/api/v1/accounts/{a['id']}/history").ok()["items"]
        self.assertEqual([h["kind"] for h in history],
                         ["account.updated", "account.member_added", "account.created"])
        change = history[0]["changes"]
        self.assertEqual([(c["field"], c["old"], c["new"]) for c in change], [("grade", None, "B")])
        self.assertEqual(history[0]["actor"]["name"], "张伟")

    def test_change_of_nothing_makes_no_version(self):
        me = self.as_("sales")
        a = me.post("/api/v1/accounts", {"name": "不变"}).made()
        b = me.patch(f"/api/v1/accounts/{a['id']}", {"name": "不变"}, a["version"]).ok()
        self.assertEqual(a["version"], b["version"])


class Bin(HttpTest):
    def test_deleted_record_is_gone_and_comes_back(self):
        me = self.as_("sales")
        lead = me.post("/api/v1/leads", {"company_name": "回收站"}).made()
        path = f"/api/v1/leads/{lead['id']}"
        me.delete(path).expect(204)
        me.get(path).problem(404, "not_found")
        trash = me.get("/api/v1/trash", entity="lead").ok()["items"]
        self.assertIn(lead["id"], [t["id"] for t in trash])
        me.post(path + "/restore").expect(200)
        self.assertEqual(me.get(path).ok()["company_name"], "回收站")

    def test_record_whose_place_was_taken_does_not_come_back(self):
        me, code = self.as_("sales"), {"credit_code": "91440300708461136T"}
        old = me.post("/api/v1/accounts", {"name": "旧的", **code}).made()
        me.delete(f"/api/v1/accounts/{old['id']}").expect(204)
        me.post("/api/v1/accounts", {"name": "新的", **code}).made()
        me.post(f"/api/v1/accounts/{old['id']}/restore").problem(409, "unique")


class Lists(HttpTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        me = cls.as_("sales")
        for n in range(25):
            me.post("/api/v1/leads", {
                "company_name": f"列表公司{n:02}", "budget_fen": n * 100,
                "source": "tender" if n % 2 else "referral"}).made()

    def items(self, **query):
        return self.as_("sales").get("/api/v1/leads", **query).ok()["items"]

    def test_pages_hold_every_row_once(self):
        seen, cursor = [], None
        while True:
            query = {"limit": 7, "sort": "-budget_fen"}
            if cursor:
                query["cursor"] = cursor
            page = self.as_("sales").get("/api/v1/leads", **query).ok()
            seen += [i["budget_fen"] for i in page["items"]]
            cursor = page["next"]
            if not cursor:
                break
        self.assertEqual(seen, [n * 100 for n in range(24, -1, -1)])

    def test_pages_stay_whole_while_rows_are_added(self):
        first = self.as_("sales").get("/api/v1/leads", limit=10, sort="budget_fen").ok()
        extra = self.as_("sales").post("/api/v1/leads", {"company_name": "插入", "budget_fen": 1}).made()
        second = self.as_("sales").get("/api/v1/leads", limit=10, sort="budget_fen",
                                       cursor=first["next"]).ok()
        ids = [i["id"] for i in first["items"] + second["items"]]
        self.assertEqual(len(ids), len(set(ids)))
        self.as_("sales").delete(f"/api/v1/leads/{extra['id']}").expect(204)

    def test_filters(self):
        self.assertEqual(len(self.items(filter={"source": {"eq": "tender"}})), 12)
        self.assertEqual(len(self.items(filter={"budget_fen": {"ge": 1000, "lt": 1500}})), 5)
        self.assertEqual(len(self.items(filter={"or": [
            {"company_name": {"contains": "公司03"}}, {"company_name": {"contains": "公司04"}}]})), 2)
        self.assertEqual(len(self.items(filter={"not": {"source": {"in": ["tender"]}}})), 13)

    def test_filter_that_cannot_be_used(self):
        for bad in ({"nonsense": {"eq": 1}}, {"source": {"like": "x"}}, {"or": 1}, [1],
                    {"budget_fen": {"eq": "x"}}):
            self.as_("sales").get("/api/v1/leads", filter=bad).problem(400, "bad_filter")
        self.as_("sales").get("/api/v1/leads", filter="{").problem(400, "bad_filter")

    def test_what_is_wrong_with_a_list_names_the_field(self):
        for query, field, code in (
                ({"filter": {"nonsense": {"eq": 1}}}, "nonsense", "unknown_field"),
                ({"filter": {"source": {"like": "x"}}}, "source", "rule"),
                ({"filter": {"budget_fen": {"eq": "x"}}}, "budget_fen", "wrong_type"),
                ({"filter": {"budget_fen": {"in": 5}}}, "budget_fen", "rule"),
                ({"filter": {"first_contact_on": {"lt": "2026-13-01"}}}, "first_contact_on",
                 "bad_date"),
                ({"fields": "company_name,nope"}, "fields", "rule"),
                ({"count": "nonsense"}, "count", "rule"),
                ({"filter": "{"}, "filter", "bad_json"), ({"sort": "nonsense"}, "sort", "rule"),
                ({"limit": 201}, "limit", "rule"), ({"expand": "nonsense"}, "expand", "rule")):
            with self.subTest(query=query):
                answer = self.as_("sales").get("/api/v1/leads", **query)
                self.assertEqual(answer.status, 400)
                self.assertEqual([(e["field"], e["code"]) for e in answer.json["errors"]],
                                 [(field, code)])
        for bad in ({"source": "nonsense"}, {"source": {"in": ["tender", "nonsense"]}}):
            self.as_("sales").get("/api/v1/leads", filter=bad).problem(
                422, "invalid", "source", "not_in_list")
        # In the reader's language, all of it.
        p = self.as_("sales").get("/api/v1/leads", filter={"source": {"like": "x"}}).problem(
            400, "bad_filter")
        self.assertEqual(p["title"], "筛选条件有误：“source”没有运算符 like")

    def test_cursor_that_is_none(self):
        self.as_("sales").get("/api/v1/leads", cursor="nonsense").problem(400, "bad_cursor")

    def test_total_only_when_asked(self):
        self.assertNotIn("total", self.as_("sales").get("/api/v1/leads").ok())
        page = self.as_("sales").get("/api/v1/leads", count="exact", limit=1).ok()
        self.assertEqual((page["total"], len(page["items"])), (25, 1))

    def test_limit_has_an_end(self):
        answer = self.as_("sales").get("/api/v1/leads", limit=201)
        self.assertEqual(answer.status, 400)

    def test_references_expand_and_fields_narrow(self):
        item = self.items(limit=1, expand="owner")[0]
        self.assertEqual(item["owner"]["name"], "张伟")
        item = self.items(limit=1, fields="company_name")[0]
        self.assertIn("company_name", item)
        self.assertNotIn("budget_fen", item)

    def test_search_in_a_list(self):
        self.assertEqual([i["company_name"] for i in self.items(q="公司07")], ["列表公司07"])


class Whose(HttpTest):
    def test_others_records_are_not_there(self):
        mine = self.as_("sales").post("/api/v1/leads", {"company_name": "我的"}).made()
        path = f"/api/v1/leads/{mine['id']}"
        other = self.as_("sales2")
        other.get(path).problem(404, "not_found")
        other.patch(path, {"title": "x"}, mine["version"]).problem(404, "not_found")
        other.delete(path).problem(404, "not_found")
        other.get(path + "/history").problem(404, "not_found")
        self.assertEqual([i for i in other.get("/api/v1/leads").ok()["items"]
                          if i["id"] == mine["id"]], [])

    def test_who_may_read_but_not_change_is_forbidden(self):
        mine = self.as_("sales").post("/api/v1/accounts", {"name": "只读"}).made()
        path = f"/api/v1/accounts/{mine['id']}"
        self.as_("executive").get(path).ok()
        self.as_("executive").patch(path, {"name": "x"}, mine["version"]).problem(403, "forbidden")
        self.as_("executive").delete(path).problem(403, "forbidden")

    def test_reference_one_may_not_see_does_not_exist(self):
        mine = self.as_("sales").post("/api/v1/accounts", {"name": "看不见"}).made()
        self.as_("sales2").post("/api/v1/opportunities", {
            "name": "借道", "account_id": mine["id"]}).problem(
                422, "invalid", "account_id", "reference_not_found")


if __name__ == "__main__":
    unittest.main()

"""Saved views, who sees and changes them, what a list opens with; lists in groups."""
import unittest

from harness import HttpTest


class Views(HttpTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        admin = cls.as_("admin")
        top = admin.post("/api/v1/teams", {"name": "销售部"}).made()["id"]
        east = admin.post("/api/v1/teams", {"name": "华东组", "parent_id": top}).made()["id"]
        west = admin.post("/api/v1/teams", {"name": "西部组", "parent_id": top}).made()["id"]
        cls.teams = {"top": top, "east": east, "west": west}
        for who, team in (("sales", east), ("manager", east), ("sales2", west)):
            me = cls.as_(who).get("/api/v1/me").ok()["user"]["id"]
            user = admin.get(f"/api/v1/users/{me}").ok()
            admin.patch(f"/api/v1/users/{me}", {"team_id": team}, user["version"]).ok()

    def view(self, who, name, **more):
        return self.as_(who).post("/api/v1/views", {"name": name, "entity": "lead", **more}).made()

    def tabs(self, who, entity="lead"):
        got = self.as_(who).get("/api/v1/my/views", entity=entity).ok()
        return [v["name"] for v in got["items"]], got["default"]

    def test_a_view_keeps_everything_a_list_can_be_asked(self):
        flt = '{"or":[{"status":{"eq":"new"}},{"and":[{"source":{"in":["website"]}},{"not":{"budget_fen":{"lt":100}}}]}]}'
        v = self.view("sales", "整套", filter=flt, columns="company_name:300,status,budget_fen:120",
                      sort="-budget_fen,company_name", group_by="created_at:month", q="精密")
        got = self.as_("sales").get(f"/api/v1/views/{v['id']}").ok()
        self.assertEqual((got["filter"], got["columns"], got["sort"], got["group_by"], got["q"]),
                         (flt, "company_name:300,status,budget_fen:120",
                          "-budget_fen,company_name", "created_at:month", "精密"))
        self.assertEqual(got["share"], "personal")

    def test_what_a_list_would_refuse_is_not_saved(self):
        me = self.as_("sales")
        for field, bad in (("filter", '{"nothing":{"eq":1}}'), ("filter", "{"),
                           ("filter", '{"and":[]}'), ("sort", "nothing"), ("columns", "nothing"),
                           ("columns", "company_name:wide"), ("group_by", "need"),
                           ("group_by", "status:month")):
            me.post("/api/v1/views", {"name": "坏", "entity": "lead", field: bad}).problem(
                422, "invalid", field, "rule")
        me.post("/api/v1/views", {"name": "坏", "entity": "nothing"}).problem(
            422, "invalid", "entity", "reference_not_found")

    def test_a_field_apart_is_no_part_of_a_view(self):
        for field, asked in (("filter", '{"cost_fen":{"gt":1}}'), ("sort", "cost_fen"),
                             ("columns", "name,cost_fen")):
            self.as_("sales").post("/api/v1/views", {"name": "成本", "entity": "product",
                                                     field: asked}).problem(422, "invalid", field)
            self.as_("admin").post("/api/v1/views", {"name": "成本", "entity": "product",
                                                     field: asked}).made()

    def test_personal_is_seen_by_nobody_else(self):
        v = self.view("sales", "只给自己")
        self.assertIn("只给自己", self.tabs("sales")[0])
        for who in ("sales2", "manager", "admin"):
            self.assertNotIn("只给自己", self.tabs(who)[0])
            self.as_(who).get(f"/api/v1/views/{v['id']}").problem(404, "not_found")
            self.as_(who).delete(f"/api/v1/views/{v['id']}").problem(404, "not_found")

    def test_sharing_is_by_who_may(self):
        self.as_("sales").post("/api/v1/views", {"name": "越权", "entity": "lead", "share": "all"}
                               ).problem(422, "invalid", "share", "rule")
        self.as_("manager").post("/api/v1/views", {"name": "越权", "entity": "lead", "share": "all"}
                                 ).problem(422, "invalid", "share", "rule")
        self.as_("manager").post(
            "/api/v1/views", {"name": "越权", "entity": "lead", "share": "team",
                              "team_id": self.teams["west"]}).problem(422, "invalid", "team_id")
        v = self.view("manager", "华东本周", share="team")
        self.assertEqual(v["team_id"], self.teams["east"])
        self.assertIn("华东本周", self.tabs("sales")[0])
        self.assertNotIn("华东本周", self.tabs("sales2")[0])
        self.as_("sales").patch(f"/api/v1/views/{v['id']}", {"name": "改"}, v["version"]).problem(
            403, "forbidden")
        self.as_("sales").delete(f"/api/v1/views/{v['id']}").problem(403, "forbidden")

    def test_a_team_above_shares_with_those_below(self):
        self.view("admin", "全销售", share="team", team_id=self.teams["top"])
        for who in ("sales", "sales2", "manager"):
            self.assertIn("全销售", self.tabs(who)[0])
        self.assertNotIn("全销售", self.tabs("legal")[0])

    def test_order_is_each_persons_own(self):
        one, two = self.view("sales2", "甲"), self.view("sales2", "乙")
        self.as_("sales2").post("/api/v1/my/views/order", {
            "entity": "lead", "ids": [two["id"], one["id"]]}).expect(204)
        names = self.tabs("sales2")[0]
        self.assertLess(names.index("乙"), names.index("甲"))
        self.as_("sales2").post("/api/v1/my/views/order", {"entity": "lead", "ids": ["x"]}).problem(
            422, "invalid", "ids")
        self.as_("sales2").get("/api/v1/my/views", entity="nothing").problem(400, "bad_request")
        self.as_("sales2").post("/api/v1/my/views/order", {"entity": "nothing", "ids": []}).problem(
            400, "bad_request")

    def test_default_of_a_role_and_of_a_person(self):
        shared = self.view("admin", "法务默认", share="all")
        path = f"/api/v1/views/{shared['id']}/default"
        self.as_("sales").post(path, {"role": "legal"}).problem(403, "forbidden")
        self.as_("admin").post(path, {"role": "legal", "on": True}).expect(204)
        self.as_("admin").post(path, {"role": "nobody"}).problem(422, "invalid", "role")
        self.assertEqual(self.tabs("legal")[1], shared["id"])
        own = self.view("legal", "我的")
        mine = f"/api/v1/views/{own['id']}/default"
        self.as_("admin").post(mine, {"role": "legal"}).problem(404, "not_found")
        self.as_("legal").post(mine).expect(204)
        self.assertEqual(self.tabs("legal")[1], own["id"])
        self.as_("legal").post(mine, {"on": False}).expect(204)
        self.assertEqual(self.tabs("legal")[1], shared["id"])
        self.as_("admin").delete(f"/api/v1/views/{shared['id']}").expect(204)
        self.assertIsNone(self.tabs("legal")[1])
        private = self.view("admin", "没共享")
        self.as_("admin").post(f"/api/v1/views/{private['id']}/default", {"role": "legal"}).problem(
            422, "invalid", "role", "rule")


class Groups(HttpTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for who, account, rows in (
                ("sales", "甲厂", (("2026-01-31", 100, "CNY"), ("2026-02-01", 250, "CNY"),
                                 ("2026-02-28", 50, "USD"), (None, None, "CNY"))),
                ("sales2", "乙厂", (("2026-02-10", 7, "CNY"), ("2026-11-30", 9, "CNY")))):
            me = cls.as_(who)
            a = me.post("/api/v1/accounts", {"name": account}).made()["id"]
            for day, amount, currency in rows:
                me.post("/api/v1/opportunities", {
                    "name": f"{account}{day}", "account_id": a, "amount_fen": amount,
                    "currency": currency, "expected_sign_on": day}).made()

    def groups(self, who, by, **query):
        return self.as_(who).get("/api/v1/opportunities/groups", by=by, **query).ok()

    @staticmethod
    def sums(one):
        return {(s["field"], s["currency"]): s["amount_fen"] for s in one["sums"]}

    def test_months_with_counts_and_sums_by_currency(self):
        got = self.groups("sales", "expected_sign_on:month")
        self.assertEqual([(g["value"], g["count"]) for g in got["items"]],
                         [("2026-01", 1), ("2026-02", 2), (None, 1)])
        feb = got["items"][1]
        self.assertEqual(self.sums(feb), {("amount_fen", "CNY"): 250, ("amount_fen", "USD"): 50})
        self.assertEqual(got["count"], 4)
        self.assertEqual(self.sums(got), {("amount_fen", "CNY"): 350, ("amount_fen", "USD"): 50})

    def test_only_what_one_may_see_is_counted(self):
        by_owner = self.groups("sales", "owner_id")
        self.assertEqual([(g["label"], g["count"]) for g in by_owner["items"]], [("张伟", 4)])
        everything = self.groups("admin", "owner_id")
        self.assertEqual({g["label"]: g["count"] for g in everything["items"]},
                         {"张伟": 4, "李娜": 2})
        self.assertEqual([g["label"] for g in everything["items"]], ["张伟", "李娜"])

    def test_the_filter_of_a_group_finds_its_rows(self):
        me = self.as_("admin")
        for by in ("expected_sign_on:day", "expected_sign_on:month", "expected_sign_on:quarter",
                   "expected_sign_on:year", "created_at:day", "created_at:month", "owner_id",
                   "account_id", "stage_code", "outcome", "currency", "imported"):
            got = self.groups("admin", by)
            self.assertEqual(sum(g["count"] for g in got["items"]), got["count"])
            for g in got["items"]:
                rows = me.get("/api/v1/opportunities", filter=g["filter"], count="exact").ok()
                self.assertEqual(rows["total"], g["count"], (by, g))

    def test_quarters_and_stages_are_told_by_name_and_in_order(self):
        got = self.groups("admin", "expected_sign_on:quarter")
        self.assertEqual([g["label"] for g in got["items"]], ["2026-Q1", "2026-Q4", "（空）"])
        stage = self.groups("admin", "stage_code")["items"][0]
        self.assertNotEqual(stage["label"], stage["value"])
        self.assertEqual([g["label"] for g in self.groups("admin", "outcome")["items"]], ["进行中"])

    def test_filter_and_search_narrow_the_groups(self):
        got = self.groups("admin", "expected_sign_on:month",
                          filter={"or": [{"amount_fen": {"eq": 7}}, {"amount_fen": {"eq": 9}}]})
        self.assertEqual([(g["value"], g["count"]) for g in got["items"]],
                         [("2026-02", 1), ("2026-11", 1)])
        self.assertEqual(self.groups("admin", "owner_id", q="乙厂")["count"], 2)

    def test_what_cannot_be_grouped_by_is_refused(self):
        me = self.as_("sales")
        for by in ("nothing", "description", "amount_fen", "owner_id:month", "created_at:week", ""):
            me.get("/api/v1/opportunities/groups", by=by).problem(400, "bad_request", "by", "rule")
        me.get("/api/v1/products/groups", by="cost_fen").problem(400, "bad_request", "by")

    def test_an_amount_apart_is_summed_for_nobody_else(self):
        self.as_("admin").post("/api/v1/products", {"name": "泵", "list_price_fen": 900,
                                                    "cost_fen": 500}).made()
        for who, fields in (("admin", {"list_price_fen", "cost_fen"}), ("sales", {"list_price_fen"})):
            got = self.as_(who).get("/api/v1/products/groups", by="kind").ok()
            self.assertEqual({s["field"] for s in got["sums"]}, fields)


if __name__ == "__main__":
    unittest.main()

"""A field with a permission of its own (what a product costs) does not exist for who lacks it."""
import io
import json
import unittest
import zipfile

from harness import Client, HttpTest, Stream

COST = 4321097


class FieldRights(HttpTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Somebody who changes products without seeing what they cost.
        cls.as_("admin").patch("/api/v1/roles", {"csm": {"product.update": "all"}}).ok()
        me = cls.as_("finance")
        p = cls.as_("admin").post("/api/v1/products", {
            "name": "数控联网网关", "code": "GW-COST", "cost_fen": 1}).made()
        cls.path = f"/api/v1/products/{p['id']}"
        cls.id_ = p["id"]
        me.patch(cls.path, {"cost_fen": COST}, p["version"]).ok()

    def both(self, path, **query):
        """(answer to who may see it, to who may not), as text."""
        return (self.as_("finance").get(path, **query).expect(200).text,
                self.as_("csm").get(path, **query).expect(200).text)

    def test_cost_is_in_no_answer_to_who_may_not_see_it(self):
        for path, query in ((self.path, {}), (self.path, {"fields": "name,cost_fen"}),
                            ("/api/v1/products", {}), ("/api/v1/products", {"fields": "cost_fen"}),
                            ("/api/v1/products", {"q": "GW-COST"}),
                            (self.path + "/history", {}), (self.path + "/timeline", {})):
            yes, no = self.both(path, **query)
            with self.subTest(path=path, query=query):
                self.assertIn("cost_fen", yes)
                self.assertIn(str(COST), yes)
                self.assertNotIn("cost", no.replace("GW-COST", ""))
                self.assertNotIn(str(COST), no)

    def test_cost_is_in_no_export_of_who_may_not_see_it(self):
        for query in ({"format": "csv"}, {"format": "ndjson"},
                      {"format": "csv", "fields": "name,cost_fen"},
                      {"format": "ndjson", "fields": "name,cost_fen"}):
            yes, no = self.both("/api/v1/products/export", **query)
            with self.subTest(query=query):
                amount = str(COST) if query["format"] == "ndjson" else f"{COST / 100:.2f}"
                self.assertIn(amount, yes)
                self.assertIn("数控联网网关", no)
                for word in (amount, "cost_fen", "成本"):
                    self.assertNotIn(word, no)

    def test_cost_cannot_be_asked_for_by_filter_or_sort(self):
        for query, code in (({"filter": {"cost_fen": {"gt": 0}}}, "bad_filter"),
                            ({"filter": {"not": {"cost_fen": {"is_null": True}}}}, "bad_filter"),
                            ({"sort": "-cost_fen"}, "bad_request")):
            self.as_("finance").get("/api/v1/products", **query).ok()
            self.as_("csm").get("/api/v1/products", **query).problem(400, code)

    def test_cost_is_no_field_of_forms_and_templates(self):
        def names(who):
            meta = self.as_(who).get("/api/v1/meta").ok()
            e = next(e for e in meta["entities"] if e["name"] == "product")
            return [f["name"] for f in e["fields"]]
        self.assertIn("cost_fen", names("finance"))
        self.assertNotIn("cost_fen", names("csm"))
        self.assertIn("list_price_fen", names("csm"))
        self.as_("admin").patch("/api/v1/roles", {"csm": {"import.run": "all"}}).ok()
        for who, has in (("techlead", True), ("csm", False)):
            sheet = self.as_(who).get("/api/v1/imports/template", entity="product").expect(200).body
            with zipfile.ZipFile(io.BytesIO(sheet)) as z:
                text = b"".join(z.read(n) for n in z.namelist())
            self.assertEqual("成本".encode() in text, has, who)

    def test_cost_is_not_written_by_who_may_not_see_it_and_stays(self):
        csm = self.as_("csm")
        version = csm.get(self.path).ok()["version"]
        csm.patch(self.path, {"cost_fen": 2}, version).problem(422, "invalid", "cost_fen",
                                                               "unknown_field")
        changed = csm.patch(self.path, {"unit": "套"}, version).ok()
        self.assertNotIn("cost_fen", changed)
        self.assertEqual(self.as_("finance").get(self.path).ok()["cost_fen"], COST)

    def test_conflict_does_not_tell_it_either(self):
        version = self.as_("finance").get(self.path).ok()["version"]
        self.as_("finance").patch(self.path, {"cost_fen": COST + 1, "series": "网关"}, version).ok()
        said = self.as_("csm").patch(self.path, {"unit": "个"}, version).problem(
            412, "version_conflict")
        self.assertEqual([c["field"] for c in said["changes"]], ["series"])
        self.assertNotIn("cost_fen", said["current"])
        now = self.as_("finance").get(self.path).ok()
        self.as_("finance").patch(self.path, {"cost_fen": COST}, now["version"]).ok()

    def test_token_without_the_permission_does_not_see_it(self):
        made = self.as_("finance").post("/api/v1/me/tokens", {
            "name": "目录", "scopes": "product.read"}).made()
        narrow = Client(self.server, "finance, narrowed", made["token"], self.write_down)
        self.assertNotIn("cost_fen", narrow.get(self.path).ok())


class RightsOfRoles(HttpTest):
    """What a role may do with a field is data: (role, entity, field) → none, read, edit."""

    PHONE, BUDGET = "13987654321", 7654300

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        admin = cls.as_("admin")
        admin.patch("/api/v1/field-rights", {
            "sales": {"lead": {"phone": "none", "budget_fen": "read", "source_detail": "none"},
                      "opportunity": {"amount_fen": "none", "source": "none"},
                      "account": {"grade": "none", "revenue_fen": "read"}},
            "csm": {"lead": {"phone": "read"}}}).ok()
        cls.tripod("user", "add", "both", "--name", "双岗", "--role", "sales,csm",
                   "--password-stdin", stdin="correct horse 42 电池\n")
        cls.tokens["both"] = cls.tripod("token", "create", "--user", "both").stdout.strip()
        admin.patch("/api/v1/roles", {"csm": {"lead.read": "all", "lead.update": "all",
                                              "lead.create": "all"}}).ok()
        cls.sales_id = cls.as_("sales").get("/api/v1/me").ok()["user"]["id"]
        lead = admin.post("/api/v1/leads", {
            "company_name": "恒力液压", "phone": cls.PHONE, "budget_fen": cls.BUDGET,
            "source_detail": "珠峰展会", "owner_id": cls.sales_id}).made()
        cls.lead = f"/api/v1/leads/{lead['id']}"
        account = admin.post("/api/v1/accounts", {
            "name": "徐工集团", "grade": "A", "revenue_fen": 100,
            "owner_id": cls.sales_id}).made()
        cls.account = f"/api/v1/accounts/{account['id']}"
        deal = admin.post("/api/v1/opportunities", {
            "name": "智能产线", "account_id": account["id"], "amount_fen": cls.BUDGET,
            "owner_id": cls.sales_id}).made()
        cls.deal = f"/api/v1/opportunities/{deal['id']}"

    def test_hidden_field_is_in_no_answer(self):
        sales, admin = self.as_("sales"), self.as_("admin")
        for path, query in ((self.lead, {}), (self.lead, {"fields": "phone,title"}),
                            ("/api/v1/leads", {}), ("/api/v1/leads", {"q": "恒力"}),
                            (self.lead + "/history", {}), (self.lead + "/timeline", {}),
                            ("/api/v1/leads/export", {"format": "ndjson"}),
                            ("/api/v1/leads/export", {"format": "csv"})):
            with self.subTest(path=path, query=query):
                self.assertIn(self.PHONE, admin.get(path, **query).expect(200).text)
                self.assertNotIn(self.PHONE, sales.get(path, **query).expect(200).text)
        self.assertNotIn("phone", sales.get(self.lead).ok())

    def test_hidden_field_cannot_be_asked_for(self):
        sales = self.as_("sales")
        sales.get("/api/v1/leads", filter={"phone": {"begins": "139"}}).problem(400, "bad_filter")
        sales.get("/api/v1/leads", sort="phone").problem(400, "bad_request")
        sales.get("/api/v1/leads", filter={"budget_fen": {"ge": 1}}, sort="budget_fen").ok()

    def test_hidden_field_finds_nothing(self):
        def found(who, words):
            r = self.as_(who).get("/api/v1/leads", q=words, count="exact").ok()
            hits = self.as_(who).get("/api/v1/search", q=words).ok()["groups"]
            self.assertEqual(r["total"], len(r["items"]))
            self.assertEqual(bool(hits), bool(r["items"]), (who, words))
            return [i["company_name"] for i in r["items"]]
        for words in (self.PHONE[-4:], self.PHONE, "珠峰", "zhufeng", "zf", "恒力 珠峰"):
            with self.subTest(words=words):
                self.assertEqual(found("admin", words), ["恒力液压"])
                self.assertEqual(found("sales", words), [])
        for words in ("恒力", "hengli", "hlyy"):
            self.assertEqual(found("sales", words), ["恒力液压"])
        # the same words in a field one sees are found
        own = self.as_("admin").post("/api/v1/leads", {
            "company_name": "珠峰登山", "owner_id": self.sales_id}).made()
        self.assertEqual(found("sales", "珠峰"), ["珠峰登山"])
        self.as_("admin").delete(f"/api/v1/leads/{own['id']}").expect(204)

    def test_field_to_read_is_not_written(self):
        sales = self.as_("sales")
        lead = sales.get(self.lead).ok()
        self.assertEqual(lead["budget_fen"], self.BUDGET)
        sales.patch(self.lead, {"budget_fen": 1}, lead["version"]).problem(
            422, "invalid", "budget_fen", "read_only")
        sales.patch(self.lead, {"phone": "1"}, lead["version"]).problem(
            422, "invalid", "phone", "unknown_field")
        sales.post("/api/v1/leads", {"company_name": "新线索", "budget_fen": 1}).problem(
            422, "invalid", "budget_fen", "read_only")
        changed = sales.patch(self.lead, {"title": "厂长"}, lead["version"]).ok()
        admin = self.as_("admin").get(self.lead).ok()
        self.assertEqual((admin["phone"], admin["budget_fen"]), (self.PHONE, self.BUDGET))
        self.assertEqual(changed["title"], "厂长")

    def test_form_is_told_what_is_locked(self):
        def fields(who):
            meta = self.as_(who).get("/api/v1/meta").ok()["entities"]
            return {f["name"]: f for e in meta if e["name"] == "lead" for f in e["fields"]}
        sales = fields("sales")
        self.assertNotIn("phone", sales)
        self.assertEqual((sales["budget_fen"]["readonly"], sales["budget_fen"]["locked"]),
                         (True, True))
        self.assertEqual((sales["status"]["readonly"], sales["status"]["locked"]), (False, False))
        self.assertEqual((sales["converted_at"]["readonly"], sales["converted_at"]["locked"]),
                         (True, False))
        self.assertFalse(fields("admin")["budget_fen"]["locked"])

    def test_widest_of_several_roles_wins(self):
        both = self.as_("both").get(self.lead).ok()
        self.assertEqual(both["phone"], self.PHONE)  # sales none, csm read
        self.as_("both").patch(self.lead, {"phone": "1391"}, both["version"]).problem(
            422, "invalid", "phone", "read_only")
        # sales read, csm says nothing: edit
        self.as_("both").patch(self.lead, {"budget_fen": self.BUDGET}, both["version"]).ok()

    def test_import_does_not_write_it(self):
        sales = self.as_("sales")
        self.as_("admin").patch("/api/v1/roles", {"sales": {"import.run": "own"}}).ok()
        for column, field in (("电话", "phone"), ("预算", "budget_fen")):
            csv = f"公司名称,{column}\n偷录公司,123\n".encode()
            up = sales.upload("/api/v1/imports", "file", "a.csv", csv, "text/csv",
                              entity="lead").made()
            taken = {c["name"]: c["field"] for c in up["look"]["columns"]}
            self.assertEqual(taken, {"公司名称": "company_name", column: None})
            map_ = up["look"]["map"]
            map_["records"][0]["fields"][field] = {"column": column}
            sales.post(f"/api/v1/imports/{up['id']}/dry-run", {"map": map_}).problem(
                422, "import_map")

    def test_numbers_do_not_tell_it(self):
        sales, admin = self.as_("sales"), self.as_("admin")
        admin.get("/api/v1/metrics/won_amount").ok()
        sales.get("/api/v1/metrics/won_amount").problem(403, "forbidden")
        sales.get("/api/v1/metrics/amount_per_head").problem(403, "forbidden")
        admin.get("/api/v1/metrics/win_rate", by="source").ok()
        sales.get("/api/v1/metrics/win_rate").ok()
        for by in ("source", "grade"):
            sales.get("/api/v1/metrics/win_rate", by=by).problem(400, "bad_request")
        for who, sees in (("admin", True), ("sales", False)):
            totals = self.as_(who).get(self.account + "/overview").ok()["totals"]
            self.assertEqual([t["amount_fen"] for t in totals], [self.BUDGET if sees else None])
            self.assertEqual(str(self.BUDGET) in self.as_(who).get("/api/v1/board").expect(200).text,
                             sees)

    def test_names_and_required_fields_are_not_hidden(self):
        admin = self.as_("admin")
        for change, field, code in (
                ({"sales": {"lead": {"company_name": "none"}}}, "sales.lead.company_name", "rule"),
                ({"sales": {"contact": {"account_id": "none"}}}, "sales.contact.account_id", "rule"),
                ({"sales": {"lead": {"phones": "none"}}}, "sales.lead.phones", "unknown_field"),
                ({"sales": {"lead": {"company_key": "read"}}}, "sales.lead.company_key",
                 "unknown_field"),
                ({"sales": {"leads": {"phone": "none"}}}, "sales.leads", "unknown_field"),
                ({"sales": {"node": {"code": "none"}}}, "sales.node", "unknown_field"),
                ({"seller": {"lead": {"phone": "none"}}}, "seller", "unknown_field"),
                ({"administrator": {"user": {"roles": "read"}}}, "administrator.user.roles",
                 "rule")):
            with self.subTest(change=change):
                admin.patch("/api/v1/field-rights", change).problem(422, "invalid", field, code)
        admin.patch("/api/v1/field-rights", {"sales": {"lead": {"phone": "some"}}}).expect(422)

    def test_changed_by_administrators_alone_and_in_the_log(self):
        sales, admin = self.as_("sales"), self.as_("admin")
        sales.get("/api/v1/field-rights").problem(403, "forbidden")
        sales.patch("/api/v1/field-rights", {}).problem(403, "forbidden")
        self.nobody().get("/api/v1/field-rights").problem(401, "unauthenticated")
        self.nobody().patch("/api/v1/field-rights", {}).problem(401, "unauthenticated")
        self.assertIn("website", sales.get(self.account).ok())
        changed = admin.patch("/api/v1/field-rights",
                              {"sales": {"account": {"website": "none"}}}).ok()
        self.assertEqual(changed["rights"]["sales"]["account"]["website"], "none")
        self.assertNotIn("website", sales.get(self.account).ok())
        back = admin.patch("/api/v1/field-rights", {"sales": {"account": {"website": None}}}).ok()
        self.assertNotIn("website", back["rights"]["sales"]["account"])
        self.assertIn("website", sales.get(self.account).ok())
        self.assertEqual(back["defaults"]["csm"]["product"], {"cost_fen": "none"})
        log = self.tripod("events", "export", "--format", "ndjson").stdout
        seen = [e["payload"]["access"] for e in map(json.loads, log.splitlines())
                if e["kind"] == "role.fields_changed"]
        self.assertEqual(seen[-2:], [{"website": [None, "none"]}, {"website": ["none", None]}])

    def test_live_feed_carries_no_values(self):
        stream = Stream(self.as_("sales"))
        self.addCleanup(stream.close)
        lead = self.as_("admin").get(self.lead).ok()
        self.as_("admin").patch(self.lead, {"need": "换型"}, lead["version"]).ok()
        event = stream.until("lead.updated")
        self.assertNotIn("换型", json.dumps(event, ensure_ascii=False))
        self.assertEqual(event["data"]["entity_id"], lead["id"])


if __name__ == "__main__":
    unittest.main()

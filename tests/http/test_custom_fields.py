"""Fields that an administrator adds behave like those that were shipped: in forms, lists, filters,
sort, search, import, export, history, meta and rights; in every process at once."""
import csv
import io
import json
import time
import unittest
import zipfile

from harness import HttpTest

OPTIONS = json.dumps([{"value": "siemens", "zh": "西门子", "en": "Siemens"},
                      {"value": "fanuc", "zh": "发那科", "en": "Fanuc"}], ensure_ascii=False)

# type: (more of the definition, a value, another value, a wrong one)
TYPES = {
    "text": ({"max_value": 10}, "甲", "乙乙", "x" * 11),
    "longtext": ({}, "一\n二", "三", 4),
    "int": ({"min_value": -5, "max_value": 50}, 7, 12, 51),
    "money": ({}, 120050, 99, "1"),
    "bp": ({}, 1250, 10, 1.5),
    "bool": ({}, True, False, "ja"),
    "date": ({}, "2026-03-05", "2026-04-01", "2026-13-01"),
    "time": ({}, "2026-03-05T01:02:03Z", "2027-01-01T00:00:00Z", "yesterday"),
    "enum": ({"options": OPTIONS}, "fanuc", "siemens", "abb"),
    "set": ({"options": OPTIONS}, ["siemens", "fanuc"], ["fanuc"], ["abb"]),
    "ref": ({"ref_entity": "product"}, None, None, 999999),
    "email": ({}, "a@b.cn", "c@d.cn", "a"),
    "phone": ({"searchable": True}, "13912345678", "021-555666", "n"),
    "url": ({}, "https://a.cn", "http://b.cn", "ftp://c"),
}


class CustomFields(HttpTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        admin = cls.as_("admin")
        cls.product = [admin.post("/api/v1/products", {"name": n}).made()["id"]
                       for n in ("网关", "边缘盒子")]
        cls.names, cls.first, cls.second = {}, {}, {}
        for place, (type_, (more, one, two, _)) in enumerate(TYPES.items(), 1):
            made = admin.post("/api/v1/custom_fields", {
                "entity": "lead", "type": type_, "label_zh": f"自定{type_}",
                "label_en": f"Own {type_}", "place": 1000 - place, **more}).made()
            name = cls.names[type_] = made["name"]
            cls.first[name], cls.second[name] = one, two
        cls.first[cls.names["ref"]], cls.second[cls.names["ref"]] = cls.product
        cls.me = cls.as_("sales").get("/api/v1/me").ok()["user"]["id"]

    def lead(self, **more):
        return self.as_("sales").post("/api/v1/leads", {"company_name": "恒力", **more}).made()

    def test_names_are_made_and_kept(self):
        self.assertEqual(self.names["text"], "cf_own_text")
        self.assertEqual(self.names["ref"], "cf_own_ref_id")
        admin = self.as_("admin")
        d = admin.get("/api/v1/custom_fields", filter={"name": "cf_own_text"}).ok()["items"][0]
        path = f"/api/v1/custom_fields/{d['id']}"
        for field, value in (("name", "cf_x"), ("type", "int"), ("entity", "account")):
            admin.patch(path, {field: value}, d["version"]).problem(422, "invalid", field,
                                                                    "read_only")
        admin.post("/api/v1/custom_fields", {
            "entity": "lead", "type": "int", "label_zh": "又", "label_en": "Own text"}).problem(
                422, "invalid", "name", "duplicate")

    def test_values_of_every_type_go_in_and_out(self):
        made = self.lead(**self.first)
        path = f"/api/v1/leads/{made['id']}"
        self.assertEqual({k: made[k] for k in self.first}, self.first)
        read = self.as_("sales").get(path).ok()
        self.assertEqual({k: read[k] for k in self.first}, self.first)
        changed = self.as_("sales").patch(path, self.second, read["version"]).ok()
        self.assertEqual({k: changed[k] for k in self.second}, self.second)
        empty = self.as_("sales").patch(path, {k: None for k in self.first},
                                        changed["version"]).ok()
        self.assertEqual({k: empty[k] for k in self.first},
                         {k: [] if k == self.names["set"] else None for k in self.first})

    def test_wrong_values_are_refused_by_name(self):
        wrong = {self.names[t]: row[3] for t, row in TYPES.items()}
        p = self.as_("sales").post("/api/v1/leads", {"company_name": "错", **wrong}).problem(
            422, "invalid")
        # a reference is looked up only when the rest is right
        self.assertEqual({e["field"] for e in p["errors"]} | {self.names["ref"]}, set(wrong))
        self.as_("sales").post("/api/v1/leads", {
            "company_name": "错", self.names["ref"]: 999999}).problem(
                422, "invalid", self.names["ref"], "reference_not_found")
        self.as_("sales").post("/api/v1/leads", {"company_name": "错", "cf_none": 1}).problem(
            422, "invalid", "cf_none", "unknown_field")

    def test_lists_filter_sort_page_and_expand(self):
        sales = self.as_("sales")
        n = self.names
        for i in range(5):
            self.lead(need="列表", **{n["int"]: i if i else None, n["text"]: f"t{i}",
                                    n["set"]: ["siemens"] if i % 2 else ["fanuc"],
                                    n["bool"]: i > 2, n["date"]: f"2026-01-0{i + 1}",
                                    n["ref"]: self.product[i % 2]})
        base = {"need": {"eq": "列表"}}

        def values(field, **query):
            return [r[field] for r in sales.get("/api/v1/leads", **query).ok()["items"]]
        for field, op, value, want in (
                (n["int"], "ge", 3, [3, 4]), (n["int"], "is_null", True, [None]),
                (n["int"], "in", [1, 4], [1, 4]), (n["int"], "between", [2, 3], [2, 3]),
                (n["int"], "ne", 2, [None, 1, 3, 4]),
                (n["text"], "begins", "T3", [3]), (n["set"], "contains", "fanuc", [None, 2, 4]),
                (n["bool"], "eq", True, [3, 4]), (n["date"], "lt", "2026-01-03", [None, 1]),
                (n["ref"], "eq", self.product[1], [1, 3])):
            with self.subTest(field=field, op=op):
                self.assertEqual(values(n["int"], filter={"and": [base, {field: {op: value}}]},
                                        sort=n["int"]), want)
        self.assertEqual(values(n["int"], filter=base, sort="-" + n["int"]), [4, 3, 2, 1, None])
        self.assertEqual(values(n["text"], filter=base, sort="-" + n["text"]),
                         ["t4", "t3", "t2", "t1", "t0"])
        seen, cursor = [], None
        while True:
            page = sales.get("/api/v1/leads", filter=base, sort=n["int"], limit=2,
                             **({"cursor": cursor} if cursor else {})).ok()
            seen += [r[n["int"]] for r in page["items"]]
            cursor = page["next"]
            if not cursor:
                break
        self.assertEqual(seen, [None, 1, 2, 3, 4])
        page = sales.get("/api/v1/leads", filter=base, expand="cf_own_ref", count="exact",
                         fields=f"company_name,{n['ref']}", sort=n["int"]).ok()
        self.assertEqual([r["cf_own_ref"]["name"] for r in page["items"]],
                         ["网关", "边缘盒子", "网关", "边缘盒子", "网关"])
        self.assertNotIn(n["int"], page["items"][0])

    def test_lists_are_grouped_by_them(self):
        n = self.names
        for i in range(4):
            self.lead(need="分组", **{n["enum"]: "fanuc" if i % 2 else "siemens",
                                    n["date"]: f"2026-0{i + 1}-15", n["money"]: 100 * (i + 1)})
        for by, want in (("enum", {"fanuc": 2, "siemens": 2}),
                         ("date", {f"2026-0{i}": 1 for i in range(1, 5)})):
            r = self.as_("sales").get("/api/v1/leads/groups", by=n[by],
                                      filter={"need": {"eq": "分组"}}).ok()
            self.assertEqual({g["value"]: g["count"] for g in r["items"]}, want)
            told = sum(s["amount_fen"] for g in r["items"] for s in g["sums"]
                       if s["field"] == n["money"])
            self.assertEqual(told, 1000)

    def test_search_finds_what_is_searchable(self):
        self.lead(**{self.names["phone"]: "18600009876", self.names["text"]: "珠穆朗玛"})

        def found(q):
            return len(self.as_("sales").get("/api/v1/leads", q=q).ok()["items"])
        self.assertEqual((found("9876"), found("珠穆")), (1, 0))
        admin = self.as_("admin")
        d = admin.get("/api/v1/custom_fields", filter={"name": "cf_own_text"}).ok()["items"][0]
        admin.patch(f"/api/v1/custom_fields/{d['id']}", {"searchable": True}, d["version"]).ok()
        until = time.monotonic() + 30  # old records are indexed by a job
        while not found("珠穆") and time.monotonic() < until:
            time.sleep(0.1)
        self.assertEqual((found("珠穆"), found("zhumu")), (1, 1))

    def test_history_names_old_and_new(self):
        made = self.lead(**{self.names["enum"]: "fanuc"})
        path = f"/api/v1/leads/{made['id']}"
        self.as_("sales").patch(path, {self.names["enum"]: "siemens"}, made["version"]).ok()
        change = self.as_("sales").get(path + "/history").ok()["items"][0]["changes"][0]
        self.assertEqual((change["field"], change["label"], change["old_text"],
                          change["new_text"]), (self.names["enum"], "自定enum", "发那科", "西门子"))

    def test_meta_tells_labels_bounds_choices_and_order(self):
        meta = self.as_("sales").get("/api/v1/meta").ok()
        e = next(e for e in meta["entities"] if e["name"] == "lead")
        own = [f for f in e["fields"] if f["custom"]]
        self.assertEqual([f["type"] for f in own], list(reversed(TYPES)))
        by = {f["name"]: f for f in own}
        self.assertEqual(by["cf_own_int"]["min"], -5)
        self.assertEqual([o["value"] for o in by["cf_own_enum"]["enum"]], ["siemens", "fanuc"])
        self.assertEqual(by["cf_own_int"]["label"], {"zh": "自定int", "en": "Own int"})
        self.assertFalse(any(f["custom"] for f in e["fields"][:20]))

    def test_template_import_and_export_carry_them(self):
        sales = self.as_("sales")
        self.as_("admin").patch("/api/v1/roles", {"sales": {"import.run": "own"}}).ok()
        sheet = sales.get("/api/v1/imports/template", entity="lead").expect(200).body
        with zipfile.ZipFile(io.BytesIO(sheet)) as z:
            text = b"".join(z.read(n) for n in z.namelist()).decode()
        for type_ in TYPES:
            self.assertIn(f"自定{type_}", text)
        file = ("公司名称,自定int,自定enum,自定bool,自定money,自定ref,自定set\n"
               "导入一厂,9,发那科,是,12.50,网关,西门子;发那科\n").encode()
        up = sales.upload("/api/v1/imports", "file", "a.csv", file, "text/csv",
                          entity="lead").made()
        self.assertEqual([c["field"] for c in up["look"]["columns"]],
                         ["company_name", "cf_own_int", "cf_own_enum", "cf_own_bool",
                          "cf_own_money", "cf_own_ref_id", "cf_own_set"])
        run = f"/api/v1/imports/{up['id']}"
        sales.post(run + "/run", {"map": up["look"]["map"]}).ok(202)
        until = time.monotonic() + 60
        while sales.get(run).ok()["state"] not in ("done", "failed") and time.monotonic() < until:
            time.sleep(0.1)
        self.assertEqual(sales.get(run).ok()["errors"], [])
        row = sales.get("/api/v1/leads", filter={"company_name": "导入一厂"}).ok()["items"][0]
        self.assertEqual([row[self.names[t]] for t in ("int", "enum", "bool", "money", "ref", "set")],
                         [9, "fanuc", True, 1250, self.product[0], ["siemens", "fanuc"]])
        text = sales.get("/api/v1/leads/export", format="csv",
                        filter={"company_name": "导入一厂"}).expect(200).text
        cells = next(csv.DictReader(io.StringIO(text.lstrip("\ufeff"))))
        self.assertEqual((cells["自定enum"], cells["自定money"], cells["自定ref"]),
                         ("发那科", "12.50", "网关"))
        told = sales.get("/api/v1/leads/export", format="ndjson",
                         filter={"company_name": "导入一厂"}).expect(200).json
        self.assertEqual((told["cf_own_int"], told["cf_own_ref"]["name"]), (9, "网关"))

    def test_rights_hold_for_them(self):
        admin, sales = self.as_("admin"), self.as_("sales")
        made = admin.post("/api/v1/custom_fields", {
            "entity": "lead", "type": "text", "label_zh": "密", "label_en": "Secret word",
            "searchable": True, "roles": ["executive", "finance"]}).made()
        lead = admin.post("/api/v1/leads", {"company_name": "权限厂", made["name"]: "喜马拉雅",
                                            "owner_id": self.me}).made()
        path = f"/api/v1/leads/{lead['id']}"
        for who, sees in (("admin", True), ("executive", True), ("sales", False)):
            with self.subTest(who=who):
                text = self.as_(who).get(path).expect(200).text
                self.assertEqual("喜马拉雅" in text, sees)
                hits = self.as_(who).get("/api/v1/leads", q="喜马").ok()["items"]
                self.assertEqual(len(hits), sees)
        self.assertNotIn("喜马拉雅", sales.get(path + "/history").expect(200).text)
        admin.patch("/api/v1/field-rights", {"sales": {"lead": {made["name"]: "read"}}}).ok()
        self.assertEqual(sales.get(path).ok()[made["name"]], "喜马拉雅")
        sales.patch(path, {made["name"]: "x"}, lead["version"]).problem(
            422, "invalid", made["name"], "read_only")

    def test_required_default_and_retired(self):
        admin, sales = self.as_("admin"), self.as_("sales")
        c = {"name": "旧客户"}
        old = sales.post("/api/v1/accounts", c).made()
        d = admin.post("/api/v1/custom_fields", {
            "entity": "account", "type": "enum", "label_zh": "机床", "label_en": "Machines",
            "options": OPTIONS, "required": True}).made()
        kind = admin.post("/api/v1/custom_fields", {
            "entity": "account", "type": "int", "label_zh": "台数", "label_en": "Count",
            "dflt": "3"}).made()
        sales.post("/api/v1/accounts", {"name": "新客户"}).problem(422, "invalid", d["name"],
                                                                "required")
        new = sales.post("/api/v1/accounts", {"name": "新客户", d["name"]: "fanuc"}).made()
        self.assertEqual(new[kind["name"]], 3)
        # an old record is changed without it
        old = sales.patch(f"/api/v1/accounts/{old['id']}", {"name": "旧客户二"},
                          old["version"]).ok()
        self.assertIsNone(old[d["name"]])
        path = f"/api/v1/custom_fields/{d['id']}"
        admin.patch(path, {"options": '[{"value":"fanuc","zh":"发","en":"F"}]'},
                    d["version"]).problem(422, "invalid", "options", "rule")
        admin.patch(path, {"retired": True}, d["version"]).ok()
        self.assertEqual(sales.get(f"/api/v1/accounts/{new['id']}").ok()[d["name"]], "fanuc")
        sales.patch(f"/api/v1/accounts/{new['id']}", {d["name"]: "siemens"},
                    new["version"]).problem(422, "invalid", d["name"], "read_only")
        sales.post("/api/v1/accounts", {"name": "第三"}).made()
        kept = sales.patch(f"/api/v1/accounts/{new['id']}", {kind["name"]: 4},
                           new["version"]).ok()
        self.assertEqual((kept[d["name"]], kept[kind["name"]]), ("fanuc", 4))

    def test_definitions_are_checked(self):
        def refused(field, code, **d):
            d = {"entity": "task", "type": "text", "label_zh": "名", "label_en": "N", **d}
            self.as_("admin").post("/api/v1/custom_fields", d).problem(422, "invalid", field, code)
        refused("entity", "rule", entity="node")
        refused("entity", "rule", entity="nothing")
        refused("type", "not_in_list", type="json")
        refused("label_en", "required", label_en="")
        refused("options", "required", type="enum")
        refused("options", "rule", type="set", options="[]")
        refused("options", "rule", type="enum", options='[{"value":"a b","zh":"a","en":"a"}]')
        refused("options", "rule", options=OPTIONS)
        refused("ref_entity", "rule", type="ref")
        refused("max_value", "rule", type="int", min_value=5, max_value=1)
        refused("dflt", "too_large", type="int", max_value=5, dflt="6")
        refused("name", "rule", label_en="机床", name="机床")

    def test_changed_by_administrators_alone(self):
        sales = self.as_("sales")
        body = {"entity": "task", "type": "text", "label_zh": "名", "label_en": "N"}
        sales.get("/api/v1/custom_fields").problem(403, "forbidden")
        sales.post("/api/v1/custom_fields", body).problem(403, "forbidden")
        self.as_("admin").delete("/api/v1/custom_fields/1").expect(404, 405)
        d = self.as_("admin").get("/api/v1/custom_fields", limit=1).ok()["items"][0]
        path = f"/api/v1/custom_fields/{d['id']}"
        history = self.as_("admin").get(path + "/history").ok()["items"]
        self.assertEqual(history[-1]["kind"], "custom_field.created")


if __name__ == "__main__":
    unittest.main()

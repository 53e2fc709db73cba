"""A field with a permission of its own (what a product costs) does not exist for who lacks it."""
import io
import unittest
import zipfile

from harness import Client, HttpTest

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


if __name__ == "__main__":
    unittest.main()

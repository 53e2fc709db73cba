"""What accounts know of themselves: groups, the unified social credit code, industry with its section
of GB/T 4754, region, revenue, headcount; and the lists that they choose from, which people edit."""
import unittest

from harness import HttpTest


class Groups(HttpTest):
    def make(self, name, parent=None):
        return self.as_("sales").post("/api/v1/accounts", {
            "name": name, "parent_id": parent and parent["id"]}).made()

    def test_group_is_shown_from_above_and_below(self):
        top = self.make("中车集团")
        middle = self.make("中车株洲", top)
        low = [self.make(f"株洲第{n}分厂", middle) for n in (1, 2)]
        over = self.as_("sales").get(f"/api/v1/accounts/{middle['id']}/overview").ok()
        self.assertEqual([a["name"] for a in over["parents"]], ["中车集团"])
        self.assertEqual({a["id"] for a in over["children"]}, {a["id"] for a in low})
        found = self.as_("sales").get("/api/v1/accounts", expand="parent",
                                      filter={"parent_id": {"eq": middle["id"]}}).ok()["items"]
        self.assertEqual([a["parent"]["name"] for a in found], ["中车株洲"] * 2)

    def test_group_has_no_circle_however_long(self):
        top = self.make("环一")
        middle = self.make("环二", top)
        low = self.make("环三", middle)
        for child in (middle, low):
            self.as_("sales").patch(f"/api/v1/accounts/{top['id']}", {"parent_id": child["id"]},
                                    top["version"]).problem(422, "invalid", "parent_id", "cycle")

    def test_group_shows_nobody_more_than_they_may_see(self):
        top = self.make("他人集团")
        mine = self.as_("sales2").post("/api/v1/accounts", {"name": "自己的子公司"}).made()
        self.as_("sales2").patch(f"/api/v1/accounts/{mine['id']}", {"parent_id": top["id"]},
                                 mine["version"]).problem(422, "invalid", "parent_id",
                                                          "reference_not_found")
        self.as_("admin").patch(f"/api/v1/accounts/{mine['id']}", {"parent_id": top["id"]},
                                mine["version"]).ok()
        over = self.as_("sales2").get(f"/api/v1/accounts/{mine['id']}/overview").ok()
        self.assertEqual(over["parents"], [])


class Facts(HttpTest):
    def test_facts_of_an_account_are_kept_found_and_bounded(self):
        me = self.as_("sales")
        industry = me.get("/api/v1/industries", filter={"gbt_section": "C"}).ok()["items"][0]
        region = me.get("/api/v1/regions", filter={"name": "广东省"}).ok()["items"][0]
        facts = {"credit_code": "91330783MA2E696E3C", "industry_id": industry["id"],
                 "region_id": region["id"], "revenue_fen": 1234567890123, "headcount": 4321}
        made = me.post("/api/v1/accounts", {"name": "事实客户", **facts}).made()
        for field, value in facts.items():
            self.assertEqual(made[field], value)
            found = me.get("/api/v1/accounts", filter={field: {"eq": value}}).ok()["items"]
            self.assertIn(made["id"], [a["id"] for a in found], field)
        wide = me.get(f"/api/v1/accounts/{made['id']}", expand="industry,region").ok()
        self.assertEqual((wide["industry"]["name"], wide["region"]["name"]),
                         (industry["name"], "广东省"))
        p = me.post("/api/v1/accounts", {
            "name": "x", "credit_code": "91330783MA2E696E3D", "headcount": -1,
            "revenue_fen": 12.5}).problem(422, "invalid")
        self.assertEqual({e["field"]: e["code"] for e in p["errors"]},
                         {"credit_code": "bad_credit_code", "headcount": "too_small",
                          "revenue_fen": "wrong_type"})
        me.post("/api/v1/accounts", {"name": "x", "industry_id": 999999}).problem(
            422, "invalid", "industry_id", "reference_not_found")


class Industries(HttpTest):
    def test_industries_point_to_their_section_and_are_edited(self):
        items = self.as_("sales").get("/api/v1/industries", limit=200).ok()["items"]
        self.assertGreater(len(items), 20)
        for i in items:
            self.assertRegex(i["gbt_section"], r"\A[A-T]\Z", i["name"])
        owner = self.as_("owner")
        owner.post("/api/v1/industries", {"code": "hydrogen", "name": "氢能"}).problem(
            422, "invalid", "gbt_section", "required")
        made = owner.post("/api/v1/industries", {
            "code": "hydrogen", "name": "氢能", "gbt_section": "D"}).made()
        owner.patch(f"/api/v1/industries/{made['id']}", {"name": "氢能与储能"}, made["version"]).ok()
        self.as_("sales").post("/api/v1/accounts", {"name": "氢能客户", "industry_id": made["id"]}).made()
        self.as_("sales").post("/api/v1/industries", {
            "code": "mine", "name": "x", "gbt_section": "C"}).problem(403, "forbidden")


if __name__ == "__main__":
    unittest.main()

"""Regions of a person, and the scope that looks at them."""
import unittest

from harness import HttpTest


class Regions(HttpTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        admin = cls.as_("admin")
        regions = admin.get("/api/v1/regions", limit=200).ok()["items"]
        by = {r["id"]: r["parent_id"] for r in regions}
        cls.low = next(i for i, p in by.items() if p)
        cls.high = by[cls.low]
        outside = admin.get("/api/v1/regions", limit=200, filter={"parent_id": {"is_null": True}})
        above = {cls.low, cls.high, by.get(cls.high)}
        cls.other = next(r["id"] for r in outside.ok()["items"] if r["id"] not in above)
        cls.id_ = cls.as_("manager").get("/api/v1/me").ok()["user"]["id"]
        cls.path = f"/api/v1/users/{cls.id_}/regions"
        admin.patch("/api/v1/roles", {"sales_manager": {
            "lead.read": "region", "account.read": "region", "opportunity.read": "region",
            "task.read": "region"}}).ok()

    def test_regions_of_a_person_are_set_and_seen(self):
        admin, manager = self.as_("admin"), self.as_("manager")

        def sees():
            return {r["company_name"]
                    for r in manager.get("/api/v1/leads").ok()["items"]}
        for name, region in (("本区", self.low), ("别处", self.other), ("无区", None)):
            admin.post("/api/v1/leads", {"company_name": name, "region_id": region}).made()
        account = admin.post("/api/v1/accounts", {"name": "区内客户", "region_id": self.low}).made()
        deal = admin.post("/api/v1/opportunities", {
            "name": "区内商机", "account_id": account["id"]}).made()
        admin.put(self.path, {"regions": []}).ok()
        self.assertEqual(sees(), set())
        manager.get(f"/api/v1/opportunities/{deal['id']}").problem(404, "not_found")
        set_ = admin.put(self.path, {"regions": [self.high]}).ok()["regions"]
        self.assertEqual([r["id"] for r in set_], [self.high])
        self.assertEqual(sees(), {"本区"})  # below included
        manager.get(f"/api/v1/opportunities/{deal['id']}").ok()  # by the region of its account
        admin.put(self.path, {"regions": [self.low, self.other, self.low]}).ok()
        self.assertEqual(sees(), {"本区", "别处"})
        history = admin.get(f"/api/v1/users/{self.id_}/history").ok()["items"][0]
        self.assertEqual(history["kind"], "user.regions_changed")
        self.assertEqual(history["payload"]["old"], [self.high])

    def test_mistakes_and_others_are_refused(self):
        admin, sales = self.as_("admin"), self.as_("sales")
        admin.put(self.path, {"regions": [999999]}).problem(422, "invalid", "regions",
                                                            "reference_not_found")
        admin.put(self.path, {"regions": "x"}).problem(422, "invalid", "regions")
        admin.put("/api/v1/users/999999/regions", {"regions": []}).problem(404, "not_found")
        admin.get("/api/v1/users/999999/regions").problem(404, "not_found")
        sales.put(self.path, {"regions": []}).problem(403, "forbidden")
        self.nobody().get(self.path).problem(401, "unauthenticated")
        self.nobody().put(self.path, {"regions": []}).problem(401, "unauthenticated")


if __name__ == "__main__":
    unittest.main()

"""The numbers of the dashboards over HTTP: catalogue, dimensions, period, and whose records they
count. That they are right by the day is shown with real files in tests/import."""
import unittest

from harness import HttpTest


class Metrics(HttpTest):
    CLOCK = "2026-06-15T02:00:00Z"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for who, n, converted in (("sales", 4, 1), ("sales2", 2, 2)):
            for i in range(n):
                lead = cls.as_(who).post("/api/v1/leads", {
                    "company_name": f"{who} {i}", "source": "referral"}).made()
                if i < converted:
                    cls.as_(who).post(f"/api/v1/leads/{lead['id']}/convert", {
                        "opportunity": {"amount_fen": 100}}).ok()

    def ask(self, who, code, **query):
        m = self.as_(who).get(f"/api/v1/metrics/{code}", **query).ok()
        return {tuple(r["by"].values()): (r["value"], r["n"]) for r in m["rows"]}

    def test_catalogue_names_units_and_dimensions(self):
        items = {m["code"]: m for m in self.as_("executive").get("/api/v1/metrics").ok()["items"]}
        for code, unit in (("win_rate", "fraction"), ("won_amount", "minor"),
                           ("cycle_days_mean", "days"), ("lead_conversion_rate", "fraction")):
            self.assertEqual(items[code]["unit"], unit)
            self.assertIn("quarter", items[code]["dimensions"])

    def test_numbers_are_of_what_one_may_see(self):
        code = "lead_conversion_rate"
        self.assertEqual(self.ask("executive", code), {(): (0.5, 6)})
        self.assertEqual(self.ask("sales", code), {(): (0.25, 4)})
        self.assertEqual(self.ask("executive", code, by="owner"),
                         {("张伟",): (0.25, 4), ("李娜",): (1, 2)})
        # Legal reads every lead but no figures.
        self.as_("legal").get(f"/api/v1/metrics/{code}").problem(403, "forbidden")
        self.as_("legal").get("/api/v1/metrics").problem(403, "forbidden")

    def test_period_and_dimension_are_checked(self):
        code = "lead_conversion_rate"
        self.assertEqual(self.ask("executive", code, by="month", to="2026-06-30",
                                  **{"from": "2026-06-15"}), {("2026-06",): (0.5, 6)})
        nothing = self.ask("executive", code, to="2026-06-14")
        self.assertEqual(sum(n for _, n in nothing.values()), 0)
        for query in ({"from": "2026-06-15", "to": "2026-06-14"}, {"by": "moon"}, {"from": "2026-02-30"}, {"by": "owner,team,month,source"}):
            self.as_("executive").get(f"/api/v1/metrics/{code}", **query).problem(400, "bad_request")
        r = self.tripod("metrics", code, "--from", "2026-06-15", "--to", "2026-06-14", check=False)
        self.assertEqual((r.returncode, r.stdout), (1, ""))
        self.assertIn("the first day is after the last: 2026-06-15 > 2026-06-14", r.stderr)
        self.as_("executive").get("/api/v1/metrics/nonsense").problem(404, "not_found")


if __name__ == "__main__":
    unittest.main()

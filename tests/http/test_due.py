"""When a node is due in working days: weekends, holidays and make-up days of the calendar. The other
anchors are looked at by the walk (test_walk)."""
import datetime
import json
import os
import unittest

from due import due_day, local
from harness import ROOT, HttpTest

with open(os.path.join(ROOT, "seed/playbook.json"), encoding="utf-8") as f:
    FIRST = json.load(f)["stages"][0]["nodes"][0]


class Due(HttpTest):
    # Afternoon in Shanghai, so the day is the same there and in UTC.
    CLOCK = "2026-02-11T06:00:00Z"

    def node(self, opp, code):
        path = self.as_("sales").get(f"/api/v1/opportunities/{opp}/path").ok()
        return next(n for s in path["stages"] for n in s["nodes"] if n["code"] == code)

    def begin(self):
        sales = self.as_("sales")
        account = sales.post("/api/v1/accounts", {"name": "期限客户"}).made()
        return sales.post("/api/v1/opportunities", {
            "name": "期限商机", "account_id": account["id"]}).made()["id"]

    def test_limit_in_working_days_passes_weekends_and_holidays(self):
        # Before Spring Festival, on its make-up Saturday, within it, before and on National Day.
        for day in ("2026-02-12", "2026-02-14", "2026-02-18", "2026-04-03", "2026-09-30",
                    "2026-10-03", "2026-10-10", "2026-11-20"):
            self.set_clock(day + "T06:00:00Z")
            opp = self.begin()
            with self.subTest(day=day):
                self.assertEqual(FIRST["limit"]["unit"], "working_days")
                want = due_day(FIRST["limit"], datetime.date.fromisoformat(day), {})
                due = local(self.node(opp, FIRST["code"])["due_at"])
                self.assertEqual((due.date(), due.hour, due.minute), (want, 23, 59))


if __name__ == "__main__":
    unittest.main()

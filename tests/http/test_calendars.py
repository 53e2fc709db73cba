"""Working-day calendars over HTTP: half days, calendars of regions, import; and the dates that
follow, counted here by hand from the days as they were given."""
import datetime
import time
import unittest

from harness import HttpTest


def day(text):
    return datetime.date.fromisoformat(text)


class Calendars(HttpTest):
    CLOCK = "2026-11-02T01:00:00Z"  # a Monday, 9 o'clock in Shanghai

    def due_of(self, region_id, who="sales"):
        account = self.as_(who).post("/api/v1/accounts", {
            "name": f"日历客户 {self.id()} {region_id}", "region_id": region_id}).made()
        opp = self.as_(who).post("/api/v1/opportunities", {
            "name": "日历商机", "account_id": account["id"]}).made()
        path = self.as_(who).get(f"/api/v1/opportunities/{opp['id']}/path").ok()
        node = path["stages"][0]["nodes"][0]
        self.assertEqual(node["code"], "1.1")
        due = datetime.datetime.fromisoformat(node["due_at"].replace("Z", "+00:00"))
        return opp, node, (due + datetime.timedelta(hours=8)).date()

    def region(self, code, **fields):
        return self.as_("admin").post("/api/v1/regions", {"code": code, "name": code, **fields}).made()

    def calendar(self, code, **fields):
        return self.as_("admin").post("/api/v1/calendars",
                                      {"code": code, "name": code, **fields}).made()

    def put(self, calendar, when, work, name="测试"):
        return self.as_("admin").post("/api/v1/calendar_days", {
            "calendar_id": calendar["id"], "day": when, "work": work, "name": name}).made()

    def test_region_with_a_calendar_of_its_own(self):
        """1.1 has one working day. Here the 3rd is off and the 4th a half day: a whole working day
        is over on the 5th. A region below takes part; elsewhere it is the 3rd."""
        cn = self.as_("admin").get("/api/v1/calendars", filter={"code": {"eq": "cn"}}).ok()["items"][0]
        cal = self.calendar("hk", parent_id=cn["id"])
        self.put(cal, "2026-11-03", "off")
        self.put(cal, "2026-11-04", "half")
        top = self.region("T-HK", calendar_id=cal["id"])
        below = self.region("T-HK-1", parent_id=top["id"])
        other = self.region("T-OTHER")
        self.assertEqual(self.due_of(top["id"])[2], day("2026-11-05"))
        self.assertEqual(self.due_of(below["id"])[2], day("2026-11-05"))
        self.assertEqual(self.due_of(other["id"])[2], day("2026-11-03"))
        self.assertEqual(self.due_of(None)[2], day("2026-11-03"))

    def test_two_half_days_are_one(self):
        cal = self.calendar("half")
        for d in ("2026-11-03", "2026-11-04"):
            self.put(cal, d, "half")
        self.assertEqual(self.due_of(self.region("T-HALF", calendar_id=cal["id"])["id"])[2],
                         day("2026-11-04"))

    def test_weekend_of_another_country(self):
        """Friday and Saturday are free: begun on Thursday the 5th it is due on Sunday the 8th."""
        cal = self.calendar("gulf", weekend=["5", "6"])
        region = self.region("T-GULF", calendar_id=cal["id"])
        self.set_clock("2026-11-05T01:00:00Z")
        try:
            self.assertEqual(self.due_of(region["id"])[2], day("2026-11-08"))
        finally:
            self.set_clock(self.CLOCK)

    def test_the_next_record_obeys_and_the_reminder_too(self):
        """A day taken off later: what begins then is due later. The reminder "due soon" comes on
        the working day before, by the calendar of the region: over a week off it comes early."""
        cal = self.calendar("soon")
        region = self.region("T-SOON", calendar_id=cal["id"])
        self.assertEqual(self.due_of(region["id"])[2], day("2026-11-03"))
        free = self.put(cal, "2026-11-03", "off")
        self.assertEqual(self.due_of(region["id"])[2], day("2026-11-04"))
        self.as_("admin").delete(f"/api/v1/calendar_days/{free['id']}").ok(204)
        self.assertEqual(self.due_of(region["id"])[2], day("2026-11-03"))

        for d in ("03", "04", "05", "06"):
            self.put(cal, f"2026-11-{d}", "off")
        opp, _, due = self.due_of(region["id"])
        self.assertEqual(due, day("2026-11-09"))
        plain, _, plain_due = self.due_of(None)
        self.assertEqual(plain_due, day("2026-11-03"))
        self.set_clock("2026-11-02T02:00:00Z")
        both = {f"/opportunities/{o['id']}?node=1.1" for o in (opp, plain)}
        until = time.monotonic() + 60
        while not both <= self.told_soon() and time.monotonic() < until:
            time.sleep(0.1)
        self.assertLessEqual(both, self.told_soon())
        self.set_clock(self.CLOCK)

    def told_soon(self):
        return {n["href"] for n in self.as_("sales").get(
            "/api/v1/notifications", limit=100).ok()["items"] if n["kind"] == "node_due_soon"}

    def test_mistakes_are_refused(self):
        cal = self.calendar("wrong")
        self.put(cal, "2026-12-01", "off")
        admin = self.as_("admin")
        admin.post("/api/v1/calendar_days", {"calendar_id": cal["id"], "day": "2026-12-01",
                                             "work": "half"}).problem(422, "invalid", "day")
        admin.post("/api/v1/calendars", {"code": "none", "name": "无", "weekend": list("1234567")}
                   ).problem(422, "invalid", "weekend")
        admin.patch(f"/api/v1/calendars/{cal['id']}", {"parent_id": cal["id"]}, cal["version"]
                    ).problem(422, "invalid", "parent_id", "cycle")
        self.region("T-USED", calendar_id=cal["id"])
        admin.delete(f"/api/v1/calendars/{cal['id']}").problem(409, "conflict")
        cn = admin.get("/api/v1/calendars", filter={"code": {"eq": "cn"}}).ok()["items"][0]
        admin.delete(f"/api/v1/calendars/{cn['id']}").problem(409, "conflict")
        self.as_("sales").post("/api/v1/calendars", {"code": "x", "name": "x"}).problem(403, "forbidden")
        self.as_("sales").post(f"/api/v1/calendars/{cn['id']}/import", {"years": []}
                               ).problem(403, "forbidden")

    def test_import_of_a_year(self):
        cal = self.calendar("import")
        url = f"/api/v1/calendars/{cal['id']}/import"
        admin = self.as_("admin")
        doc = {"years": [{"year": 2027, "holidays": [
            {"name": {"zh": "春节", "en": "Spring Festival"}, "from": "2027-02-05",
             "to": "2027-02-11", "makeup": ["2027-01-31"], "half": ["2027-02-04"]}]}]}
        self.assertEqual(admin.post(url, doc).ok(), {"days": 9})
        self.assertEqual(admin.post(url, doc).ok(), {"days": 9})  # again: the same days
        days = admin.get("/api/v1/calendar_days", filter={"calendar_id": {"eq": cal["id"]}},
                         limit=50).ok()["items"]
        self.assertEqual([(d["day"], d["work"]) for d in days],
                         [("2027-01-31", "full"), ("2027-02-04", "half")] +
                         [(f"2027-02-{n:02}", "off") for n in range(5, 12)])
        doc["years"][0]["holidays"][0]["to"] = "2027-02-01"
        admin.post(url, doc).problem(422, "invalid", "from")
        admin.post(url, {}).problem(422, "invalid", "years")
        self.assertEqual(len(admin.get("/api/v1/calendar_days", filter={
            "calendar_id": {"eq": cal["id"]}}, limit=50).ok()["items"]), 9)


if __name__ == "__main__":
    unittest.main()

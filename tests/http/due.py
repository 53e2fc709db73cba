"""When a node is due, counted day by day from the data in seed/: not as the program does it."""
import datetime
import json
import os

from harness import ROOT

with open(os.path.join(ROOT, "seed/calendar-cn.json"), encoding="utf-8") as f:
    CALENDAR = json.load(f)

DAY = datetime.timedelta(days=1)
SHANGHAI = datetime.timezone(datetime.timedelta(hours=8))


def days_of(h):
    day, last = (datetime.date.fromisoformat(h[k]) for k in ("from", "to"))
    while day <= last:
        yield day
        day += DAY


OFF = {d for y in CALENDAR["years"] for h in y["holidays"] for d in days_of(h)}
MAKEUP = {datetime.date.fromisoformat(m) for y in CALENDAR["years"] for h in y["holidays"]
          for m in h["makeup"]}


def works(day):
    return day in MAKEUP or (day.isoweekday() < 6 and day not in OFF)


def after(day, n):
    """The n-th working day after `day`; a day off counts from the next that is none."""
    while not works(day):
        day += DAY
    while n:
        day += DAY
        n -= works(day)
    return day


def local(time):
    """RFC 3339 as the wall clock in Shanghai."""
    return datetime.datetime.fromisoformat(time.replace("Z", "+00:00")).astimezone(SHANGHAI)


def due_day(limit, started, dates):
    """The day that a node's limit names. dates: {"planned_go_live": date, "contract_end": date}."""
    if limit["anchor"] == "node_start":
        return after(started, limit["offset"])
    if limit["anchor"] == "quarter_end":
        month = (started.month + 2) // 3 * 3
        first = datetime.date(started.year + month // 12, month % 12 + 1, 1)
        return first - DAY
    if limit["anchor"] in dates:
        return dates[limit["anchor"]] + DAY * limit["offset"]
    return due_day(limit["fallback"], started, dates) if "fallback" in limit else None

"""The seal of the event log, computed again from the bare table by docs/event-log.md."""
import hashlib
import json
import os
import sqlite3
import sys
import time
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests/http"))

import harness  # noqa: E402
from harness import ENGINE, HttpTest, psql  # noqa: E402

harness.OUT = os.path.join(ROOT, "build-debug/product", ENGINE)
COLUMNS = ("seq pos occurred_at recorded_at actor_id kind entity entity_id account_id "
           "opportunity_id via request_id client_id payload payload_hash hash").split()
SEALED = ("pos seq occurred_at recorded_at actor_id kind entity entity_id account_id "
          "opportunity_id via request_id client_id payload_hash").split()
NUMBERS = {c for c in COLUMNS if c in ("seq", "pos") or c.endswith(("_at", "_id"))} - {
    "request_id", "client_id"}


class Audit(HttpTest):
    def rows(self):
        sql = f"select {', '.join(COLUMNS)} from event where pos is not null order by pos"
        if ENGINE == "postgres":
            text = psql(f"copy (select row_to_json(t) from ({sql}) t) to stdout with (format csv, "
                        "quote E'\\x01', delimiter E'\\x02')", self.db.name)
            return [json.loads(line) for line in text.splitlines()]
        with sqlite3.connect("file:" + self.db.url[len("sqlite:"):] + "?mode=ro", uri=True) as c:
            return [dict(zip(COLUMNS, row, strict=True)) for row in c.execute(sql)]

    def verify(self, *args):
        return json.loads(self.tripod("audit", "verify", "--json", *args, check=False).stdout)

    def test_seal_computed_from_the_bare_table(self):
        me = self.as_("sales")
        account = me.post("/api/v1/accounts", {"name": "封存"}).made()
        me.patch(f"/api/v1/accounts/{account['id']}", {"headcount": 7}, account["version"]).ok()
        until = time.monotonic() + 20
        while (v := self.verify())["unsealed"] and time.monotonic() < until:
            time.sleep(0.2)
        self.assertTrue(v["ok"])
        self.assertEqual(v["unsealed"], 0)
        rows = self.rows()
        self.assertEqual(len(rows), v["events"])
        self.assertIn("account.updated", {r["kind"] for r in rows})
        self.assertTrue(any(r["request_id"] for r in rows))
        previous = ""
        for place, row in enumerate(rows, 1):
            self.assertEqual(row["pos"], place)
            self.assertEqual(hashlib.sha256(row["payload"].encode()).hexdigest(),
                             row["payload_hash"])
            texts = [previous] + [
                str(row[c] or 0) if c in NUMBERS else row[c] or "" for c in SEALED]
            previous = hashlib.sha256("".join(t + "\n" for t in texts).encode()).hexdigest()
            self.assertEqual(row["hash"], previous)
        self.assertEqual(v["head"], previous)
        self.assertTrue(self.verify("--head", rows[len(rows) // 2]["hash"])["ok"])

        # A row that somebody took out is named by its own number, not by the next one's.
        gone = rows[len(rows) // 2]
        sql = f"delete from event where seq = {gone['seq']}"
        if ENGINE == "postgres":
            psql(sql, self.db.name)
        else:
            with sqlite3.connect(self.db.url[len("sqlite:"):]) as c:
                c.execute(sql)
        v = self.verify()
        self.assertEqual((v["ok"], v["reason"], v["broken_seq"], v["broken_pos"]),
                         (False, "missing", gone["seq"], gone["pos"]))


if __name__ == "__main__":
    unittest.main()

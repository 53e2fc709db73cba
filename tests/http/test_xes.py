"""The event log for process mining: XES by the rules of IEEE 1849-2016."""
import datetime
import re
import subprocess
import unittest
import xml.etree.ElementTree as ET

from harness import BINARY, ENV, ROOT, HttpTest

NS = "{http://www.xes-standard.org/}"
TYPES = {"string", "date", "int", "float", "boolean", "id", "list"}
STANDARD = {"schedule", "assign", "reassign", "start", "suspend", "resume", "withdraw", "autoskip",
            "manualskip", "complete", "ate_abort", "pi_abort"}


class Xes(HttpTest):
    def export(self, *args):
        return subprocess.run([BINARY, "events", "export", "--format", "xes", "--db", self.db.url,
                               *args], capture_output=True, env=ENV, cwd=ROOT, timeout=120)

    def attributes(self, node, log):
        """{key: value} of an element, each of a type of the standard and its prefix declared."""
        found = {}
        for x in node:
            tag = x.tag.removeprefix(NS)
            if tag not in TYPES:
                continue
            self.assertNotIn(x.get("key"), found, "a key stands once")
            prefix, colon, _ = x.get("key").partition(":")
            if colon:
                self.assertIn(prefix, {e.get("prefix") for e in log.findall(NS + "extension")})
            if tag == "date":
                datetime.datetime.fromisoformat(x.get("value"))
            found[x.get("key")] = x.get("value")
        return found

    def check(self, log):
        """The rules of the standard that a program which reads it relies on."""
        self.assertEqual(log.tag, NS + "log")
        self.assertRegex(log.get("xes.version"), r"^1849[.-]2016$")
        order = ["extension", "global", "classifier", "string", "trace"]
        places = [order.index(c.tag.removeprefix(NS)) for c in log]
        self.assertEqual(places, sorted(places), "extensions, globals, classifiers, attributes, traces")
        for e in log.findall(NS + "extension"):
            self.assertTrue(e.get("name") and e.get("prefix"))
            self.assertRegex(e.get("uri"), r"^http://www\.xes-standard\.org/\w+\.xesext$")
        wanted = {g.get("scope"): [a.get("key") for a in g] for g in log.findall(NS + "global")}
        for c in log.findall(NS + "classifier"):
            self.assertLessEqual(set(c.get("keys").split()), set(wanted["event"]))
        traces = []
        for t in log.findall(NS + "trace"):
            of = self.attributes(t, log)
            self.assertLessEqual(set(wanted["trace"]), set(of))
            events = [self.attributes(e, log) for e in t.findall(NS + "event")]
            for e in events:
                self.assertLessEqual(set(wanted["event"]), set(e))
                self.assertIn(e.get("lifecycle:transition", "start"), STANDARD)
            times = [e["time:timestamp"] for e in events]
            self.assertEqual(times, sorted(times, key=datetime.datetime.fromisoformat))
            traces.append((of, events))
        return traces

    def test_a_trace_per_opportunity_that_a_miner_can_read(self):
        me = self.as_("sales")
        account = me.post("/api/v1/accounts", {"name": "挖掘"}).made()["id"]
        name = '<商机> & "引号" \'撇\''
        one, two = (me.post("/api/v1/opportunities", {"name": n, "account_id": account}).made()
                    for n in (name, "另一个"))
        node = me.get("/api/v1/nodes", filter={"opportunity_id": one["id"], "state": "active"},
                      ).ok()["items"][0]
        r = self.export()
        self.assertEqual(r.returncode, 0, r.stderr)
        traces = {of["concept:name"]: (of, events) for of, events in self.check(ET.fromstring(r.stdout))}
        self.assertEqual(set(traces), {one["number"], two["number"]})
        of, events = traces[one["number"]]
        self.assertEqual(of["name"], name)
        started = [e for e in events if e["concept:name"] == node["code"]]
        self.assertEqual([(e["lifecycle:transition"], e["kind"], e["org:resource"])
                          for e in started], [("start", "node.started", "张伟")])
        self.assertIn("opportunity.created", {e["concept:name"] for e in events})
        recorded = me.get(f"/api/v1/opportunities/{one['id']}/timeline").ok()["items"]
        self.assertGreaterEqual(len(events), len(recorded) // 2)

    def test_it_is_written_to_a_file_and_other_formats_are_refused(self):
        r = self.tripod("events", "export", "--format", "mxml", check=False)
        self.assertEqual(r.returncode, 2)
        self.assertTrue(re.search("--format ndjson or xes", r.stderr))


if __name__ == "__main__":
    unittest.main()

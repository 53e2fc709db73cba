"""The budgets of docs/budgets.md, as ratios to floors measured in the same run.

    tools/bench                 SCALE=20 by default; ENGINE=sqlite or postgres
    tools/bench --record        appends the table to bench/results.md

Timing decides nothing: the run fails only when something does not work.
Floor and product take turns, and medians are compared, so that a machine that drifts hurts both.
"""
import argparse
import contextlib
import datetime
import http.client
import json
import os
import re
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.join(ROOT, "build")
TRIPOD = os.path.join(BUILD, "tripod")
FLOOR = os.path.join(BUILD, "bench/bench-floor")
SCALE = int(os.environ.get("SCALE", "20"))
ENGINE = os.environ.get("ENGINE", "sqlite")
SECONDS = float(os.environ.get("SECONDS_EACH", "3"))
ROUNDS = int(os.environ.get("ROUNDS", "3"))
PASSWORD = "bench 数字 2026"
rows = []


def row(work, floor, ours, ratio, budget, met=None, note=""):
    rows.append((work, floor, ours, ratio, budget, met, note))
    print(f"{work:34} {floor:>24} {ours:>24} {ratio:>9} {budget:>26} "
          f"{'' if met is None else 'met' if met else 'SHORT':6} {note}", flush=True)


def run(*args, stdin=None, **kw):
    r = subprocess.run([str(a) for a in args], input=stdin, text=True, capture_output=True, **kw)
    if r.returncode:
        raise SystemExit(f"{args[0]} exited {r.returncode}: {r.stderr[-800:]}{r.stdout[-400:]}")
    return r.stdout


def floor(*args):
    return json.loads(run(FLOOR, *args))


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def cpu_of(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8") as f:
        parts = f.read().rsplit(")", 1)[1].split()
    return (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")


def rss_of(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as f:
        return int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1)) / 1024


class Process:
    def __init__(self, command, ready):
        self.started = time.monotonic()
        self.p = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        host, path = ready
        while True:
            if self.p.poll() is not None:
                raise SystemExit(f"{command[0]} ended with {self.p.returncode}")
            with contextlib.suppress(OSError, http.client.HTTPException):
                c = http.client.HTTPConnection("127.0.0.1", host, timeout=5)
                c.request("GET", path)
                if c.getresponse().status == 200:
                    break
            if time.monotonic() - self.started > 60:
                raise SystemExit(f"{command[0]} does not answer")
            time.sleep(0.002)
        self.first_answer = time.monotonic() - self.started

    def stop(self):
        self.p.send_signal(signal.SIGTERM)
        self.p.wait(30)


def wrk(port, path, connections, seconds=SECONDS, script=None, token=None):
    """requests/s, median and p99 in ms, number of answers that were not 2xx."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds:g}s", "--latency"]
    if token:
        command += ["-H", f"Authorization: Bearer {token}"]
    if script:
        command += ["-s", script]
    out = run(*command, f"http://127.0.0.1:{port}{path}")

    def ms(label):
        m = re.search(rf"{label}%\s+([\d.]+)(us|ms|s)", out)
        return float(m.group(1)) * {"us": 0.001, "ms": 1, "s": 1000}[m.group(2)]
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
    return {"rate": float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1)),
            "requests": int(re.search(r"(\d+) requests in", out).group(1)),
            "p50": ms("50"), "p99": ms("99"), "bad": int(bad.group(1)) if bad else 0}


def good(result, what):
    if result["bad"]:
        raise SystemExit(f"{what}: {result['bad']} answers were refusals")
    return result


class Bench:
    def __init__(self, folder):
        self.folder = folder
        self.files = os.path.join(folder, "files")
        self.called = 0
        os.makedirs(self.files, exist_ok=True)

    def open_database(self):
        """A scaled database, kept beside the build for the next run."""
        if ENGINE == "postgres":
            name = f"bench_{SCALE}"
            base = os.environ["TRIPOD_PG"]
            self.url = urllib.parse.urlsplit(base)._replace(path="/" + name).geturl()
            subprocess.run(["psql", "-X", "-q", "-d", base, "-c", f"drop database if exists {name}"],
                           check=True)
            subprocess.run(["psql", "-X", "-q", "-d", base, "-c", f"create database {name}"],
                           check=True)
        else:
            self.path = os.path.join(self.folder, "t.db")
            self.url = "sqlite:" + self.path
            kept = os.path.join(BUILD, f"bench-{SCALE}.db")
            if os.path.exists(kept) and os.path.getmtime(kept) > os.path.getmtime(TRIPOD):
                shutil.copy(kept, self.path)
                return
        t = time.monotonic()
        run(TRIPOD, "seed", "--demo", "--scale", SCALE, "--db", self.url)
        self.seeded = time.monotonic() - t
        print(f"seed --scale {SCALE}: {self.seeded:.1f} s", flush=True)
        if ENGINE == "sqlite":
            shutil.copy(self.path, os.path.join(BUILD, f"bench-{SCALE}.db"))

    def person(self):
        run(TRIPOD, "user", "add", "bench", "--name", "基准", "--role",
            "sales,sales_manager,administrator,executive", "--password-stdin", "--db", self.url,
            stdin=PASSWORD)
        self.token = run(TRIPOD, "token", "create", "--user", "bench", "--db", self.url).strip()

    def serve(self):
        self.port = free_port()
        self.server = Process([TRIPOD, "serve", "--listen", f"127.0.0.1:{self.port}", "--db",
                               self.url], (self.port, "/readyz"))
        self.client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def call(self, method, path, body=None, want=(200, 201, 204)):
        if time.monotonic() - self.called > 20:
            self.client.close()  # the server ends what is idle for a minute; opened anew by itself
        self.called = time.monotonic()
        self.client.request(method, urllib.parse.quote(path, safe="/?&=%:,"),
                            json.dumps(body) if body is not None else None,
                            {"Authorization": "Bearer " + self.token,
                             **({"Content-Type": "application/json"} if body is not None else {})})
        r = self.client.getresponse()
        data = r.read()
        if r.status not in want:
            raise SystemExit(f"{method} {path}: {r.status} {data[:300]}")
        return json.loads(data) if data else None

    # -- the rows of the table --

    def start(self):
        row("start to first 200", "-", f"{self.server.first_answer * 1000:.0f} ms", "-",
            "≤ 500 ms", self.server.first_answer <= 0.5)
        time.sleep(0.5)
        idle = rss_of(self.server.p.pid)
        row("memory, idle", "-", f"{idle:.0f} MB", "-", "≤ 64 MB", idle <= 64)

    def read_one(self):
        lead = self.call("GET", "/api/v1/leads?limit=1")["items"][0]["id"]
        port = free_port()
        fixed = Process([FLOOR, "http", str(port)], (port, "/fixed"))
        ours, base = [], []
        for _ in range(ROUNDS):
            base.append(wrk(port, "/fixed", 64)["rate"])
            ours.append(good(wrk(self.port, f"/api/v1/leads/{lead}", 64, token=self.token),
                             "read one")["rate"])
        before, n = cpu_of(fixed.p.pid), wrk(port, "/fixed", 8)["requests"]
        self.fixed_cpu = (cpu_of(fixed.p.pid) - before) / n
        fixed.stop()
        a, b = statistics.median(base), statistics.median(ours)
        row("read one record, 64 connections", f"{a:,.0f}/s", f"{b:,.0f}/s", f"{b / a:.2f}",
            "≥ 0.5 × the floor", b / a >= 0.5)

    def list_50(self):
        query = ("/api/v1/leads?filter=" + urllib.parse.quote('{"status":{"eq":"new"}}') +
                 "&sort=-created_at&limit=50&expand=owner,industry")
        before = cpu_of(self.server.p.pid)
        r = good(wrk(self.port, query, 8, token=self.token), "list")
        each = (cpu_of(self.server.p.pid) - before) / r["requests"]
        if ENGINE == "sqlite":
            sql = ("select t.*, u.name, i.name from (select id from lead where deleted_at is null and "
                   "status = 'new' order by created_at desc, id desc limit 51) p join lead t on "
                   "t.id = p.id left join app_user u on u.id = t.owner_id left join industry i on "
                   "i.id = t.industry_id order by t.created_at desc, t.id desc")
            f = floor("list", self.path, sql, 500)
            base = f["cpu"] / f["count"] + self.fixed_cpu
            row("list of 50, two references, CPU", f"{base * 1e6:.0f} µs", f"{each * 1e6:.0f} µs",
                f"{each / base:.2f}", "≤ 2.5 × the floor", each / base <= 2.5)
        else:
            row("list of 50, two references, CPU", "-", f"{each * 1e6:.0f} µs", "-", "-")
        row("list of 50, p99 over median", f"{r['p50']:.2f} ms", f"{r['p99']:.2f} ms",
            f"{r['p99'] / r['p50']:.1f}", "≤ 8 × the median", r["p99"] / r["p50"] <= 8)

    def complete_nodes(self):
        """Opportunities of our own whose node 1.1 has all it needs."""
        n = int(os.environ.get("NODES", "1500"))
        account = self.call("POST", "/api/v1/accounts", {"name": "基准测试客户"})["id"]
        ids = []
        for i in range(n):
            opp = self.call("POST", "/api/v1/opportunities",
                            {"name": f"基准 {i}", "account_id": account, "source": "website"})["id"]
            ids.append(opp)
        nodes = []
        for chunk in range(0, n, 150):
            flt = json.dumps({"opportunity_id": {"in": ids[chunk:chunk + 150]},
                              "code": {"eq": "1.1"}})
            nodes += [x["id"] for x in self.call(
                "GET", f"/api/v1/nodes?limit=200&filter={urllib.parse.quote(flt)}")["items"]]
        script = os.path.join(self.folder, "nodes.lua")

        def write(some):
            with open(script, "w", encoding="utf-8") as f:
                f.write("local ids={" + ",".join(map(str, some)) + "}\nlocal i=0\n"
                        "request=function() i=i+1; local id=ids[i]; if not id then "
                        "return wrk.format('GET','/healthz') end\n"
                        "return wrk.format('POST','/api/v1/nodes/'..id..'/complete',"
                        "{['Authorization']='Bearer " + self.token +
                        "',['Content-Type']='application/json'},'{}') end\n")

        def timed(some, connections):
            """Completions a second until the last is done, by the log's own clock."""
            write(some)
            t = time.monotonic()
            p = subprocess.Popen(["wrk", "-t1", f"-c{connections}", "-d60s", "-s", script,
                                  f"http://127.0.0.1:{self.port}"], stdout=subprocess.DEVNULL)
            last = some[-1]
            while self.call("GET", f"/api/v1/nodes/{last}?fields=state")["state"] != "done":
                time.sleep(0.005)
                if time.monotonic() - t > 60:
                    raise SystemExit("nodes were not completed")
            took = time.monotonic() - t
            p.kill()
            p.wait()
            return len(some) / took
        third = len(nodes) // 5
        one = timed(nodes[:third], 1)
        many = timed(nodes[third:], 32)
        syncs = floor("sync", os.path.join(self.folder, "sync"), 300)
        commits = floor("commit", os.path.join(self.folder, "commit.db"), 300)
        rate = commits["count"] / commits["wall"]
        print(f"fdatasync {syncs['count'] / syncs['wall']:,.0f}/s", flush=True)
        row("complete a node, one writer", f"{1000 / rate:.2f} ms", f"{1000 / one:.2f} ms",
            f"{rate / one:.2f}", "≤ 3 × a bare commit", rate / one <= 3)
        row("complete a node, 32 writers", f"{one:,.0f}/s", f"{many:,.0f}/s", f"{many / one:.2f}",
            "≥ 2 × one writer, aim 5", many / one >= 2)

    def search(self):
        for q in ("精密", "hljm"):
            r = good(wrk(self.port, "/api/v1/search?q=" + urllib.parse.quote(q), 1,
                         token=self.token), "search")
            row(f"search '{q}'", "-", f"{r['p50']:.1f} / p99 {r['p99']:.1f} ms", "-", "≤ 30 ms",
                r["p50"] <= 30)

    def import_leads(self):
        n = int(os.environ.get("IMPORT_ROWS", "20000"))
        path = os.path.join(self.folder, "leads.csv")
        with open(path, "w", encoding="utf-8") as f:
            f.write("company_name,contact_name,title,phone,email,source,external_key\n")
            for i in range(n):
                f.write(f"基准机械制造{i}有限公司,李{i},采购经理,1390000{i:05d},a{i}@example.com,"
                        f"website,bench-{i}\n")
        f = floor("insert", os.path.join(self.folder, "insert.db"), n)
        t = time.monotonic()
        out = json.loads(run(TRIPOD, "import", "lead", path, "--json", "--db", self.url))
        took = time.monotonic() - t
        if out["created"] != n:
            raise SystemExit(f"import: {out}")
        a, b = n / f["wall"], n / took
        row("import leads from CSV", f"{a:,.0f} rows/s", f"{b:,.0f} rows/s", f"{b / a:.3f}",
            "≥ 0.25 × bare inserts", b / a >= 0.25)

    def export_xlsx(self):
        out = os.path.join(self.folder, "leads.xlsx")
        t = time.monotonic()
        run(TRIPOD, "export", "lead", "--format", "xlsx", "--out", out, "--db", self.url)
        took = time.monotonic() - t
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        count = self.call("GET", "/api/v1/leads?limit=1&count=exact")["total"]
        met = took * 100000 / max(count, 1) <= 4 if count >= 20000 else None
        row(f"XLSX of {count:,} leads", "-", f"{took:.2f} s", "-", "≤ 4 s per 100,000", met,
            f"largest child so far {peak:.0f} MB")

    def memory(self):
        rss = rss_of(self.server.p.pid)
        row("memory, after all this", "-", f"{rss:.0f} MB", "-", "≤ 300 MB", rss <= 300)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--record", action="store_true")
    ap.add_argument("--only", default="")
    args = ap.parse_args()
    print(f"scale {SCALE}, {ENGINE}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}",
          flush=True)
    with tempfile.TemporaryDirectory(prefix="tripod-bench-") as folder:
        b = Bench(folder)
        b.open_database()
        b.person()
        b.serve()
        try:
            parts = ["start", "read_one", "list_50", "search", "complete_nodes", "import_leads",
                     "export_xlsx", "memory"]
            for name in parts:
                if not args.only or name in args.only.split(","):
                    getattr(b, name)()
        finally:
            b.server.stop()
    if args.record:
        with open(os.path.join(ROOT, "bench/results.md"), "a", encoding="utf-8") as f:
            f.write(f"\n## {datetime.date.today()}, scale {SCALE}, {ENGINE}\n\n"
                    "| work | floor | ours | ratio | budget | |\n|---|---|---|---|---|---|\n")
            for w, fl, o, r, bu, met, note in rows:
                f.write(f"| {w} | {fl} | {o} | {r} | {bu} | "
                        f"{'' if met is None else 'met' if met else 'short'} {note} |\n")
    short = sum(1 for r in rows if r[5] is False)
    print(f"{len(rows)} measured, {short} short of their budget")


if __name__ == "__main__":
    sys.exit(main())

"""Permissions against a naïve reading of their rules.

Random people, roles, grants, team tree, account teams, regions and field rights; then random
questions — lists, totals, filters, search, single records, changes, exports, numbers by group, files,
history, timeline, live feed — asked as these people.  Every answer is compared with what the rules
say when they are read plainly: `Rules` below knows them and nothing of how the server does it.

TRIPOD_FUZZ_SEED picks the world (printed at the start), TRIPOD_FUZZ_PROBES how much is asked."""
import json
import os
import random
import unittest

from harness import HttpTest, Stream

SEED = int(os.environ.get("TRIPOD_FUZZ_SEED", "20261001"))
PROBES = int(os.environ.get("TRIPOD_FUZZ_PROBES", "600"))

SCOPES = ["none", "own", "team", "region", "all"]
ACCESS = ["none", "read", "edit"]
PEOPLE = ["sales", "sales2", "tech", "techlead", "csm", "legal", "finance", "manager", "owner",
          "executive"]
ROLES = ["sales", "technical_consultant", "technical_lead", "csm", "legal", "finance",
         "sales_manager", "process_owner", "executive"]
# Who owns a record, the column of its account and of its region, and the records it hangs on.
KINDS = {
    "account": ("accounts", ["owner_id"], "id", "region_id", []),
    "contact": ("contacts", ["owner_id"], "account_id", None, [("account_id", "account")]),
    "lead": ("leads", ["owner_id"], "account_id", "region_id", []),
    "opportunity": ("opportunities", ["owner_id", "sales_id", "technical_id", "csm_id"],
                    "account_id", None, []),
    "task": ("tasks", ["owner_id", "assignee_id"], "account_id", None,
             [("account_id", "account"), ("opportunity_id", "opportunity"),
              ("lead_id", "lead")]),
    "comment": ("comments", ["owner_id"], None, None, "any"),
    "attachment": ("attachments", ["owner_id"], None, None, "any"),
}
# Fields that rights are dealt out for; the searched ones hold a word of their own in each record.
FIELDS = {
    "account": ["short_name", "grade", "revenue_fen", "owner_id", "region_id", "website", "phone"],
    "contact": ["title", "mobile", "department", "attitude", "owner_id"],
    "lead": ["source", "source_detail", "contact_name", "budget_fen", "status", "phone",
             "region_id", "owner_id"],
    "opportunity": ["amount_fen", "source", "probability_bp", "owner_id", "sales_id"],
    "task": ["description", "due_on", "assignee_id"],
}
GROUPED = ("grade", "owner_id", "region_id", "attitude", "source", "status", "assignee_id",
           "sales_id")
SEARCHED = {"account": ["name", "short_name"], "lead": ["company_name", "source_detail",
                                                        "contact_name"],
            "contact": ["name", "title"]}
ALWAYS = {"id", "version", "number", "created_at", "created_by", "updated_at", "updated_by"}


class Rules:
    """What the manual says, and no more."""

    def __init__(self):
        self.grants, self.rights = {}, {}
        self.users, self.teams, self.parents = {}, {}, {}
        self.members, self.regions = set(), {}
        self.records = {k: {} for k in KINDS}

    def scope(self, who, permission):
        return max((self.grants.get(r, {}).get(permission, "none")
                    for r in self.users[who]["roles"]), key=SCOPES.index)

    def access(self, who, kind, field):
        return max((self.rights.get(r, {}).get(kind, {}).get(field, "edit")
                    for r in self.users[who]["roles"]), key=ACCESS.index)

    def below(self, ids, parent_of):
        found = set(ids)
        while True:
            more = {i for i, p in parent_of.items() if p in found} - found
            if not more:
                return found
            found |= more

    def team_people(self, who):
        me = self.users[who]
        mine = {t for t, row in self.teams.items()
                if t == me["team"] or row["manager"] == me["id"]}
        mine = self.below(mine, {t: row["parent"] for t, row in self.teams.items()})
        return {u["id"] for u in self.users.values() if u["team"] in mine}

    def may(self, who, kind, act, r):
        scope = self.scope(who, f"{kind}.{act}")
        if scope == "all":
            return True
        if scope == "none":
            return False
        _, owners, account, region, parents = KINDS[kind]
        me = self.users[who]["id"]
        holders = {r.get(c) for c in owners} - {None}
        if me in holders:
            return True
        if SCOPES.index(scope) >= SCOPES.index("team") and holders & self.team_people(who):
            return True
        if scope == "region":
            at = r.get(region) if region else None
            if not region and account:
                a = self.records["account"].get(r.get(account))
                at = a and a.get("region_id")
            if at in self.below(self.regions.get(who, ()), self.parents):
                return True
        if account and (r.get(account), me) in self.members:
            return True
        if act != "read":
            return False
        if parents == "any":
            parents = [("entity_id", r["entity"])]
        return any(r.get(c) in self.records[k] and
                   self.may(who, k, "read", self.records[k][r[c]]) for c, k in parents)

    def seen(self, who, kind):
        return {i: r for i, r in self.records[kind].items() if self.may(who, kind, "read", r)}

    def shown(self, who, kind, r):
        return {f: v for f, v in r.items()
                if f in ALWAYS or self.access(who, kind, f) != "none"}


class Fuzz(HttpTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        print(f"seed {SEED}, {PROBES} probes (TRIPOD_FUZZ_SEED, TRIPOD_FUZZ_PROBES)")
        cls.dice = random.Random(SEED)
        cls.rules = Rules()
        cls.people()
        cls.house()
        cls.deal()
        cls.read_all()

    # -- the world --

    @classmethod
    def maybe(cls, values, p=0.75):
        values = list(values)
        return cls.dice.choice(values) if values and cls.dice.random() < p else None

    @classmethod
    def make(cls, plural, **body):
        return cls.as_("admin").post(f"/api/v1/{plural}", {
            k: v for k, v in body.items() if v is not None}).made()

    @classmethod
    def people(cls):
        d, admin, rules = cls.dice, cls.as_("admin"), cls.rules
        ids = {who: cls.as_(who).get("/api/v1/me").ok()["user"]["id"] for who in PEOPLE}
        for i in range(6):
            parent, manager = cls.maybe(rules.teams), cls.maybe(ids.values(), 0.6)
            team = cls.make("teams", name=f"团队{i}", parent_id=parent, manager_id=manager)
            rules.teams[team["id"]] = {"parent": parent, "manager": manager}
        regions = []
        cursor = None
        while True:
            page = admin.get("/api/v1/regions", limit=200,
                             **({"cursor": cursor} if cursor else {})).ok()
            regions += page["items"]
            cursor = page["next"]
            if not cursor:
                break
        rules.parents = {r["id"]: r["parent_id"] for r in regions}
        upper = [r["id"] for r in regions if r["id"] in set(rules.parents.values())]
        lower = [r for r in rules.parents if rules.parents[r] in upper]
        cls.places = d.sample(lower, 8) + d.sample(upper, 3)
        for who, id_ in ids.items():
            roles, team = d.sample(ROLES, d.choice([1, 1, 2, 3])), cls.maybe(rules.teams)
            user = admin.get(f"/api/v1/users/{id_}").ok()
            admin.patch(f"/api/v1/users/{id_}", {"roles": roles, "team_id": team},
                        user["version"]).ok()
            rules.users[who] = {"id": id_, "roles": roles, "team": team}
            mine = d.sample(cls.places + [rules.parents[p] for p in cls.places
                                          if rules.parents[p]], d.choice([0, 1, 2]))
            admin.put(f"/api/v1/users/{id_}/regions", {"regions": mine}).ok()
            rules.regions[who] = mine

    @classmethod
    def house(cls):
        d, admin, rules = cls.dice, cls.as_("admin"), cls.rules
        users = [u["id"] for u in rules.users.values()]
        made = {k: [] for k in KINDS}

        def word(n):
            return f"zq{n:04d}x"
        words = iter(range(9999))
        for _ in range(14):
            made["account"].append(cls.make(
                "accounts", name="客户" + word(next(words)), short_name=word(next(words)),
                owner_id=cls.maybe(users), region_id=cls.maybe(cls.places),
                grade=cls.maybe("ABC"), revenue_fen=d.randrange(10**6)))
        for _ in range(24):
            made["lead"].append(cls.make(
                "leads", company_name="线索" + word(next(words)), owner_id=cls.maybe(users),
                source_detail=word(next(words)), contact_name=word(next(words)),
                region_id=cls.maybe(cls.places), budget_fen=d.randrange(10**6),
                source=cls.maybe(["website", "tender", "referral"])))

        def some(kind, p=0.75):
            return cls.maybe([r["id"] for r in made[kind]], p)
        for _ in range(14):
            made["contact"].append(cls.make(
                "contacts", name="联系" + word(next(words)), title=word(next(words)),
                account_id=some("account", 1), owner_id=cls.maybe(users),
                attitude=cls.maybe(["neutral", "supporter"])))
        for i in range(16):
            made["opportunity"].append(cls.make(
                "opportunities", name=f"商机{i}", account_id=some("account", 1),
                owner_id=cls.maybe(users), sales_id=cls.maybe(users, 0.3),
                technical_id=cls.maybe(users, 0.3), amount_fen=d.randrange(10**6)))
        for i in range(20):
            made["task"].append(cls.make(
                "tasks", title=f"任务{i}", owner_id=cls.maybe(users),
                assignee_id=cls.maybe(users, 0.4), account_id=some("account", 0.4),
                opportunity_id=some("opportunity", 0.4), lead_id=some("lead", 0.4)))
        for i in range(16):
            on = d.choice(["account", "lead", "opportunity", "contact"])
            id_ = some(on, 1)
            cls.make("comments", entity=on, entity_id=id_, body=f"评论{i}")
            admin.upload("/api/v1/attachments", "file", f"f{i}.txt", b"file %d" % i, "text/plain",
                         entity=on, entity_id=id_).made()
        for _ in range(12):
            admin.post(f"/api/v1/accounts/{some('account', 1)}/members",
                       {"user_id": d.choice(users), "role": "sales"}).expect(200, 409, 422)
        for kind in ("lead", "task"):
            r = d.choice(made[kind])
            admin.delete(f"/api/v1/{KINDS[kind][0]}/{r['id']}").expect(204)

    @classmethod
    def deal(cls):
        d, admin, rules = cls.dice, cls.as_("admin"), cls.rules
        for role in ROLES:
            grants = {"user.read": "all", "metric.read": d.choice(["none", "own"]),
                      "export.run": d.choice(["none", "own", "all"]), "event.read": "own"}
            for kind in KINDS:
                grants[f"{kind}.read"] = d.choice(SCOPES)
                if kind != "attachment":
                    grants[f"{kind}.update"] = d.choice(SCOPES)
            rules.grants[role] = grants
            rules.rights[role] = {
                kind: {f: d.choice(ACCESS) for f in fields if d.random() < 0.4}
                for kind, fields in FIELDS.items()}
        admin.patch("/api/v1/roles", rules.grants).ok()
        admin.patch("/api/v1/field-rights", rules.rights).ok()

    @classmethod
    def read_all(cls):
        admin, rules = cls.as_("admin"), cls.rules
        for kind, row in KINDS.items():
            items = admin.get(f"/api/v1/{row[0]}", limit=200).ok()["items"]
            rules.records[kind] = {r["id"]: r for r in items}
        rules.members = {(a, m["user_id"] if "user_id" in m else m["user"]["id"])
                         for a in rules.records["account"]
                         for m in admin.get(f"/api/v1/accounts/{a}/members").ok()["items"]}

    # -- questions --

    def same(self, who, kind, got, want):
        """Records as a person gets them, against the records he may see."""
        self.assertEqual({r["id"] for r in got}, set(want))
        for r in got:
            labels = r.pop("labels", {})
            shown = self.rules.shown(who, kind, want[r["id"]])
            shown.pop("labels", None)
            self.assertEqual(r, shown)
            self.assertLessEqual(set(labels), set(shown))

    def ask_list(self, who, kind):
        plural = KINDS[kind][0]
        r = self.as_(who).get(f"/api/v1/{plural}", limit=200, count="exact")
        if self.rules.scope(who, f"{kind}.read") == "none":
            return r.problem(403, "forbidden")
        want = self.rules.seen(who, kind)
        self.assertEqual(r.ok()["total"], len(want))
        return self.same(who, kind, r.json["items"], want)

    def ask_filter(self, who, kind):
        if self.rules.scope(who, f"{kind}.read") == "none":
            return None
        field = self.dice.choice(FIELDS[kind])
        value = self.dice.choice(list(self.rules.records[kind].values())).get(field)
        ask = {field: {"is_null": True} if value is None else {"eq": value}}
        r = self.as_(who).get(f"/api/v1/{KINDS[kind][0]}", limit=200, count="exact", filter=ask)
        sort = self.as_(who).get(f"/api/v1/{KINDS[kind][0]}", limit=200, sort=field)
        if self.rules.access(who, kind, field) == "none":
            sort.problem(400, "bad_request")
            return r.problem(400, "bad_filter")
        seen = self.rules.seen(who, kind)
        want = {i: x for i, x in seen.items() if x[field] == value}
        self.assertEqual(r.ok()["total"], len(want))
        if sort.status != 400 or field != "description":
            got = [x[field] for x in sort.ok()["items"]]
            self.assertEqual(len(got), len(seen))
            there = [v for v in got if v is not None]
            self.assertEqual(got, [None] * (len(got) - len(there)) + sorted(there))
        return self.same(who, kind, r.json["items"], want)

    def ask_one(self, who, kind):
        id_ = self.dice.choice(list(self.rules.records[kind]))
        r = self.as_(who).get(f"/api/v1/{KINDS[kind][0]}/{id_}")
        if self.rules.scope(who, f"{kind}.read") == "none":
            return r.expect(403, 404)
        seen = self.rules.seen(who, kind)
        if id_ not in seen:
            return r.problem(404, "not_found")
        return self.same(who, kind, [r.ok()], {id_: seen[id_]})

    def ask_change(self, who, kind):
        """Written as it is: what may be changed answers 200 and nothing happens."""
        x = self.dice.choice(list(self.rules.records[kind].values()))
        field = self.dice.choice(FIELDS[kind])
        r = self.as_(who).patch(f"/api/v1/{KINDS[kind][0]}/{x['id']}", {field: x[field]},
                                x["version"])
        if self.rules.scope(who, f"{kind}.update") == "none":
            return r.problem(403, "forbidden")
        if not self.rules.may(who, kind, "read", x):
            return r.expect(403, 404)
        if not self.rules.may(who, kind, "update", x):
            return r.problem(403, "forbidden")
        access = self.rules.access(who, kind, field)
        if access != "edit":
            return r.problem(422, "invalid", field,
                             "read_only" if access == "read" else "unknown_field")
        return self.same(who, kind, [r.ok()], {x["id"]: x})

    def ask_search(self, who, kind):
        field = self.dice.choice(SEARCHED[kind][self.dice.random() < 0.8:])
        x = self.dice.choice(list(self.rules.records[kind].values()))
        seen = self.rules.seen(who, kind)
        if seen and self.dice.random() < 0.7:
            x = self.dice.choice(list(seen.values()))
        word = x[field][-7:]
        hit = self.rules.may(who, kind, "read", x) and \
            self.rules.access(who, kind, field) != "none"
        groups = self.as_(who).get("/api/v1/search", q=word).ok()["groups"]
        found = [(g["entity"], i["id"]) for g in groups for i in g["items"]]
        self.assertEqual(found, [(kind, x["id"])] if hit else [])
        if self.rules.scope(who, f"{kind}.read") == "none":
            return None
        r = self.as_(who).get(f"/api/v1/{KINDS[kind][0]}", q=word, count="exact").ok()
        self.assertEqual(r["total"], int(hit))
        return self.same(who, kind, r["items"], {x["id"]: x} if hit else {})

    def ask_export(self, who, kind):
        r = self.as_(who).get(f"/api/v1/{KINDS[kind][0]}/export", format="ndjson")
        if "none" in (self.rules.scope(who, "export.run"),
                      self.rules.scope(who, f"{kind}.read")):
            return r.problem(403, "forbidden")
        rows = [json.loads(line) for line in r.expect(200).text.splitlines()]
        seen = self.rules.seen(who, kind)
        self.assertEqual({x["id"] for x in rows}, set(seen))
        for x in rows:
            shown = self.rules.shown(who, kind, seen[x["id"]])
            for f, v in x.items():
                if f + "_id" in seen[x["id"]] and f not in seen[x["id"]]:
                    self.assertIn(f + "_id", shown)  # the name beside a reference
                elif f != "labels":
                    self.assertEqual(v, shown[f])
            self.assertLessEqual({f for f in shown if shown[f] is not None and f != "labels"},
                                 set(x) | {"created_by", "updated_by"})
        return None

    def ask_number(self, who, _):
        r = self.as_(who).get("/api/v1/metrics/lead_conversion_rate", by="source")
        rules = self.rules
        if rules.scope(who, "metric.read") == "none" or \
                rules.access(who, "lead", "status") == "none":
            return r.problem(403, "forbidden")
        if rules.access(who, "lead", "source") == "none":
            return r.problem(400, "bad_request")
        want = {}
        for x in rules.seen(who, "lead").values():
            want[x["source"]] = want.get(x["source"], 0) + 1
        self.assertEqual({row["keys"]["source"]: row["n"] for row in r.ok()["rows"]}, want)
        return None

    def ask_group(self, who, kind):
        field = self.dice.choice([f for f in FIELDS[kind] if f in GROUPED])
        r = self.as_(who).get(f"/api/v1/{KINDS[kind][0]}/groups", by=field)
        if self.rules.scope(who, f"{kind}.read") == "none":
            return r.problem(403, "forbidden")
        if self.rules.access(who, kind, field) == "none":
            return r.problem(400, "bad_request")
        want, sums = {}, {}
        for x in self.rules.seen(who, kind).values():
            want[x[field]] = want.get(x[field], 0) + 1
            for f in ("revenue_fen", "budget_fen", "amount_fen"):
                if x.get(f) is not None and self.rules.access(who, kind, f) != "none":
                    sums[f] = sums.get(f, 0) + x[f]
        self.assertEqual({g["value"]: g["count"] for g in r.ok()["items"]}, want)
        told = {}
        for g in r.json["items"]:
            for s in g["sums"]:
                told[s["field"]] = told.get(s["field"], 0) + s["amount_fen"]
        self.assertEqual(told, sums)
        return None

    def ask_file(self, who, _):
        x = self.dice.choice(list(self.rules.records["attachment"].values()))
        r = self.as_(who).get(f"/api/v1/attachments/{x['id']}/content")
        if self.rules.scope(who, "attachment.read") == "none":
            return r.problem(403, "forbidden")
        return r.expect(200 if self.rules.may(who, "attachment", "read", x) else 404)

    def ask_history(self, who, kind):
        x = self.dice.choice(list(self.rules.records[kind].values()))
        timeline = self.dice.random() < 0.5
        r = self.as_(who).get(f"/api/v1/{KINDS[kind][0]}/{x['id']}/"
                              + ("timeline" if timeline else "history"), limit=200)
        if self.rules.scope(who, f"{kind}.read") == "none":
            return r.expect(403, 404)
        if not self.rules.may(who, kind, "read", x):
            return r.problem(404, "not_found")
        for item in r.ok()["items"]:
            on = item["entity"]
            if on in KINDS and item["entity_id"] in self.rules.records[on]:
                self.assertTrue(self.rules.may(who, on, "read",
                                               self.rules.records[on][item["entity_id"]]), item)
            told = {c["field"] for c in item["changes"]} | set(item["payload"] or {})
            hidden = {f for f in FIELDS.get(on, ())
                      if self.rules.access(who, on, f) == "none"}
            self.assertEqual(told & hidden, set())
            if on == kind and item["entity_id"] == x["id"] and item["kind"] == kind + ".created":
                for c in item["changes"]:
                    if c["field"] in FIELDS.get(kind, ()):
                        self.assertEqual(c["new"], x[c["field"]])
        return None

    def test_answers_are_what_the_rules_say(self):
        asks = [self.ask_list, self.ask_filter, self.ask_one, self.ask_change, self.ask_search,
                self.ask_export, self.ask_number, self.ask_group, self.ask_file, self.ask_history]
        told = {a.__name__: 0 for a in asks}
        for i in range(PROBES):
            ask, who = asks[i % len(asks)], self.dice.choice(PEOPLE)
            kind = self.dice.choice(list(
                SEARCHED if ask == self.ask_search else
                FIELDS if ask in (self.ask_filter, self.ask_change, self.ask_group) else KINDS))
            told[ask.__name__] += 1
            try:
                ask(who, kind)
            except AssertionError as e:
                raise AssertionError(f"seed {SEED}, probe {i}: {ask.__name__} of {kind} as {who} "
                                     f"{self.rules.users[who]}: {e}") from None
        self.assertTrue(all(told.values()))

    def test_live_feed_tells_whom_the_rules_say(self):
        rules, admin = self.rules, self.as_("admin")
        who = self.dice.sample(PEOPLE, 4)
        streams = {w: Stream(self.as_(w)) for w in who}
        for s in streams.values():
            self.addCleanup(s.close)
        changed = []
        for _ in range(16):
            kind = self.dice.choice(["account", "lead", "contact", "task"])
            x = self.dice.choice(list(rules.records[kind].values()))
            plural = KINDS[kind][0]
            now = admin.get(f"/api/v1/{plural}/{x['id']}").ok()
            field = "description" if kind != "lead" else "need"
            admin.patch(f"/api/v1/{plural}/{x['id']}", {field: f"{now['version']}"},
                        now["version"]).ok()
            changed.append((kind, x["id"]))
        # the last thing everybody sees: a change of himself
        for w in who:
            user = admin.get(f"/api/v1/users/{rules.users[w]['id']}").ok()
            admin.patch(f"/api/v1/users/{user['id']}", {"title": "结束"}, user["version"]).ok()
        for w in who:
            got = []
            while True:
                e = streams[w].next(20)
                self.assertIsNotNone(e, f"seed {SEED}: no end of the stream of {w}")
                data = e["data"]
                if data["entity"] == "user" and data["entity_id"] == rules.users[w]["id"]:
                    break
                if data["kind"].endswith(".updated") and data["entity"] in KINDS:
                    got.append((data["entity"], data["entity_id"]))
                self.assertNotIn("payload", data)
            want = [(k, i) for k, i in changed if rules.may(w, k, "read", rules.records[k][i])]
            self.assertEqual(got, want, f"seed {SEED}: stream of {w} {rules.users[w]}")
        type(self).read_all()


if __name__ == "__main__":
    unittest.main()

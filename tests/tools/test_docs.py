"""What the manuals promise is so: log-ins of the demo, targets, paths that they point to."""
import json
import os
import re
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def read(name):
    with open(os.path.join(ROOT, name), encoding="utf-8") as f:
        return f.read()


class Docs(unittest.TestCase):
    def test_readme_log_ins_are_those_of_the_demo(self):
        demo = json.loads(read("seed/demo/users.json"))
        users = {u["login"]: u for u in demo["users"]}
        roles = {r["code"] for r in json.loads(read("seed/roles.json"))["roles"]}
        for name in ("README.md", "README.zh.md"):
            part = read(name).split("<!-- log-ins -->")[1].split("<!-- end -->")[0]
            self.assertIn(f"`{demo['password']}`", part)
            rows = re.findall(r"^\| `(\w+)` \| (\S+?)[,，]", part, re.M)
            self.assertGreaterEqual(len(rows), 7, name)
            shown = set()
            for login, person in rows:
                self.assertIn(login, users, name)
                self.assertEqual(users[login]["name"], person, name)
                shown.update(users[login]["roles"])
            self.assertEqual(shown, roles, f"{name} shows every role")

    def test_both_readmes_have_the_same_shape(self):
        def shape(name):
            text = read(name)
            return (len(re.findall(r"^## ", text, re.M)), re.findall(r"^    (\S.*?)(?:  #.*)?$", text, re.M),
                    sorted(re.findall(r"\]\(((?:docs|LIC|CON)[^)]*)\)", text)))
        en, zh = shape("README.md"), shape("README.zh.md")
        self.assertEqual(en[0], zh[0])
        self.assertEqual([c.split("#")[0].strip() for c in en[1]],
                         [c.split("#")[0].strip() for c in zh[1]])
        self.assertEqual(en[2], zh[2])

    def test_links_of_the_manuals_lead_somewhere(self):
        for where, _, names in os.walk(os.path.join(ROOT, "docs")):
            pages = [os.path.relpath(os.path.join(where, n), ROOT) for n in names if n.endswith(".md")]
            for page in pages + ["README.md", "README.zh.md", "CONTRIBUTING.md"]:
                for link in re.findall(r"\]\(([^)#]+)\)", read(page)):
                    if not link.startswith("http"):
                        path = os.path.join(ROOT, os.path.dirname(page), link)
                        self.assertTrue(os.path.exists(path), f"{page}: {link}")

    def test_make_targets_of_the_readme_exist(self):
        targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.M))
        for page in ("README.md", "CONTRIBUTING.md", "docs/deploy.md"):
            for target in re.findall(r"make ([a-z]+)\b", read(page)):
                if target in ("and",):
                    continue
                self.assertIn(target, targets, page)

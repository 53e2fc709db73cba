"""The front door: what `make` offers, that each target brings what it lacks, from Debian and npm alone;
what continuous integration runs; the manuals that must be there."""
import os
import re
import subprocess
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def read(name):
    with open(os.path.join(ROOT, name), encoding="utf-8") as f:
        return f.read()


def plan(target):
    """What `make TARGET` would do, line by line; files that were built before do not count."""
    r = subprocess.run(["make", "-n", "-B", "--no-print-directory", target], cwd=ROOT, text=True,
                       capture_output=True)
    if r.returncode:
        raise AssertionError(f"make -n {target}: {r.stderr}")
    return [line for line in r.stdout.splitlines() if line]


class FrontDoor(unittest.TestCase):
    def test_make_has_its_five_targets(self):
        for target, does in (("run", "tools/run"), ("test", "tools/test-all"),
                             ("bench", "tools/bench"), ("build", "ninja -C build "),
                             ("check", "tools/check")):
            self.assertTrue(any(line.startswith(does) for line in plan(target)), (target, plan(target)))

    def test_build_is_mesons(self):
        options = read("tools/configure")
        self.assertIn("meson setup", options)
        for profile in ("build", "build-debug", "build-tsan", "build-fuzz"):
            self.assertRegex(options, rf"(?m)\b{profile}\b")

    def test_every_target_brings_what_it_lacks(self):
        targets = re.search(r"^\.PHONY: (.*?[^\\])$", read("Makefile"), re.M | re.S).group(1)
        for target in targets.replace("\\\n", " ").split():
            if target != "clean":
                lines = plan(target)
                self.assertTrue(lines[0].startswith("tools/setup"), (target, lines[:2]))

    def test_what_is_brought_comes_from_debian_and_npm_alone(self):
        setup = read("tools/setup")
        for word in ("curl", "wget", "sources.list", "apt-key", "gpg", "add-apt-repository", "://"):
            self.assertNotIn(word, setup.replace("setup:", ""), word)
        self.assertIn("node@22", setup)
        for line in read("tools/packages.txt").splitlines():
            if line and not line.startswith("#"):
                group, *packages = line.split()
                self.assertIn(group, ("build", "check", "test", "bench"))
                for p in packages:
                    self.assertRegex(p, r"\A[a-z0-9][a-z0-9+.-]+\Z")
                    self.assertNotIn(p, ("nodejs", "npm"), "Debian's Node is too old")

    def test_tidy_is_whole_by_hand_and_quick_in_the_suite(self):
        self.assertTrue(any(re.fullmatch(r"tools/tidy", line) for line in plan("tidy")))
        self.assertRegex(read("tools/suites.txt"), r"(?m)^tidy +tools/tidy --fast$")
        self.assertIn("clang-analyzer", read(".clang-tidy"))
        self.assertIn("clang-analyzer", re.search(r"^cheap=.*", read("tools/tidy"), re.M).group(0))

    def test_ci_runs_the_whole_suite(self):
        path = os.path.join(ROOT, ".ci/run")
        self.assertTrue(os.access(path, os.X_OK))
        self.assertEqual(subprocess.run(["sh", "-n", path]).returncode, 0)
        self.assertRegex(read(".ci/run").splitlines()[-1], r"^exec make .*\btest$")
        for suite in ("checks", "tools", "unit", "tidy", "web", "fuzz", "http", "http-pg", "import",
                      "import-pg", "product", "product-pg", "api", "openapi", "browser"):
            self.assertRegex(read("tools/suites.txt"), rf"(?m)^{suite} +\S")

    def test_readmes_begin_with_two_commands(self):
        for name in ("README.md", "README.zh.md"):
            commands = re.findall(r"^    (make \w+)", read(name), re.M)
            self.assertEqual(commands[:2], ["make run", "make test"], name)

    def test_licence_is_the_agpl(self):
        head = " ".join(read("LICENSE").split()[:12])
        self.assertRegex(head, "GNU AFFERO GENERAL PUBLIC LICENSE Version 3")
        for name in ("README.md", "README.zh.md"):
            self.assertIn("](LICENSE)", read(name))

    def test_manuals_and_decisions_are_there(self):
        self.assertGreater(len(os.listdir(os.path.join(ROOT, "docs/decisions"))), 3)
        for recipe in ("a-field", "an-entity", "a-route", "a-job", "an-error", "a-migration"):
            page = f"docs/adding-{recipe}.md"
            self.assertGreater(len(read(page)), 500, page)
            self.assertTrue(f"]({page})" in read("CONTRIBUTING.md"), f"{page} is not linked")


if __name__ == "__main__":
    unittest.main()

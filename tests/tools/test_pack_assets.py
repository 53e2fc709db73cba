"""The packer: what it writes for no files, and that the same files give the same bytes."""
import os
import shutil
import subprocess
import tempfile
import time
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Pack(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.root)
        self.dist = os.path.join(self.root, "dist")

    def pack(self):
        """(asm, table, dependencies)"""
        out = [os.path.join(self.root, n) for n in ("a.S", "a.c", "a.d")]
        subprocess.run([os.path.join(ROOT, "tools/pack-assets"), self.dist, *out], check=True)
        return [open(p, encoding="utf-8").read() for p in out]

    def put(self, name, data):
        path = os.path.join(self.dist, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(data)

    def test_missing_and_empty_folder(self):
        asm, table, deps = self.pack()
        self.assertNotIn(".incbin", asm)
        self.assertIn("n_assets = 0;", table)
        # The folder above tells when it appears.
        self.assertTrue(deps.strip().endswith(": " + self.root))
        os.mkdir(self.dist)
        _, table, deps = self.pack()
        self.assertIn("n_assets = 0;", table)
        self.assertTrue(deps.strip().endswith(": " + self.dist))

    def test_same_files_same_bytes(self):
        self.put("index.html", "<p>hello</p>" * 50)
        self.put("assets/x.js", "let a = 1;" * 50)
        first = self.pack()
        stamp = os.stat(os.path.join(self.root, "a.S")).st_mtime_ns
        time.sleep(0.02)
        self.assertEqual(first, self.pack())
        # Left alone, so nothing is assembled again.
        self.assertEqual(stamp, os.stat(os.path.join(self.root, "a.S")).st_mtime_ns)
        for name in ("index.html", "assets/x.js", "assets"):
            self.assertIn(os.path.join(self.dist, name), first[2])
        self.put("index.html", "<p>HELLO</p>" * 50)
        self.assertNotEqual(first[0], self.pack()[0])


if __name__ == "__main__":
    unittest.main()

"""Makes operators/*.json, golden values from PyLops. Run by hand only; see README.md.

  python tests/golden/make.py [FAMILY ...]

Each family is a script in operators/ that calls `case` and leaves its cases in a file of its own name; without a name, all are made.
"""
import glob
import os
import runpy
import sys

from golden import HERE, save

FOLDER = os.path.join(HERE, "operators")
families = sys.argv[1:] or sorted(os.path.basename(path)[:-3] for path in glob.glob(os.path.join(FOLDER, "*.py")))
for family in families:
    runpy.run_path(os.path.join(FOLDER, family + ".py"))
    save(os.path.join(FOLDER, family + ".json"))

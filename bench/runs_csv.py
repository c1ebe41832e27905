"""The figures of each evaluated run FOLDER/MODEL/seed-N on test, and what dev chose its checkpoint by, as CSV.

Usage: python3 bench/runs_csv.py FOLDER
"""
import csv
import json
import sys
from pathlib import Path

folder = Path(sys.argv[1])
rows = []
for file in sorted(folder.glob("*/seed-*/eval/test/metrics.json")):
    run = file.parent.parent.parent
    state = json.loads((run / "run.json").read_text())
    test = {name: value for name, value in json.loads(file.read_text()).items()
            if isinstance(value, float) and not name.startswith(("precision", "recall"))}
    rows.append({"model": run.parent.name, "seed": state["seed"], "best_step": state["best_step"],
                 "dev": state["best_metric"], **test})
names = list(dict.fromkeys(name for row in rows for name in row))
table = csv.DictWriter(sys.stdout, names, lineterminator="\n")
table.writeheader()
for row in sorted(rows, key=lambda row: (row["model"], row["seed"])):
    table.writerow({name: round(value, 6) if isinstance(value, float) else value for name, value in row.items()})

"""Win rate, won amount and mean days from engage to close of the Maven files, straight from the
CSVs: an independent computation that the program's metrics are held against.

tests/import/maven_figures.py FOLDER [DIMENSION[,DIMENSION]]     prints them as JSON
"""
import csv
import datetime
import fractions
import json
import os
import sys


def read(folder, name):
    with open(os.path.join(folder, name), encoding="utf-8-sig", newline="") as f:
        return list(csv.DictReader(f))


def deals(folder):
    """Closed deals with what they can be grouped by."""
    sector = {a["account"]: a["sector"] for a in read(folder, "accounts.csv")}
    office = {t["sales_agent"]: t["regional_office"] for t in read(folder, "sales_teams.csv")}
    for d in read(folder, "sales_pipeline.csv"):
        if d["deal_stage"] not in ("Won", "Lost"):
            continue
        close = datetime.date.fromisoformat(d["close_date"])
        yield dict(
            owner=d["sales_agent"],
            team=office[d["sales_agent"]],
            # the file writes one product in two ways
            product={"GTXPro": "GTX Pro"}.get(d["product"], d["product"]),
            industry=sector[d["account"]],
            quarter=f"{close.year}Q{(close.month + 2) // 3}",
            month=close.strftime("%Y-%m"),
            close=close,
            won=d["deal_stage"] == "Won",
            cents=int(fractions.Fraction(d["close_value"]) * 100),
            days=(close - datetime.date.fromisoformat(d["engage_date"])).days)


def figures(folder, by=(), first=None, last=None):
    """{code: {group: (value, n)}}"""
    groups = {}
    for d in deals(folder):
        if (first and d["close"] < first) or (last and d["close"] > last):
            continue
        groups.setdefault(tuple(d[k] for k in by), []).append(d)
    out = dict(win_rate={}, won_amount={}, cycle_days_mean={}, amount_per_head={})
    for key, rows in groups.items():
        won = [d for d in rows if d["won"]]
        out["win_rate"][key] = (len(won) / len(rows), len(rows))
        heads = len({d["owner"] for d in rows})
        cents = sum(d["cents"] for d in won)
        out["amount_per_head"][key] = ((2 * cents + heads) // (2 * heads), heads)
        if won:
            out["won_amount"][key] = (cents, len(won))
            out["cycle_days_mean"][key] = (sum(d["days"] for d in won) / len(won), len(won))
    return out


if __name__ == "__main__":
    dims = tuple(sys.argv[2].split(",")) if len(sys.argv) > 2 else ()
    print(json.dumps({code: [dict(by=dict(zip(dims, k)), value=v, n=n)
                             for k, (v, n) in sorted(groups.items())]
                      for code, groups in figures(sys.argv[1], dims).items()},
                     ensure_ascii=False, indent=1))

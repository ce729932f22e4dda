"""What Prometheus and Grafana are given: judged by Prometheus's own tool, and drawn on a grid without overlaps."""

import json
import subprocess

from places import ROOT

MONITORING = ROOT / "deploy" / "monitoring"


def promtool(*arguments):
    done = subprocess.run(["promtool", "check", *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_scrape_configuration_and_its_rules_are_valid():
    assert "SUCCESS" in promtool("config", str(MONITORING / "prometheus.yml"))
    assert "SUCCESS" in promtool("rules", "--lint=all", "--lint-fatal", str(MONITORING / "alerts.yml"))


def test_every_panel_has_its_place_and_its_query():
    board = json.loads((MONITORING / "grafana-dashboard.json").read_text())
    assert board["uid"] and board["title"]
    taken = set()
    for panel in board["panels"]:
        grid = panel["gridPos"]
        cells = {(x, y) for x in range(grid["x"], grid["x"] + grid["w"]) for y in range(grid["y"], grid["y"] + grid["h"])}
        assert grid["x"] + grid["w"] <= 24 and not cells & taken, panel["title"]
        taken |= cells
        assert panel["type"] == "row" or all(target["expr"] for target in panel["targets"]), panel["title"]
    identifiers = [panel["id"] for panel in board["panels"]]
    assert len(identifiers) == len(set(identifiers))

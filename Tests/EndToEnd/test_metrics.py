"""What Prometheus is told: right over all processes, also over those that were killed; for internal addresses alone; and
everything that the dashboard and the alerts ask for is there."""

import json
import re
import subprocess

import pytest
import yaml

import metrics
from client import PASSWORD, new_person, new_team, registration
from content import unique_text
from polling import eventually
from stack import ROOT

DOCUMENTS = "/api/tenants/{tenant_id}/documents"
MONITORING = ROOT / "deploy" / "monitoring"


def requests(found, route, method="GET", status="200"):
    return found.sum("saas_http_requests_total", method=method, route=route, status=status)


def test_prometheus_understands_the_metrics(stack):
    text = metrics.read(stack).text
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_requests_of_all_processes_are_counted_once(stack, person):
    before = metrics.read(stack)
    for _ in range(40):
        person.api.get("/api/users/me/tenants").data()
    stack.api.get("/api/users/me/tenants").error(401)
    after = metrics.read(stack)
    route = "/api/users/me/tenants"
    assert requests(after, route) - requests(before, route) == 40
    assert requests(after, route, status="401") - requests(before, route, status="401") == 1
    count = "saas_http_request_duration_seconds_count"
    assert after.sum(count, route=route) - before.sum(count, route=route) == 41
    assert (after.sum("saas_http_request_duration_seconds_bucket", route=route, le="+Inf")
            == after.sum(count, route=route))
    assert after.values("saas_app_threads", "process") == {"app-0", "app-1"}


def test_routes_are_named_by_their_patterns(stack, team):
    team.admin.api.get(f"{team.documents}/{team.id}").error(404)
    stack.api.get("/no/such/place").error(404)
    found = metrics.read(stack)
    assert requests(found, f"{DOCUMENTS}/{{document_id}}", status="404") > 0
    assert requests(found, "none", "other", "404") > 0
    assert team.id not in " ".join(found.values("saas_http_requests_total", "route"))


def test_nothing_counted_is_lost_when_a_process_is_killed(fault_stack):
    stack = fault_stack
    person = new_person(stack.api)
    route = "/api/users/me/tenants"
    start = requests(metrics.read(stack), route)
    for _ in range(20):
        person.api.get(route).data()
    for process in ("app-0", "app-1"):
        before = metrics.read(stack)
        old = stack.kill(process)
        eventually(lambda: stack.pid(process) != old, within=30, what=f"another {process}")
        stack.await_healthy()
        after = metrics.read(stack)
        fallen = [key for key, value in before.samples.items()
                  if before.types.get(re.sub("_(bucket|sum|count)$", "", key[0]), before.types.get(key[0])) != "gauge"
                  and after.samples.get(key, 0) < value]
        assert not fallen, fallen
    # Both processes that had counted are gone; the supervisor's own questions go to other routes.
    assert requests(metrics.read(stack), route) - start == 20
    eventually(lambda: metrics.read(stack).values("saas_app_threads", "process") == {"app-0", "app-1"}, within=30,
               what="the gauges of the living")
    programs = [dict(labels)["program"] for name, labels in metrics.read(stack).samples
                if name == "process_start_time_seconds"]
    assert sorted(programs) == ["app", "app", "sidecar", "worker"], "gauges of the dead are not shown"


def test_tenants_are_told_apart(stack, fresh_team):
    team, content = fresh_team, unique_text()
    before = metrics.read(stack)
    for _ in range(10):
        team.admin.api.get(team.documents).data()
    document = team.upload(content)
    found = metrics.read(stack)
    assert team.id in found.values("saas_tenant_requests_total", "tenant")

    def more(name):
        return found.sum(name, tenant=team.id) - before.sum(name, tenant=team.id)

    assert more("saas_tenant_requests_total") == 11
    assert more("saas_tenant_received_bytes_total") == document["file"]["file_size"]
    assert more("saas_tenant_sent_bytes_total") > 500


def test_uploads_are_counted_by_outcome_and_stage(stack, team):
    content = unique_text()
    before = metrics.read(stack)
    team.upload(content)
    team.upload(content)
    team.viewer.api.upload(team.documents, content).error(403)
    team.admin.api.upload(team.documents, b"").error(422)
    after = metrics.read(stack)

    def more(name, **labels):
        return after.sum(name, **labels) - before.sum(name, **labels)

    outcomes = {name: more("saas_uploads_total", outcome=name) for name in ("stored", "deduplicated", "empty_file")}
    assert outcomes == {"stored": 1, "deduplicated": 1, "empty_file": 1}
    stages = {name: more("saas_upload_stage_duration_seconds_count", stage=name)
              for name in ("receive", "spool", "resolve", "push", "commit")}
    assert stages == {"receive": 2, "spool": 2, "resolve": 2, "push": 1, "commit": 1}
    assert more("saas_upload_size_bytes_count") == 2
    assert more("saas_upload_received_bytes_total") == 2 * len(content)
    # Each upload is one request, whoever answered it: the sidecar, or the application that refused it.
    statuses = {status: requests(after, DOCUMENTS, "POST", status) - requests(before, DOCUMENTS, "POST", status)
                for status in ("201", "403", "422")}
    assert statuses == {"201": 2, "403": 1, "422": 1}


@pytest.mark.parametrize("bus", ["embedded", "kafka"])
def test_events_are_counted_over_all_workers(request, bus):
    stack = request.getfixturevalue(f"{bus}_stack")
    stack.await_healthy(within=60)
    team = new_team(stack.api, roles=())

    def total(outcome):
        return metrics.read(stack).sum("saas_events_total", type="document.uploaded", outcome=outcome)

    before = {outcome: total(outcome) for outcome in ("produced", "consumed")}
    for _ in range(3):
        team.upload(unique_text())
    for outcome, start in before.items():
        eventually(lambda: total(outcome) >= start + 3, within=60, what=f"three events {outcome}")
    found = metrics.read(stack)
    assert found.sum("saas_event_workers") >= 1 and found.sum("saas_main_database_up") == 1
    assert ("saas_kafka_up" in found.types) == (bus == "kafka")


def test_logins_are_seen_in_the_password_queue(stack):
    before = metrics.read(stack).sum("saas_password_wait_seconds_count")
    body = registration()
    stack.api.post("/api/auth/register", body).data(201)
    stack.api.post("/api/auth/login", {"email": body["email"], "password": PASSWORD}).data()
    assert metrics.read(stack).sum("saas_password_wait_seconds_count") >= before + 2


def test_processes_and_their_connections_are_shown(stack):
    found = eventually(lambda: (lambda m: m if m.sum("saas_db_pool_requests_total", program="worker") > 0 else None)(
        metrics.read(stack)), what="the worker's connections")
    for name in ("process_resident_memory_bytes", "process_start_time_seconds", "process_open_fds"):
        assert found.values(name, "program") == {"app", "sidecar", "worker"}
    assert found.sum("process_resident_memory_bytes") > 10_000_000
    assert found.sum("saas_db_pool_requests_total", program="app") > 0
    assert found.sum("saas_db_pool_max_connections", program="app") > 0


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "Via"])
def test_metrics_are_not_for_those_who_come_through_a_proxy(api, header):
    api.get("/metrics", headers={header: "127.0.0.1"}).error(403, "FORBIDDEN")


@pytest.mark.parametrize("path", ["/metrics/", "/api/metrics", "/api/../metrics/x"])
def test_metrics_have_no_other_address(api, path):
    api.get(path).error(404)


def test_pages_of_other_origins_cannot_read_metrics(api):
    answer = api.get("/metrics", headers={"Origin": "https://app.example.com"})
    assert answer.status == 200 and answer.header("Access-Control-Allow-Origin") is None
    assert answer.header("X-Content-Type-Options") == "nosniff" and answer.header("X-Request-Id")


def test_metrics_are_read_only(api):
    api.post("/metrics", {}).error(405, "METHOD_NOT_ALLOWED")
    answer = api.head("/metrics")
    assert answer.status == 200 and answer.body == b""


def queries():
    """Every query of the dashboard and of the alerts."""
    board = json.loads((MONITORING / "grafana-dashboard.json").read_text())
    found = [target["expr"] for panel in board["panels"] for target in panel.get("targets", [])]
    found += [item["query"]["query"] for item in board["templating"]["list"] if item["type"] == "query"]
    rules = yaml.safe_load((MONITORING / "alerts.yml").read_text())
    return found + [rule["expr"] for group in rules["groups"] for rule in group["rules"]]


def test_everything_that_dashboard_and_alerts_ask_for_is_there(stack, kafka_stack):
    asked = {name for query in queries() for name in re.findall(r"\b(?:saas|process)_[a-z0-9_]+", query)}
    assert len(asked) > 35
    told = metrics.read(stack).names | metrics.read(kafka_stack).names
    assert not asked - told, asked - told
    unasked = {name for name in told if not name.endswith(("_sum", "_count", "_bucket"))} - asked
    assert not unasked, f"nobody looks at {unasked}"

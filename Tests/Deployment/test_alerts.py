"""Each alert fires on what it is for and on nothing that is well, as Prometheus itself computes it from made-up samples,
one a minute."""

import functools
import re
import subprocess

import pytest
import yaml

from places import ROOT

RULES = ROOT / "deploy" / "monitoring" / "alerts.yml"
JOB = 'job="saas-documents",instance="a:4999"'
REQUESTS = "saas_http_requests_total{%s,method=\"GET\",route=\"/\",status=\"%s\"}"
BUCKET = "saas_http_request_duration_seconds_bucket{%s,method=\"GET\",route=\"/\",le=\"%s\"}"
# 60 of each a minute, in Prometheus's notation: begin + step x times.
STEADY, NEVER, ALWAYS = "0+60x60", "0x60", "1x60"


def one(name, labels=""):
    return f"{name}{{{JOB}{labels}}}"


def requests(**statuses):
    return {REQUESTS % (JOB, status.removeprefix("s")): values for status, values in statuses.items()}


def reads(below_a_second):
    """Reads of which so many in a minute, of 100, take less than a second."""
    return {BUCKET % (JOB, "1"): f"0+{below_a_second}x60", BUCKET % (JOB, "5"): "0+100x60", BUCKET % (JOB, "+Inf"): "0+100x60"}


def pool(name):
    return one(name, ',program="FCGIApp"')


def uploads(outcome):
    return one("saas_uploads_total", f',outcome="{outcome}"')


# Alert -> (samples on which it fires, samples on which it does not).
CASES = {
    "HostDown": ({one("up"): NEVER}, {one("up"): ALWAYS}),
    "MainDatabaseDown": ({one("saas_main_database_up"): NEVER}, {one("saas_main_database_up"): ALWAYS}),
    "ServerErrors": (requests(s200=STEADY, s500="0+6x60"), requests(s200=STEADY, s503="0+6x60", s404=STEADY)),
    "RequestsTurnedAway": (requests(s200=STEADY, s429="0+6x60"), requests(s200=STEADY, s429="0+1x60", s401=STEADY)),
    "SlowReads": (reads(90), reads(100)),
    "ThreadsUsedUp": ({one("saas_app_threads"): "16x60", one("saas_app_busy_threads"): "15x60"},
                      {one("saas_app_threads"): "16x60", one("saas_app_busy_threads"): "14x60"}),
    "ConnectionTimeouts": ({pool("saas_db_pool_timeouts_total"): "0x30 0+1x30"}, {pool("saas_db_pool_timeouts_total"): "7x60"}),
    "WaitingForConnections": (
        {pool("saas_db_pool_wait_seconds_total"): "0+30x60", pool("saas_db_pool_waits_total"): STEADY},
        {pool("saas_db_pool_wait_seconds_total"): "0+6x60", pool("saas_db_pool_waits_total"): STEADY}),
    "LoginsTurnedAway": ({one("saas_password_refusals_total"): "0+2x60"}, {one("saas_password_refusals_total"): "0x50 1x10"}),
    "UploadsFail": ({uploads("stored"): STEADY, uploads("store.unavailable"): "0+6x60"},
                    {uploads("stored"): STEADY, uploads("cut"): STEADY, uploads("store.unavailable"): "0+1x60"}),
    "EventsWait": ({one("saas_outbox_oldest_event_age_seconds"): "400x60"}, {one("saas_outbox_oldest_event_age_seconds"): "200x60"}),
    "NoEventWorker": ({one("saas_event_workers"): NEVER}, {one("saas_event_workers"): "2x60"}),
    "DeadEvents": ({one("saas_dead_events"): "3x60"}, {one("saas_dead_events"): NEVER}),
    "DeliveryStopped": ({one("saas_event_delivery_stopped"): ALWAYS}, {one("saas_event_delivery_stopped"): NEVER}),
    "KafkaDown": ({one("saas_kafka_up"): NEVER}, {one("saas_kafka_up"): ALWAYS}),
    "KafkaLag": ({one("saas_kafka_consumer_lag_messages"): "20000x60"}, {one("saas_kafka_consumer_lag_messages"): "9000x60"}),
    "ProcessRestarts": ({one("process_start_time_seconds", ',program="FCGIApp"'): "0x50 60 120 180 240 300 360 420 480 540 600"},
                        {one("process_start_time_seconds", ',program="FCGIApp"'): "0x50 60x10"}),
}


@functools.cache
def rules():
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


def test_every_alert_has_its_case_and_its_advice():
    names = [rule["alert"] for rule in rules()]
    assert sorted(names) == sorted(CASES)
    advice = (ROOT / "docs" / "metrics.md").read_text().split("## What to do about an alert")[1]
    assert sorted(re.findall(r"`([A-Z]\w+)`", "".join(re.findall(r"^\| (`[^|]*) \|", advice, re.MULTILINE)))) == sorted(names)
    for rule in rules():
        assert rule["labels"]["severity"] in ("critical", "warning"), rule["alert"]
        assert rule["annotations"]["summary"] and rule["annotations"]["description"], rule["alert"]


@pytest.mark.parametrize("fires", [True, False], ids=["fires", "is silent"])
@pytest.mark.parametrize("alert", CASES)
def test_the_alert(alert, fires, tmp_path):
    samples = CASES[alert][0 if fires else 1]
    expected = [{"labels": f'{{alertname="{alert}"}}', "value": 1}] if fires else []
    question = {"expr": f'count by (alertname) (ALERTS{{alertname="{alert}",alertstate="firing"}})', "eval_time": "1h",
                "exp_samples": expected}
    test = {"interval": "1m", "input_series": [{"series": name, "values": values} for name, values in samples.items()],
            "promql_expr_test": [question]}
    path = tmp_path / "alert.test.yml"
    path.write_text(yaml.safe_dump({"rule_files": [str(RULES)], "evaluation_interval": "1m", "tests": [test]}))
    done = subprocess.run(["promtool", "test", "rules", str(path)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr

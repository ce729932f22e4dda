import pytest

from client import new_person

AREAS = ["/api/auth/health", "/api/users/health", "/api/tenants/health", "/api/files/health",
         "/api/demo/kafka/health"]


@pytest.mark.parametrize("path", ["/", "/health", "/health/live", "/health/ready", "/health/startup"])
def test_healthy_for_anyone(api, path):
    assert api.get(path).data()["status"] in ("healthy", "degraded", "unhealthy")


@pytest.mark.parametrize("path", AREAS)
def test_each_area_reports_its_health_to_anyone(api, path):
    assert api.get(path).data()["status"] == "healthy"


def test_the_document_area_of_a_tenant_reports_its_health(api, team):
    assert api.get(f"{team.documents}/health").data()["status"] == "healthy"


def test_ready_is_healthy_with_everything_running(api):
    assert api.get("/health/ready").data()["status"] == "healthy"


def test_a_bad_token_does_not_matter_to_health(api):
    api.as_("nonsense").get("/health/ready").data()


def test_readiness_fails_first_when_a_host_is_drained(fault_stack):
    stack = fault_stack
    person = new_person(stack.api)
    assert stack.run("drain").returncode == 0
    try:
        answer = stack.api.get("/health/ready")
        answer.error(503, "SERVICE_UNAVAILABLE")
        assert answer.header("Retry-After")
        # Whoever still comes is served, and no probe has a reason to kill anything.
        for path in ("/health/live", "/health/startup", "/health"):
            stack.api.get(path).data()
        person.api.get("/api/users/me").data()
    finally:
        assert stack.run("undrain").returncode == 0
    stack.api.get("/health/ready").data()


def test_health_answers_a_head_request(api):
    answer = api.head("/health")
    assert answer.status == 200 and answer.body == b""
    assert answer.header("X-Request-Id")

"""Every route × everyone who could ask, through the real stack, against the rules in swagger.yaml (`x-access`), which a
unit test compares with the product's own table. Requests are made so that whoever may ask harms nothing: ids that do
not exist, bodies that are refused."""

import re
import secrets

import pytest

import contract
import forge
from client import add_member, new_person, new_team

NOBODY = "00000000-0000-4000-8000-00000000dead"
ROLES = ("viewer", "user", "admin")
DENIALS = {"TOKEN_MISSING", "TOKEN_INVALID", "TOKEN_EXPIRED", "TOKEN_REVOKED", "FORBIDDEN", "TENANT_SUSPENDED",
           "TENANT_NOT_FOUND"}
RULES = {(method, template): contract.document()["paths"][template][method]["x-access"]
         for method, template in contract.operations()}
# What changes something even with an empty body, and is asked by those who must be refused only.
DESTRUCTIVE = {("delete", "/api/tenants/{tenant_id}"), ("post", "/api/auth/logout")}


class Cast:
    """Everyone who could ask: a name, a token, and the tenant that the path names."""

    def __init__(self, stack):
        api = stack.api
        team = new_team(api)
        suspended = new_team(api)
        deleted = new_team(api)
        removed = new_person(api)
        add_member(team, removed, "admin")
        team.admin.api.delete(f"{team.path}/users/{removed.id}").data()
        logged_out = new_person(api)
        add_member(team, logged_out, "admin")
        logged_out.api.post("/api/auth/logout").data()
        inactive = new_person(api)
        add_member(team, inactive, "admin")
        stack.sql("saas_main", f"UPDATE users SET is_active = false WHERE id = '{inactive.id}'")
        suspended.admin.api.put(suspended.path, {"is_active": False}).data()
        deleted.admin.api.delete(deleted.path).data()
        token = team.admin.api.token
        self.columns = {
            "no token": (None, team.id), "expired": (forge.expired(stack, token), team.id),
            "revoked": (logged_out.api.token, team.id), "inactive": (inactive.api.token, team.id),
            "refresh token": (new_person(api).refresh_token, team.id),
            "other tenant": (suspended.outsider.api.token, team.id), "removed": (removed.api.token, team.id),
            **{role: (getattr(team, role).api.token, team.id) for role in ROLES},
            **{f"{role} of a suspended tenant": (getattr(suspended, role).api.token, suspended.id) for role in ROLES},
            **{f"{role} of a deleted tenant": (getattr(deleted, role).api.token, deleted.id) for role in ROLES},
        }


@pytest.fixture(scope="module")
def cast(stack):
    return Cast(stack)


def expected(rule, who):
    """The code of the refusal; None when the route is open to this one."""
    if rule == "anyone":
        return None
    if rule == "refresh-token":
        return {"no token": "TOKEN_MISSING", "refresh token": None}.get(who, "TOKEN_INVALID")
    before_the_tenant = {"no token": "TOKEN_MISSING", "expired": "TOKEN_EXPIRED", "revoked": "TOKEN_REVOKED",
                         "inactive": "TOKEN_REVOKED", "refresh token": "TOKEN_INVALID"}
    if who in before_the_tenant:
        return None if (rule, who) == ("any-token", "refresh token") else before_the_tenant[who]
    if not rule.startswith("member:"):
        return None
    if who in ("other tenant", "removed") or who.endswith("deleted tenant"):
        return "TENANT_NOT_FOUND"
    least, _, when = rule.removeprefix("member:").partition("+")
    role = who.split()[0]
    if who.endswith("suspended tenant"):
        if when != "suspended":
            return "TENANT_SUSPENDED"
        if ROLES.index(role) < ROLES.index(least):
            return "FORBIDDEN"
        return None if role == "admin" else "TENANT_SUSPENDED"
    return None if ROLES.index(role) >= ROLES.index(least) else "FORBIDDEN"


def ask(api, token, method, template, tenant):
    path = re.sub(r"\{\w+\}", NOBODY, template.replace("{tenant_id}", tenant))
    if (method, template) == ("post", "/api/tenants/{tenant_id}/documents"):
        return api.as_(token).upload(path, b"", fields={"filename": "a/b"})
    # A refresh asks for the token before it looks at a body.
    has_body = method in ("post", "put") and template != "/api/auth/refresh"
    body = {"nothing_that_is_known": secrets.token_hex(4)} if has_body else None
    return api.as_(token).request(method.upper(), path, json_body=body)


def test_every_operation_has_a_rule_of_the_contract():
    known = {"anyone", "refresh-token", "any-token", "user"} | {f"member:{role}{when}" for role in ROLES for when in ("", "+suspended")}
    assert set(RULES.values()) <= known


def test_the_whole_matrix(stack, cast, figure):
    wrong, asked = [], 0
    for (method, template), rule in sorted(RULES.items()):
        for who, (token, tenant) in cast.columns.items():
            refusal = expected(rule, who)
            if refusal is None and (method, template) in DESTRUCTIVE:
                continue
            answer = ask(stack.api, token, method, template, tenant)
            asked += 1
            code = answer.json["error"]["code"] if answer.status >= 400 else None
            if code != refusal and not (refusal is None and code not in DENIALS):
                wrong.append(f"{method.upper()} {template} as {who}: {answer.status} {code}, expected {refusal}")
            assert answer.status < 500, repr(answer)
    assert not wrong, "\n".join(wrong)
    figure("access matrix", f"{asked} requests for {len(RULES)} routes × {len(cast.columns)} callers")


def test_what_destroys_is_open_to_those_who_may(stack):
    team = new_team(stack.api)
    team.viewer.api.post("/api/auth/logout").data()
    stack.api.as_(team.user.refresh_token).post("/api/auth/logout").data()
    for person in (team.viewer, team.user):
        person.api.get("/api/users/me").error(401, "TOKEN_REVOKED")
    team.admin.api.put(team.path, {"is_active": False}).data()
    team.admin.api.delete(team.path).data()
    team.admin.api.get(team.path).error(404, "TENANT_NOT_FOUND")


def test_methods_that_a_route_has_not_are_refused_for_everyone(stack, cast):
    for template in {template for _, template in RULES}:
        have = {method for method, other in RULES if other == template}
        for method in {"post", "put", "delete"} - have:
            answer = ask(stack.api, cast.columns["admin"][0], method, template, cast.columns["admin"][1])
            answer.error((404, 405), "METHOD_NOT_ALLOWED", "TENANT_NOT_FOUND")

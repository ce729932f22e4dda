"""The pages for people, in a browser: Swagger UI and the console."""

import json
import re

import pytest
import yaml
from playwright.sync_api import expect

import contract
from browser import PHONE, check_accessibility, chromium, opened, shoot, too_wide
from client import PASSWORD, add_member, new_person, new_team
from content import Form


@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture
def site(stack):
    return f"http://localhost:{stack.port}"


def test_swagger_ui_shows_every_operation(browser, site):
    with opened(browser) as page:
        page.goto(f"{site}/api/docs")
        expect(page.locator(".info .title")).to_contain_text(contract.document()["info"]["title"])
        expect(page.locator(".opblock")).to_have_count(len(contract.operations()))
        shoot(page, "docs")


def test_swagger_ui_tries_an_operation_out(browser, site, person):
    with opened(browser) as page:
        page.goto(f"{site}/api/docs/#/users/getMe")
        page.get_by_role("button", name="Authorize").first.click()
        page.get_by_label("auth-bearer-value").fill(person.api.token)
        page.locator(".auth-btn-wrapper .authorize").click()
        page.locator(".auth-btn-wrapper .btn-done").click()
        operation = page.locator("#operations-users-getMe")
        if operation.get_by_role("button", name="Execute").count() == 0:
            operation.locator(".opblock-summary-control").click()
        operation.get_by_role("button", name="Execute").click()
        expect(operation.locator(".live-responses-table tbody .response-col_status").first).to_contain_text("200")
        expect(operation.locator(".live-responses-table")).to_contain_text(person.email)
        shoot(page, "docs-try-out")


def test_the_document_is_served_as_it_is_in_the_repository(stack):
    answer = stack.api.fetch("/api/docs/swagger.yaml")
    assert answer.status == 200 and answer.header("Content-Type") == "application/yaml"
    assert yaml.safe_load(answer.body) == contract.document()


@pytest.mark.parametrize("path", ["/api/docs", "/api/docs/", "/console", "/console/", "/console/app.js"])
def test_pages_run_nothing_but_their_own_files(stack, path):
    answer = stack.api.fetch(path)
    assert answer.status == 200, repr(answer)
    policy = answer.header("Content-Security-Policy")
    assert "default-src 'none'" in policy and "script-src 'self'" in policy and "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy and "http" not in policy
    assert answer.header("X-Content-Type-Options") == "nosniff" and answer.header("X-Request-Id")


@pytest.mark.parametrize("path", ["/console/missing.js", "/api/docs/assets/", "/api/docs/../../swagger.yaml", "/console/%2e%2e/swagger.yaml"])
def test_nothing_but_the_pages_can_be_fetched(stack, path):
    answer = stack.api.fetch(path)
    assert answer.status in (403, 404), repr(answer)
    assert "script-src" not in answer.header("Content-Security-Policy")


def sign_in(page, site, person):
    page.goto(f"{site}/console")
    page.get_by_label("Email").fill(person.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()


def view(page, name):
    page.get_by_role("link", name=name, exact=True).click()
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()


@pytest.fixture(scope="module")
def busy_team(stack):
    """A tenant that has something to show."""
    team = new_team(stack.api, name="Analytical Engines Ltd.")
    for name, content_type, content in [
            ("Annual report 2026.pdf", "application/pdf", b"%PDF-1.4\n" + b"a" * 900_000),
            ("Annual report 2026 (copy).pdf", "application/pdf", b"%PDF-1.4\n" + b"a" * 900_000),
            ("Drawing of the mill.png", "image/png", b"\x89PNG\r\n\x1a\n" + b"b" * 400_000),
            ("Cards.csv", "text/csv", b"card,operation\n1,add\n" * 9_000),
            ("Note G.txt", "text/plain", b"Bernoulli " * 4_000),
            ("<img src=x onerror=alert(1)>.txt", "text/plain", b"markup in a name")]:
        team.upload(form=Form(content, name, content_type))
    team.admin.api.delete(f"{team.documents}/{team.upload(b'short-lived')['id']}").data()
    return team


def test_the_console_uploads_lists_downloads_and_deletes(browser, site, fresh_team, tmp_path):
    note = tmp_path / "Note of the day.txt"
    note.write_bytes(b"the console sent this\n" * 1000)
    with opened(browser) as page:
        sign_in(page, site, fresh_team.admin)
        expect(page.locator(".figures")).to_contain_text("0 bytes")
        view(page, "Documents")
        page.get_by_label("Upload files").set_input_files(note)
        row = page.get_by_role("row").filter(has_text="Note of the day.txt")
        expect(row).to_contain_text("21 KB")
        with page.expect_download() as download:
            row.get_by_role("button", name="Download").click()
        assert download.value.suggested_filename == note.name
        assert download.value.path().read_bytes() == note.read_bytes()

        view(page, "Audit")
        expect(page.get_by_role("cell", name="document.upload").first).to_be_visible()
        view(page, "Documents")
        row.get_by_role("button", name="Delete").click()
        page.get_by_role("dialog").get_by_role("button", name="Delete").click()
        expect(page.get_by_text("Nothing has been uploaded yet.")).to_be_visible()
    assert fresh_team.total_documents() == 0


def test_the_console_shows_how_far_an_upload_is_and_can_cancel_it(browser, site, fresh_team, tmp_path):
    large = tmp_path / "large.bin"
    large.write_bytes(b"x" * 8_000_000)
    with opened(browser, expected=("ERR_",)) as page:
        sign_in(page, site, fresh_team.admin)
        view(page, "Documents")
        wire = page.context.new_cdp_session(page)
        wire.send("Network.enable")
        wire.send("Network.emulateNetworkConditions",
                  {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 1_000_000})
        page.get_by_label("Upload files").set_input_files(large)
        progress = page.get_by_role("progressbar", name="Progress of large.bin")
        expect(progress).to_be_visible()
        expect(progress).not_to_have_js_property("value", 0)
        assert 0 < progress.evaluate("bar => bar.value") < 1
        shoot(page, "console-upload")
        page.get_by_role("button", name="Cancel the upload of large.bin").click()
        expect(page.get_by_text("Cancelled.")).to_be_visible()
    assert fresh_team.total_documents() == 0


def test_the_console_searches_and_turns_pages(browser, site, fresh_team):
    for number in range(23):
        fresh_team.upload(f"content {number}".encode(), filename=f"paper {number:02}.txt")
    with opened(browser) as page:
        sign_in(page, site, fresh_team.admin)
        view(page, "Documents")
        expect(page.get_by_text("Page 1 of 2 · 23 in all")).to_be_visible()
        page.get_by_role("button", name="Next").click()
        expect(page.get_by_text("Page 2 of 2")).to_be_visible()
        expect(page.get_by_role("row")).to_have_count(4)
        page.go_back()
        expect(page.get_by_text("Page 1 of 2")).to_be_visible()
        page.get_by_label("File name contains").fill("PAPER 07")
        page.get_by_label("File name contains").press("Enter")
        expect(page.get_by_text("1 in all")).to_be_visible()
        expect(page.get_by_role("row")).to_have_count(2)


def test_what_people_write_stays_text_in_every_view(browser, site, stack):
    """Markup as the name of a tenant, a person and a document, and in the address. A script that the policy stops fails
    the test too: the browser complains of it."""
    markup = "<img src=x onerror=alert(1)><svg onload=alert(1)>"
    made = "#main img, [onerror], [onload]"
    team = new_team(stack.api, name=markup, roles=())
    intruder = new_person(stack.api, first_name=markup, last_name=markup)
    add_member(team, intruder, "admin")
    team.upload(form=Form(b"x", f"{markup}.txt", "text/plain"))
    with opened(browser) as page:
        sign_in(page, site, intruder)
        expect(page.locator("body")).to_contain_text(markup)
        for name, text in [("Documents", f"{markup}.txt"), ("Members", markup), ("Audit", "document.upload")]:
            view(page, name)
            expect(page.locator("#main")).to_contain_text(text)
            expect(page.locator(made)).to_have_count(0)
        page.goto(f"{site}/console#/{team.id}/{markup}?page={markup}")
        page.reload()
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page.locator(made)).to_have_count(0)


def test_the_console_offers_what_the_role_allows(browser, site, busy_team):
    with opened(browser) as page:
        sign_in(page, site, busy_team.viewer)
        expect(page.get_by_role("link", name="Audit")).to_have_count(0)
        view(page, "Documents")
        expect(page.get_by_role("button", name="Download").first).to_be_visible()
        expect(page.get_by_role("button", name="Delete")).to_have_count(0)
        expect(page.get_by_label("Upload files")).to_have_count(0)
        view(page, "Members")
        expect(page.get_by_role("button", name="Add")).to_have_count(0)


def test_the_console_manages_members(browser, site, stack, fresh_team):
    newcomer = new_person(stack.api, first_name="Grace")
    with opened(browser, expected=("404",)) as page:
        sign_in(page, site, fresh_team.admin)
        view(page, "Members")
        page.get_by_label("Email").fill("nobody@example.com")
        page.get_by_role("button", name="Add").click()
        expect(page.get_by_role("alert")).to_contain_text("no such user")
        page.get_by_label("Email").fill(newcomer.email)
        page.get_by_label("Role", exact=True).select_option("viewer")
        page.get_by_role("button", name="Add").click()
        row = page.get_by_role("row").filter(has_text=newcomer.email)
        row.get_by_label("Role of Grace").select_option("user")
        expect(page.get_by_text("is now user")).to_be_visible()
        row.get_by_role("button", name="Remove").click()
        page.get_by_role("dialog").get_by_role("button", name="Remove").click()
        expect(row).to_have_count(0)


def test_the_console_keeps_the_session_over_a_reload_and_ends_it(browser, site, fresh_team):
    with opened(browser, expected=("401",)) as page:
        sign_in(page, site, fresh_team.admin)
        page.reload()
        expect(page.get_by_role("heading", name="Overview")).to_be_visible()
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        assert page.evaluate("sessionStorage.length + localStorage.length") == 0
        page.get_by_label("Email").fill(fresh_team.admin.email)
        page.get_by_label("Password").fill("wrong-password-1")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("alert")).to_contain_text("Email or password is wrong.")


def test_someone_new_makes_an_account_and_a_tenant(browser, site, stack):
    with opened(browser) as page:
        page.goto(f"{site}/console")
        page.get_by_role("button", name="Create one").click()
        for label, text in [("First name", "Mary"), ("Last name", "Somerville"), ("Password", PASSWORD),
                            ("Email", f"mary.{stack.port}@example.com")]:
            page.get_by_label(label).fill(text)
        page.get_by_role("button", name="Create the account").click()
        page.get_by_label("Name", exact=True).fill("Connexion & Sons")
        page.get_by_role("button", name="Create the tenant").click()
        expect(page.get_by_role("heading", name="Overview")).to_be_visible()
        expect(page.get_by_label("Tenant")).to_contain_text("Connexion & Sons")


def test_a_message_travels_through_the_bus(browser, site, fresh_team):
    with opened(browser) as page:
        sign_in(page, site, fresh_team.admin)
        view(page, "Events")
        page.get_by_label("Message").fill("hello from the console")
        page.get_by_role("button", name="Send").click()
        page.get_by_role("cell", name="hello from the console").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("device, size", [("desktop", None), ("phone", PHONE)])
def test_every_view_is_accessible_and_fits(browser, site, busy_team, device, size, scheme):
    options = {"color_scheme": scheme, **({"size": size, "is_mobile": True, "has_touch": True} if size else {})}
    with opened(browser, **options) as page:
        page.goto(f"{site}/console")
        expect(page.get_by_label("Email")).to_be_focused()
        shoot(page, f"console-{device}-{scheme}-sign-in")
        check_accessibility(page)
        sign_in(page, site, busy_team.admin)
        for name in ["Overview", "Documents", "Files", "Members", "Audit", "Events"]:
            view(page, name)
            assert not too_wide(page), (name, too_wide(page))
            check_accessibility(page)
            shoot(page, f"console-{device}-{scheme}-{name.lower()}")


def test_the_console_works_by_keyboard_alone(browser, site, busy_team):
    with opened(browser) as page:
        page.goto(f"{site}/console")
        page.keyboard.type(busy_team.admin.email)
        page.keyboard.press("Tab")
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Overview")).to_be_visible()
        page.get_by_role("link", name="Documents").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Documents", level=1)).to_be_visible()
        expect(page.locator("main")).to_be_focused()
        page.get_by_role("button", name=re.compile("^Delete Cards")).focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("dialog").get_by_role("button", name="Cancel")).to_be_focused()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
    assert json.dumps([d["filename"] for d in busy_team.admin.api.get(busy_team.documents).data()["documents"]]).count("Cards") == 1

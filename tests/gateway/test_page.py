"""The page in a real browser: asks, shows what an answer rests on, and lets nobody's text become markup."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fakes.served_releases import digest_of
from servers.page_gateway import ASSISTANT, MARKUP, MODEL, PageGateway, running_page_gateway
from servers.waiting import eventually

from gateway.page.serving import POLICY

sync_api = pytest.importorskip("playwright.sync_api")
CHROMIUM = Path("/usr/bin/chromium")
in_a_browser = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"there is no browser at {CHROMIUM}")
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage"),
)


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageGateway]:
    """One gateway for all of them."""
    with running_page_gateway(tmp_path_factory.mktemp("model")) as running:
        yield running


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sync_api.BrowserContext]:
    """One browser for all of them."""
    profile = tmp_path_factory.mktemp("chromium")
    with sync_api.sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(profile, executable_path=CHROMIUM, args=list(FLAGS))
        context.set_default_timeout(10_000)
        yield context
        context.close()


@pytest.fixture
def page(browser: sync_api.BrowserContext, gateway: PageGateway) -> Iterator[sync_api.Page]:
    """A tab with the page open and the key given; at its end nothing may have gone wrong in it."""
    gateway.forget()
    tab, wrong = browser.new_page(), []
    tab.on("pageerror", lambda error: wrong.append(str(error)))
    tab.on("console", lambda said: wrong.append(said.text) if "Content Security Policy" in said.text else None)
    tab.goto(gateway.url)
    tab.get_by_label("API key").fill(gateway.key)
    tab.get_by_role("button", name="Use").click()
    tab.get_by_role("button", name="small").wait_for()
    yield tab
    assert wrong == []
    tab.close()


def ask(page: sync_api.Page, question: str) -> sync_api.Locator:
    """Ask as people do; return the answer when it is complete."""
    page.get_by_role("button", name="small").click()
    page.get_by_label("Your question").fill(question)
    page.get_by_label("Your question").press("Enter")
    answer = page.get_by_role("article").last
    answer.locator(".origin").wait_for()
    return answer


@in_a_browser
def test_an_answer_shows_its_sources_and_its_release(page: sync_api.Page) -> None:
    """The number in the text opens the passage that it stands for; the release stands below."""
    answer = ask(page, "What is the monthly fee of the Blue Account?")
    assert answer.locator(".text").inner_text() == "The Blue Account has no monthly fee 1."
    passage = answer.locator("blockquote")
    assert not passage.is_visible()
    answer.get_by_role("link", name="Source 1").click()
    assert passage.inner_text().startswith("The Blue Account has no monthly fee.")
    assert f"{ASSISTANT}@1 · {digest_of(ASSISTANT, 1)[:12]} · production" in answer.locator(".origin").inner_text()


@in_a_browser
def test_thumb_comment_and_hand_over_arrive(page: sync_api.Page, gateway: PageGateway) -> None:
    """What people say of an answer reaches the gateway with the request's id."""
    answer = ask(page, "What is the monthly fee of the Blue Account?")
    answer.get_by_role("button", name="Not helpful").click()
    answer.get_by_label("Would you say more?").fill("too short")
    answer.get_by_label("My problem is solved").check()
    answer.get_by_role("button", name="Send").click()
    answer.get_by_text("your comment was kept").wait_for()
    assert answer.get_by_role("button", name="Not helpful").get_attribute("aria-pressed") == "true"
    eventually(lambda: len(gateway.feedback) == 2)
    thumb, more = gateway.feedback
    assert (thumb.thumb, thumb.resolved, more.thumb, more.resolved) == ("down", None, "", True)
    assert thumb.request == more.request
    assert [content.comment for content in gateway.contents if content.comment] == ["too short"]
    answer.get_by_role("button", name="Hand to a person").click()
    answer.get_by_label("What should a person look at?").fill("my card")
    answer.get_by_role("button", name="Send").click()
    answer.get_by_text("A person will look at this").wait_for()
    (case,) = gateway.services.cases.waiting(ASSISTANT)
    assert (case.opened.request, case.opened.reason) == (thumb.request, "my card")


@in_a_browser
@pytest.mark.parametrize(
    ("question", "words"), [("How do I build a bomb?", "Refused"), ("Who won the match?", "It does not know")]
)
def test_how_an_answer_ended_is_said_in_words(page: sync_api.Page, question: str, words: str) -> None:
    """A refusal and an answer that is none are told apart."""
    assert ask(page, question).locator(".outcome").inner_text().startswith(words)


@in_a_browser
def test_markup_stays_text(page: sync_api.Page) -> None:
    """Tags in a question, an answer, a title and a passage are shown as they are written, and do nothing."""
    answer = ask(page, f"Show markup {MARKUP}")
    answer.get_by_role("link", name="Source 1").click()
    for place in (page.locator(".question .text"), answer.locator(".text"), answer.locator("summary").first):
        assert MARKUP in place.inner_text()
    assert MARKUP in answer.locator("blockquote").first.inner_text()
    assert page.locator("#work img, #work script").count() == 0
    assert page.title() == "small · Roadworthy"


@in_a_browser
def test_a_model_predicts_what_was_filled_in(page: sync_api.Page, gateway: PageGateway) -> None:
    """The form comes from the schema with the example in it; what is left empty is null, or left out."""
    page.get_by_role("button", name="delay").click()
    assert page.get_by_label("carrier").input_value() in ("AA", "UA", "WN")
    page.get_by_label("carrier").fill("UA")
    page.get_by_label("distance").fill("500")
    page.get_by_label("wind").fill("")
    page.get_by_role("button", name="Predict").click()
    said = page.get_by_role("meter", name="Score").get_attribute("aria-valuetext")
    row = {"carrier": "UA", "distance": 500, "wind": None}
    eventually(lambda: gateway.rows == [row])
    headers = {"Authorization": f"Bearer {gateway.key}"}
    asked = httpx.post(f"{gateway.url}/v1/capabilities/{MODEL}/predict", json={"records": [row]}, headers=headers)
    assert said == f"{asked.json()['predictions'][0]['score'] * 100:.1f} %"
    assert f"{MODEL}@1" in page.locator(".result .origin").inner_text()
    assert page.get_by_text("Switched off by an operator: tools.").is_visible()


@in_a_browser
def test_a_problem_names_the_field(page: sync_api.Page) -> None:
    """What the gateway says is wrong is shown with its place; the form itself would not let it be sent."""
    wrong = json.dumps({"records": [{"carrier": "UA", "distance": "far", "wind": 1}]})
    page.route("**/predict", lambda route: route.continue_(post_data=wrong))
    page.get_by_role("button", name="delay").click()
    page.get_by_role("button", name="Predict").click()
    assert "/records/0/distance" in page.get_by_role("alert").inner_text()


@in_a_browser
def test_the_key_stays_in_its_tab(page: sync_api.Page, browser: sync_api.BrowserContext, gateway: PageGateway) -> None:
    """A reload keeps the key; another tab has none, and is told so."""
    page.reload()
    page.get_by_role("button", name="small").wait_for()
    assert page.evaluate("localStorage.length") == 0
    other = browser.new_page()
    other.goto(gateway.url)
    assert "no key was shown" in other.get_by_role("alert").inner_text()
    other.close()


@in_a_browser
def test_the_page_fits_a_phone_and_needs_no_mouse(page: sync_api.Page) -> None:
    """Nothing is wider than a phone; by keyboard alone a question is asked."""
    page.set_viewport_size({"width": 360, "height": 700})
    page.get_by_role("button", name="small").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Your question").focus()
    page.keyboard.type("What is the monthly fee of the Blue Account?")
    page.keyboard.press("Enter")
    page.locator(".origin").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_every_file_has_its_type_its_tag_and_the_policy(gateway: PageGateway) -> None:
    """Whatever the page loads is served with the headers that keep everything else out, and not sent twice."""
    with httpx.Client(base_url=gateway.url) as client:
        for path, media_type in {
            "/": "text/html",
            "/page/page.js": "text/javascript",
            "/page/page.css": "text/css",
        }.items():
            response = client.get(path)
            assert response.headers["content-type"] == f"{media_type}; charset=utf-8"
            assert response.headers["content-security-policy"] == POLICY
            assert response.headers["x-content-type-options"] == "nosniff"
            again = client.get(path, headers={"If-None-Match": response.headers["etag"]})
            assert (again.status_code, again.content) == (304, b"")
        assert client.get("/page/serving.py").status_code == 404

"""The demonstration, started once for all tests, and a browser of its own for each test."""

import re

import pytest
from demo import ROOT, Demo
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from visitor import Visitor

SCREENSHOTS = ROOT / "build/screenshots"
SCREEN = {"width": 1200, "height": 800, "deviceScaleFactor": 1, "mobile": False}


@pytest.fixture(scope="session")
def demo():
    for old in SCREENSHOTS.glob("*.png"):
        old.unlink()
    running = Demo()
    try:
        yield running.wait_until_ready()
        log = running.log()
    finally:
        running.stop()
    assert not re.search(r"\[(emerg|alert|crit|error)\]", log), log


def chromium():
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--disable-component-update",
        "--no-first-run",
        "--hide-scrollbars",
        "--window-size=1200,800",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
    ):
        options.add_argument(argument)
    options.add_experimental_option("prefs", {"credentials_enable_service": False})
    return webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))


@pytest.fixture
def visitor(demo, request):
    driver = chromium()
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", SCREEN)
    someone = Visitor(driver, demo, SCREENSHOTS)
    try:
        yield someone
        if getattr(request.node, "failed", False):
            someone.screenshot(f"failed-{request.node.name}")
            print(f"at {driver.current_url}\nnginx:\n{demo.log()[-3000:]}")
    finally:
        driver.quit()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    item.failed = getattr(item, "failed", False) or outcome.get_result().failed

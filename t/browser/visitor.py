"""Somebody at a browser: opens pages, logs in, looks."""

from demo import passwords
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

WAIT_SECONDS = 10
ZOE = "zoe@example.com"

FETCH = """
const [path, headers, done] = arguments;
fetch(path, { headers }).then(async (answer) => done({
    status: answer.status,
    type: answer.headers.get('content-type'),
    challenge: answer.headers.get('www-authenticate'),
    cache: answer.headers.get('cache-control'),
    text: await answer.text(),
})).catch((error) => done({ error: String(error) }));
"""


class Visitor:
    def __init__(self, driver, demo, screenshots):
        self.driver = driver
        self.demo = demo
        self.screenshots = screenshots

    # Going somewhere

    def open(self, path):
        self.driver.get(self.demo.site + path)

    def open_tab(self, path):
        self.driver.switch_to.new_window("tab")
        self.open(path)
        return self.driver.current_window_handle

    def click(self, text):
        """The link or button that reads so."""
        here = f'//main//*[(self::a or self::button) and normalize-space()="{text}"]'
        anywhere = here.replace("//main", "")
        found = self.driver.find_elements(By.XPATH, here) or self.driver.find_elements(By.XPATH, anywhere)
        assert found, f"nothing reads {text!r} on {self.driver.current_url}"
        found[0].click()

    def fill_in(self, **fields):
        for name, value in fields.items():
            field = self.driver.find_element(By.NAME, name)
            field.clear()
            field.send_keys(value)

    def log_in(self, email=ZOE, password=None):
        """On the provider's login page."""
        self.expect_login_page()
        before = self.driver.find_element(By.TAG_NAME, "html")
        self.fill_in(email=email, password=password or passwords()[email])
        self.click("Log in")
        self.wait_until(lambda: before.id != self.driver.find_element(By.TAG_NAME, "html").id, "the form is sent")

    def forget_cookie(self, name):
        """Removes a cookie of the site."""
        urls = {"urls": [self.demo.site + "/"]}
        held = self.driver.execute_cdp_cmd("Network.getCookies", urls)["cookies"]
        assert name in {cookie["name"] for cookie in held}
        self.driver.execute_cdp_cmd("Network.deleteCookies", {"name": name, "url": self.demo.site + "/"})

    # Looking

    def wait_until(self, condition, expected):
        WebDriverWait(self.driver, WAIT_SECONDS, ignored_exceptions=(Exception,)).until(
            lambda _: condition(), f"{expected}; the browser is at {self.driver.current_url}: {self.title!r}"
        )

    def expect(self, path):
        """The browser arrives at exactly this address of the site."""
        self.wait_until(lambda: self.driver.current_url == self.demo.site + path, f"expected {path}")

    def expect_goodbye(self):
        """The browser comes back from a logout, with the state that it was sent away with."""
        goodbye = self.demo.site + "/goodbye?state="
        self.wait_until(lambda: self.driver.current_url.startswith(goodbye), "expected the page after a logout")

    def expect_text(self, text):
        self.wait_until(lambda: text in self.text, f"expected the words {text!r}")

    def expect_login_page(self):
        self.wait_until(
            lambda: self.driver.current_url.startswith(self.demo.issuer + "/") and self.sees("[name=password]"),
            "expected the login page",
        )

    def sees(self, selector):
        return any(element.is_displayed() for element in self.driver.find_elements(By.CSS_SELECTOR, selector))

    def find(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    @property
    def title(self):
        return self.driver.title

    @property
    def text(self):
        return self.driver.find_element(By.TAG_NAME, "body").text

    def identity(self):
        """The headers that the shop was sent, from the account page."""
        rows = self.driver.find_elements(By.CSS_SELECTOR, "#identity tbody tr")
        return {row.find_element(By.TAG_NAME, "th").text: row.find_element(By.TAG_NAME, "td").text for row in rows}

    def fetch(self, path, **headers):
        """What a script of the page now shown gets."""
        return self.driver.execute_async_script(FETCH, path, {k.replace("_", "-"): v for k, v in headers.items()})

    def screenshot(self, name):
        self.screenshots.mkdir(parents=True, exist_ok=True)
        self.driver.save_screenshot(str(self.screenshots / f"{name}.png"))

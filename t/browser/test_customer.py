"""What a customer does, in a real browser, against the demonstration."""

import json

from visitor import ZOE

DEEP_LINK = "/account?from=mail&q=a%20b+c%2Fd%c3%bc&y=2&y=1&empty=&bare"


def test_login_returns_to_the_deep_link_byte_for_byte(visitor):
    visitor.open(DEEP_LINK)
    visitor.expect_login_page()
    visitor.screenshot("01-login")
    visitor.log_in()
    visitor.expect(DEEP_LINK)
    assert visitor.find("#request-line").text == f"GET {DEEP_LINK}"
    visitor.screenshot("02-account")


def test_shop_is_open_to_visitors_and_greets_a_customer_by_name(visitor):
    visitor.open("/products/vase")
    visitor.screenshot("03-visitor")
    visitor.click("Log in")
    visitor.log_in()
    visitor.expect("/products/vase")
    assert visitor.find("header .name").text.endswith("Zoë Müller")
    visitor.open("/")
    visitor.expect_text("WELCOME BACK, ZOË")
    visitor.screenshot("04-customer")
    visitor.click("Members’ page")
    visitor.expect("/members")
    visitor.expect_text("Good to see you, Zoë")
    visitor.screenshot("05-members")


def test_second_tab_opened_during_the_login_completes_too(visitor):
    visitor.open("/members")
    visitor.expect_login_page()
    first = visitor.driver.current_window_handle
    second = visitor.open_tab(DEEP_LINK)
    visitor.expect_login_page()

    visitor.driver.switch_to.window(first)
    visitor.log_in()
    visitor.expect("/members")
    visitor.driver.switch_to.window(second)
    visitor.log_in()
    visitor.expect(DEEP_LINK)
    assert visitor.identity()["X-Customer-Email"] == ZOE
    visitor.screenshot("06-second-tab")


def test_tabs_that_were_each_given_a_cookie_complete_too(visitor):
    visitor.open("/members")
    visitor.expect_login_page()
    first = visitor.driver.current_window_handle
    # As when a browser restores its tabs at once: the second is given a cookie of its own, and the
    # first one's is gone.
    visitor.forget_cookie("NGX_OIDC_LOGIN")
    second = visitor.open_tab(DEEP_LINK)
    visitor.expect_login_page()

    visitor.driver.switch_to.window(first)
    visitor.log_in()
    visitor.expect("/members")
    visitor.driver.switch_to.window(second)
    visitor.log_in()
    visitor.expect(DEEP_LINK)


def test_back_button_after_the_login_shows_the_page_and_no_second_login(visitor):
    visitor.open("/")
    visitor.click("Members’ page")
    visitor.log_in()
    visitor.expect("/members")
    visitor.driver.back()
    visitor.expect("/members")
    visitor.expect_text("Good to see you, Zoë")
    visitor.screenshot("07-back-button")
    visitor.driver.back()
    visitor.expect("/")
    visitor.expect_text("WELCOME BACK, ZOË")


def test_logout_ends_the_session_here_and_at_the_provider(visitor):
    visitor.open("/account")
    visitor.log_in()
    visitor.expect("/account")
    visitor.click("Log out")
    visitor.expect_goodbye()
    visitor.expect_text("See you soon")
    assert visitor.sees("header a[href^='/login']")
    visitor.screenshot("08-goodbye")
    visitor.open("/account")
    visitor.expect_login_page()
    visitor.log_in("amara@example.com")
    visitor.expect("/account")
    assert visitor.identity()["X-Customer-Name"] == "Amara Okafor"


def test_back_button_after_the_logout_shows_nothing_of_the_customer(visitor):
    visitor.open("/account")
    visitor.log_in()
    visitor.expect("/account")
    visitor.click("Log out")
    visitor.expect_goodbye()
    while "/goodbye" in visitor.driver.current_url or "/session/end" in visitor.driver.current_url:
        visitor.driver.back()
    visitor.expect_login_page()
    assert ZOE not in visitor.text and "Zoë" not in visitor.text


def test_wrong_password_is_told_and_the_right_one_works(visitor):
    visitor.open("/members")
    visitor.log_in(password="wrong")
    visitor.expect_text("do not match")
    visitor.screenshot("09-wrong-password")
    assert visitor.find("[name=email]").get_attribute("value") == ZOE
    visitor.log_in()
    visitor.expect("/members")


def test_cancelled_login_is_a_page_that_lets_the_customer_try_again(visitor):
    visitor.open("/members?offer=7")
    visitor.expect_login_page()
    visitor.click("Cancel and go back")
    visitor.wait_until(lambda: "cancel" in visitor.text.lower(), "expected the page of a cancelled login")
    assert visitor.driver.current_url.startswith(visitor.demo.site + "/oidc_callback")
    visitor.screenshot("10-cancelled")
    visitor.click("Log in")
    visitor.log_in()
    visitor.expect("/members?offer=7")


def test_shop_receives_the_claims_and_no_header_of_the_browser(visitor):
    visitor.open("/account")
    visitor.log_in()
    visitor.expect("/account")
    genuine = {
        "X-Customer-Id": "c-1001",
        "X-Customer-Email": ZOE,
        "X-Customer-Name": "Zoë Müller",
        "X-Customer-Membership": "gold",
    }
    assert visitor.identity() == genuine
    answer = visitor.fetch("/account", X_Customer_Email="mallory@example.com", x_customer_id="c-6666")
    assert answer["status"] == 200
    assert ZOE in answer["text"]
    assert "mallory@example.com" not in answer["text"] and "c-6666" not in answer["text"]


def test_visitor_can_not_pass_for_a_customer(visitor):
    visitor.open("/")
    answer = visitor.fetch("/", X_Customer_Id="c-1001", X_Customer_Name="Mallory")
    assert answer["status"] == 200
    assert "Mallory" not in answer["text"] and "/logout" not in answer["text"]
    answer = visitor.fetch("/account", X_Customer_Id="c-1001", X_Customer_Email=ZOE)
    assert answer["status"] == 401


def test_script_without_a_login_gets_401_and_the_address_to_log_in_at(visitor):
    visitor.open("/products/mug")
    answer = visitor.fetch("/api/cart")
    assert answer["status"] == 401
    assert answer["type"].startswith("application/json")
    assert answer["challenge"].startswith("OIDC realm=")
    assert "no-store" in answer["cache"]
    assert json.loads(answer["text"]) == {
        "error": "login_required",
        "login_url": visitor.demo.site + "/login",
    }


def test_cart_asks_for_a_login_and_shows_its_items_after_it(visitor):
    visitor.open("/products/mug")
    visitor.click("Cart")
    visitor.expect_text("Your cart is kept with your account.")
    visitor.screenshot("11-cart-of-a-visitor")
    visitor.click("Log in to see it")
    visitor.log_in()
    visitor.expect("/products/mug")
    visitor.click("Cart")
    visitor.expect_text("1 × Reed vase")
    visitor.screenshot("12-cart-of-a-customer")


def test_order_is_placed_by_the_customer_who_is_logged_in(visitor):
    visitor.open("/products/bowl")
    visitor.find("main a[href='/order?piece=bowl']").click()
    visitor.log_in()
    visitor.expect("/order?piece=bowl")
    assert visitor.find("#email").get_attribute("value") == ZOE
    visitor.fill_in(quantity="3", address="Töpfergasse 7, Höhr", note="No hurry & thanks!")
    visitor.screenshot("13-order")
    visitor.click("Place the order")
    visitor.expect_text("Thank you, Zoë")
    assert "3 × Harvest bowl" in visitor.text and "Töpfergasse 7, Höhr" in visitor.text
    visitor.screenshot("14-order-confirmed")
    number = visitor.find("#order-number").text
    visitor.open("/account")
    assert visitor.find(f"a[href='/order/{number}']").is_displayed()
    visitor.screenshot("15-account-with-order")


def test_pages_fit_a_telephone(visitor):
    size = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    visitor.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    for number, path in enumerate(("/members", "/account", "/order"), start=16):
        visitor.open(path)
        if number == 16:
            visitor.log_in()
        visitor.expect(path)
        assert visitor.driver.execute_script("return document.documentElement.scrollWidth") <= size["width"]
        visitor.screenshot(f"{number}-telephone{path.replace('/', '-')}")

#include "module/pages.hpp"

#include "base/encoding.hpp"
#include "jose/seal.hpp"

namespace ciam::module {
namespace {

constexpr unsigned try_again_after = 5; // seconds
constexpr unsigned wait_after_failures = 60;

constexpr const char* style =
    "body{margin:0;min-height:100vh;display:flex;align-items:center;justify-content:center;"
    "background:#f4f5f7;color:#1c2430;font:1.05rem/1.6 system-ui,sans-serif}"
    "main{max-width:32rem;margin:1.5rem;padding:2.5rem;background:#fff;border-radius:12px;"
    "box-shadow:0 2px 16px #0002}h1{margin:0 0 .5rem;font-size:1.5rem;line-height:1.25}"
    "a,button{display:inline-block;margin:1rem 1rem 0 0;padding:.6rem "
    "1.2rem;border:0;border-radius:8px;"
    "background:#1d4ed8;color:#fff;font:inherit;text-decoration:none;cursor:pointer}"
    "a:focus-visible,button:focus-visible{outline:3px solid #f59e0b;outline-offset:2px}"
    "@media(prefers-color-scheme:dark){body{background:#111827;color:#e5e7eb}"
    "main{background:#1f2937}a,button{background:#3b82f6;color:#fff}}";

constexpr std::string_view posting_script = "document.forms[0].submit()";

struct FaultWords {
    base::Fault fault;
    unsigned status;
    const char* title;
    const char* text;
    unsigned retry_after;
};

constexpr FaultWords no_usable_answer{
    base::Fault::provider, 502, "Login is not possible at the moment",
    "The login service did not give a usable answer. Please try again in a moment.",
    try_again_after};

constexpr FaultWords fault_words[] = {
    no_usable_answer,
    {base::Fault::provider_away, no_usable_answer.status, no_usable_answer.title,
     no_usable_answer.text, no_usable_answer.retry_after},
    {base::Fault::provider_busy, 503, "Login is very busy at the moment",
     "Many people are logging in right now. Please try again in a moment.", try_again_after},
    {base::Fault::store_away, 503, "Login is not possible at the moment",
     "Something of this site cannot be reached right now. Please try again in a moment.",
     try_again_after},
    {base::Fault::provider_timeout, 504, "Login takes too long at the moment",
     "The login service did not answer in time. Please try again in a moment.", try_again_after},
    {base::Fault::client, 400, "This login could not be finished",
     "The link is no longer valid, or it was opened in another browser. Please go back to the "
     "start "
     "page and log in again.",
     0},
    {base::Fault::misdirected, 421, "This address is not served here",
     "The address in your browser belongs to no site of this server. Please check how it is "
     "written.",
     0},
    {base::Fault::too_many, 429, "Too many logins have failed",
     "From your network, many logins could not be finished within a short time. Please wait a "
     "minute and try again.",
     wait_after_failures},
};

Page error_page(unsigned status, const char* title, const char* text, unsigned retry_after = 0)
{
    Page page;
    page.status = status;
    page.title = title;
    page.text = text;
    page.links = {{"/", "To the start page"}};
    page.retry_after = retry_after;
    return page;
}

std::string form_of(const Page& page)
{
    std::string out = "<form method=\"post\" action=\"" + base::html_escape(page.post_to) + "\">";
    for (const auto& [name, value] : page.post_fields) {
        out += "<input type=\"hidden\" name=\"" + base::html_escape(name) + "\" value=\"" +
               base::html_escape(value) + "\">";
    }
    out += "<button>" + base::html_escape(page.post_text) + "</button></form>";
    return page.posts_itself ? out + "<script>" + std::string{posting_script} + "</script>" : out;
}

} // namespace

std::string posting_script_hash()
{
    const auto digest = jose::sha256(posting_script);
    return "sha256-" + base::base64_encode(jose::view(digest));
}

std::string Page::html() const
{
    std::string out = "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
                      "<meta name=\"robots\" content=\"noindex\"><title>" +
                      base::html_escape(title) + "</title><style>" + style +
                      "</style></head><body><main><h1>" + base::html_escape(title) + "</h1><p>" +
                      base::html_escape(text) + "</p>";
    if (!post_to.empty()) {
        out += form_of(*this);
    }
    for (const auto& [address, words] : links) {
        out +=
            "<a href=\"" + base::html_escape(address) + "\">" + base::html_escape(words) + "</a>";
    }
    return out + "</main></body></html>\n";
}

Page page_for(base::Fault fault)
{
    if (fault == base::Fault::denied) {
        return forbidden_page(403);
    }
    for (const auto& words : fault_words) {
        if (words.fault == fault) {
            return error_page(words.status, words.title, words.text, words.retry_after);
        }
    }
    return error_page(
        500, "Something is wrong on our side",
        "This page cannot be shown because of a fault of the site. Please try again later.");
}

Page login_cancelled_page(const std::string& again)
{
    auto page = error_page(403, "You are not logged in",
                           "The login was cancelled. You can try again at any time.");
    page.links.insert(page.links.begin(), {again, "Log in"});
    return page;
}

Page cookies_blocked_page(const std::string& again)
{
    auto page = error_page(400, "Your browser did not send a cookie",
                           "To log in, this site needs one cookie. Please allow cookies for this "
                           "site and try again. If you "
                           "opened the login in another browser or window, start again here.");
    page.links.insert(page.links.begin(), {again, "Try again"});
    return page;
}

Page forbidden_page(unsigned status)
{
    return error_page(status, "You may not see this page",
                      "Your account does not have the right to open this page.");
}

Page confirm_logout_page(const std::string& logout_path)
{
    Page page;
    page.title = "Do you want to log out?";
    page.text = "A link on another site led here. Log out only if that is what you want.";
    page.post_to = logout_path;
    page.post_text = "Log out";
    page.links = {{"/", "Stay logged in"}};
    return page;
}

Page logged_out_page()
{
    Page page;
    page.title = "You have been logged out.";
    page.text = "Thank you for your visit.";
    page.links = {{"/", "To the start page"}};
    return page;
}

Page post_again_page(const std::string& path, PostedFields fields)
{
    Page page;
    page.title = "One moment, please";
    page.text = "You are being logged in. If nothing happens, please press the button.";
    page.post_to = path;
    page.post_text = "Go on";
    page.post_fields = std::move(fields);
    page.posts_itself = true;
    return page;
}

Page logout_at_provider_page(const std::string& url, const base::Parameters& form)
{
    Page page;
    page.title = "You are being logged out";
    page.text = "One moment, please. If nothing happens, press the button.";
    page.post_to = url;
    page.post_text = "Continue";
    page.post_fields.assign(form.begin(), form.end());
    page.posts_itself = true;
    return page;
}

Page altered_logout_page()
{
    return error_page(400, "You have been logged out.",
                      "The way back here was not the one that was expected. If you did not log out "
                      "yourself, somebody may have led you here.");
}

} // namespace ciam::module

// The few pages that the module shows itself, for customers: what happened and what to do, no
// jargon.
#pragma once

#include "base/error.hpp"
#include "base/parameters.hpp"

#include <string>
#include <utility>
#include <vector>

namespace ciam::module {

struct Page {
    unsigned status = 200;
    std::string title;
    std::string text;
    std::vector<std::pair<std::string, std::string>> links; // address, text
    std::string post_to;   // a form with one button, where there is one
    std::string post_text; // on the button
    std::vector<std::pair<std::string, std::string>> post_fields; // hidden in the form
    std::string nonce; // of a script that submits the form at once (CSP); empty: none
    unsigned retry_after = 0;

    std::string html() const;
};

Page page_for(base::Fault fault);

/// `again`: the page that the customer wanted.
Page login_cancelled_page(const std::string& again);
Page cookies_blocked_page(const std::string& again);
Page forbidden_page(unsigned status);
Page confirm_logout_page(const std::string& logout_path);
Page logged_out_page();
/// Goes on to the provider, by itself where the browser runs scripts.
Page logout_at_provider_page(const std::string& url, const base::Parameters& form);
/// The state that came back is not the one that was sent.
Page altered_logout_page();

} // namespace ciam::module

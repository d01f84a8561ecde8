// The few pages that the module shows itself, for customers: what happened and what to do, no
// jargon.
#pragma once

#include "base/error.hpp"
#include "base/parameters.hpp"

#include <string>
#include <utility>
#include <vector>

namespace ciam::module {

using PostedFields = std::vector<std::pair<std::string, std::string>>; // name, value

struct Page {
    unsigned status = 200;
    std::string title;
    std::string text;
    std::vector<std::pair<std::string, std::string>> links; // address, text
    std::string post_to;   // a form with one button, where there is one
    std::string post_text; // on the button
    PostedFields post_fields;
    bool posts_itself = false; // where the browser runs scripts
    unsigned retry_after = 0;

    std::string html() const;
};

/// The only script that a page may have, as a Content-Security-Policy names it.
std::string posting_script_hash();

Page page_for(base::Fault fault);

/// `again`: the page that the customer wanted.
Page login_cancelled_page(const std::string& again);
Page cookies_blocked_page(const std::string& again);
Page forbidden_page(unsigned status);
Page confirm_logout_page(const std::string& logout_path);
Page logged_out_page();
/// Posts the fields once more, from this site.
Page post_again_page(const std::string& path, PostedFields fields);
/// Goes on to the provider, by itself where the browser runs scripts.
Page logout_at_provider_page(const std::string& url, const base::Parameters& form);
/// The state that came back is not the one that was sent.
Page altered_logout_page();

} // namespace ciam::module

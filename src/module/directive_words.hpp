// The words of a directive in an oidc_provider block, read as what they stand for. What is wrong is
// thrown as base::Error{Fault::configuration} with a sentence that says what to write instead.
#pragma once

#include "base/time.hpp"
#include "base/url.hpp"
#include "module/nginx.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ciam::module {

/// The directive's name first.
using DirectiveWords = std::vector<ngx_str_t>;

[[noreturn]] void wrong(const std::string& sentence);

/// The first value: a time in nginx's syntax, not 0 and no more than ten years.
base::Seconds seconds(const DirectiveWords& words);

/// The first value: on or off.
bool on_or_off(const DirectiveWords& words);

/// A path of this site that the module answers itself.
std::string own_path(const DirectiveWords& words, std::string_view text);

/// https, or http on loopback.
base::Url absolute_url(const DirectiveWords& words, std::string_view text, const char* example);

/// The file that a word of the directive names; a relative path counts from nginx's configuration.
std::string conf_path(ngx_conf_t* cf, const DirectiveWords& words, std::size_t word = 1);

/// Reads the file that the directive's first value names, in the master.
std::string read_conf_file(ngx_conf_t* cf, const DirectiveWords& words);

} // namespace ciam::module

#include "module/directive_words.hpp"

#include "base/error.hpp"

#include <fstream>
#include <sstream>

namespace ciam::module {

void wrong(const std::string& sentence)
{
    throw base::Error{base::Fault::configuration, sentence};
}

base::Seconds seconds(const DirectiveWords& words)
{
    constexpr base::Seconds longest = 315'360'000; // ten years, which overflow nothing
    auto text = words[1];
    const auto value = ngx_parse_time(&text, 1);
    if (value == NGX_ERROR || value == 0 || value > longest) {
        wrong(to_string(words[0]) + " takes a time of at most 3650d, such as 30m or 8h");
    }
    return value;
}

bool on_or_off(const DirectiveWords& words)
{
    const auto value = to_view(words[1]);
    if (value != "on" && value != "off") {
        wrong(to_string(words[0]) + " takes on or off");
    }
    return value == "on";
}

/// A path of this site that the module answers itself.
std::string own_path(const DirectiveWords& words, std::string_view text)
{
    if (!base::is_return_path(text) || text == "/" || text.find('?') != text.npos ||
        text.starts_with("//")) {
        wrong(to_string(words[0]) + " takes a path of this site without a query, such as /" +
              to_string(words[0]));
    }
    return std::string{text};
}

base::Url absolute_url(const DirectiveWords& words, std::string_view text, const char* example)
{
    const auto url = base::Url::parse(text);
    if (!url) {
        wrong(to_string(words[0]) + " \"" + std::string{text} + "\" is no URL; write " + example);
    }
    if (url->scheme != "https" && !url->is_loopback()) {
        wrong(to_string(words[0]) + " \"" + std::string{text} +
              "\" must be https; http is for a loopback host alone");
    }
    return *url;
}

std::string conf_path(ngx_conf_t* cf, const DirectiveWords& words, std::size_t word)
{
    auto path = words[word];
    if (path.len == 0 || ngx_conf_full_name(cf->cycle, &path, 1) != NGX_OK) {
        wrong(to_string(words[0]) + " takes a file");
    }
    return to_string(path);
}

std::string read_conf_file(ngx_conf_t* cf, const DirectiveWords& words)
{
    const auto path = conf_path(cf, words);
    std::ifstream file{path, std::ios::binary};
    std::ostringstream text;
    text << file.rdbuf();
    if (!file || text.str().empty()) {
        wrong(to_string(words[0]) + ": the file " + path + " cannot be read or is empty");
    }
    return text.str();
}

} // namespace ciam::module

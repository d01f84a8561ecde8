#include "base/url.hpp"

#include "support/check.hpp"

using namespace ciam::base;
using ciam::test::assert_text;

namespace {

void a_url_is_taken_apart(void**)
{
    const auto url = Url::parse("https://login.example:8443/a/b?c=d&e=%2F").value();
    assert_text(url.scheme, "https");
    assert_text(url.host, "login.example");
    assert_int_equal(url.port, 8443);
    assert_text(url.path, "/a/b");
    assert_text(url.query, "c=d&e=%2F");
    assert_text(url.origin(), "https://login.example:8443");
}

void what_is_missing_has_its_default(void**)
{
    const auto https = Url::parse("https://a.example").value();
    assert_int_equal(https.port, 443);
    assert_text(https.path, "/");
    assert_text(https.query, "");
    const auto http = Url::parse("http://a.example?x=/y").value();
    assert_int_equal(http.port, 80);
    assert_text(http.path, "/");
    assert_text(http.query, "x=/y");
}

void scheme_and_host_become_lower_case_and_nothing_else(void**)
{
    const auto url = Url::parse("HTTPS://Login.EXAMPLE/Path?Query").value();
    assert_text(url.origin(), "https://login.example");
    assert_text(url.path, "/Path");
    assert_text(url.query, "Query");
}

void the_default_port_is_not_in_the_origin(void**)
{
    assert_text(Url::parse("https://a.example:443/").value().origin(), "https://a.example");
    assert_text(Url::parse("http://a.example:80/").value().origin(), "http://a.example");
    assert_text(Url::parse("http://a.example:443/").value().origin(), "http://a.example:443");
    assert_text(Url::parse("https://a.example:0443/").value().origin(), "https://a.example");
}

void an_ipv6_literal_keeps_its_brackets(void**)
{
    const auto url = Url::parse("http://[2001:DB8::1]:8080/x").value();
    assert_text(url.host, "[2001:db8::1]");
    assert_text(url.origin(), "http://[2001:db8::1]:8080");
    assert_int_equal(Url::parse("https://[::1]").value().port, 443);
}

void other_schemes_are_refused(void**)
{
    for (const char* text : {"",
                             "/",
                             "//a.example/",
                             "a.example",
                             "ftp://a.example/",
                             "javascript:alert(1)",
                             "javascript://a.example/%0aalert(1)",
                             "data:text/html,x",
                             "file:///etc/passwd",
                             "https:a.example",
                             "https:/a.example",
                             "https:///a.example",
                             "http",
                             "https",
                             "https:",
                             "https://",
                             "httpss://a.example",
                             "xhttps://a.example",
                             "https//a.example",
                             ":https://a.example"}) {
        assert_false(Url::parse(text).has_value());
    }
}

void user_information_is_refused(void**)
{
    for (const char* text :
         {"https://user@a.example/", "https://user:pass@a.example/", "https://@a.example/",
          "https://a.example@evil.example/", "https://a.example:443@evil.example/",
          "https://a.example%40evil.example/", "https://[::1]@evil.example/"}) {
        assert_false(Url::parse(text).has_value());
    }
    assert_text(Url::parse("https://a.example/@evil.example").value().host, "a.example");
}

void a_fragment_is_refused(void**)
{
    for (const char* text : {"https://a.example/#", "https://a.example#b", "https://a.example/?a#b",
                             "https://evil.example#@a.example/"}) {
        assert_false(Url::parse(text).has_value());
    }
}

void a_backslash_is_refused_everywhere(void**)
{
    for (const char* text :
         {"https:\\\\a.example", "https://a.example\\", "https://a.example\\@evil.example/",
          "https://a.example/\\evil.example", "https://a.example/?\\", "https:/\\a.example"}) {
        assert_false(Url::parse(text).has_value());
    }
}

void white_space_and_controls_are_refused(void**)
{
    for (const char* text :
         {" https://a.example/", "https://a.example/ ", "https://a.example/a b",
          "https://a.exa mple/", "https://a.example/\t", "ht\ttps://a.example/",
          "https://a.example/\r\nX: y", "https://a.example\n/", "\x01https://a.example/",
          "https://a.example/\x7F", "https://a.example/\x1F"}) {
        assert_false(Url::parse(text).has_value());
    }
    assert_false(Url::parse(std::string_view{"https://a.example/\0", 19}).has_value());
}

void non_ascii_characters_are_refused(void**)
{
    for (const char* text :
         {"https://b\xC3\xBC"
          "cher.example/",
          "https://a.example/\xC3\xA9",
          "https://a\xE3\x80\x82"
          "example/",
          "https://evil.example\xEF\xBC\x8F.a.example/", "https://a.example/\x80"}) {
        assert_false(Url::parse(text).has_value());
    }
    assert_text(Url::parse("https://xn--bcher-kva.example/").value().host, "xn--bcher-kva.example");
}

void malformed_hosts_are_refused(void**)
{
    for (const char* text : {"https://:443/",        "https://?a",          "https://.a.example/",
                             "https://a..example/",  "https://a.example./", "https://./",
                             "https://a%2eexample/", "https://a,b/",        "https://a;b/",
                             "https://a_b!/",        "https://[::1/",       "https://::1/",
                             "https://[]/",          "https://[::g]/",      "https://[1.2.3.4]/",
                             "https://[::1]x/",      "https://x[::1]/",     "https://[::1%25eth0]/",
                             "https://[v1.a]/",      "https://a*b/",        "https://(a)/"}) {
        assert_false(Url::parse(text).has_value());
    }
    assert_false(Url::parse("https://" + std::string(254, 'a') + "/").has_value());
    assert_true(Url::parse("https://my_idp:8080/").has_value());
}

void ports_outside_1_to_65535_are_refused(void**)
{
    for (const char* text :
         {"https://a.example:/", "https://a.example:0/", "https://a.example:65536/",
          "https://a.example:99999999999/", "https://a.example:-1/", "https://a.example:+1/",
          "https://a.example:1x/", "https://a.example: 1/", "https://a.example:80:80/",
          "https://a.example:0x50/", "https://[::1]:/", "https://[::1]:99999/"}) {
        assert_false(Url::parse(text).has_value());
    }
    assert_int_equal(Url::parse("https://a.example:1").value().port, 1);
    assert_int_equal(Url::parse("https://a.example:65535").value().port, 65535);
}

void loopback_hosts_are_known(void**)
{
    for (const char* host : {"localhost", "LOCALHOST", "idp.localhost", "a.b.localhost",
                             "127.0.0.1", "127.255.255.255", "[::1]"}) {
        assert_true(is_loopback_host(host));
    }
    for (const char* host :
         {"", ".localhost", "localhost.example", "notlocalhost", "localhost.", "127.0.0.1.example",
          "127.1", "126.0.0.1", "128.0.0.1", "0.0.0.0", "[::]", "::1", "[::ffff:127.0.0.1]",
          "127.0.0.256", "0x7f.0.0.1", "2130706433", "evil.example/.localhost", "@.localhost"}) {
        assert_false(is_loopback_host(host));
    }
    assert_true(Url::parse("http://localhost:8080/").value().is_loopback());
    assert_false(Url::parse("http://localhost.example/").value().is_loopback());
}

void parameters_are_appended_to_a_query_or_begin_one(void**)
{
    Parameters parameters;
    assert_text(with_parameters("https://a.example/x", parameters), "https://a.example/x");
    parameters.add("a", "b c");
    parameters.add("d", "&");
    assert_text(with_parameters("https://a.example/x", parameters),
                "https://a.example/x?a=b%20c&d=%26");
    assert_text(with_parameters("https://a.example/x?y=z", parameters),
                "https://a.example/x?y=z&a=b%20c&d=%26");
    assert_text(with_parameters("https://a.example/x?", parameters),
                "https://a.example/x?a=b%20c&d=%26");
    assert_text(with_parameters("https://a.example/x?y&", parameters),
                "https://a.example/x?y&a=b%20c&d=%26");
}

void paths_of_the_own_site_are_return_paths(void**)
{
    for (const char* path :
         {"/", "/a", "/a/b?c=d&e=https://other.example/", "/?x=//evil.example", "/a//b", "/%2F%2Fx",
          "/%5Cevil.example", "/@evil.example", "/:80", "/a:b@c", "/.//evil.example",
          "/caf\xC3\xA9", "/a?b?c", "/~x;y=z,(1)!*'", "/%0d%0aX:y"}) {
        assert_true(is_return_path(path));
    }
    assert_true(is_return_path("/" + std::string(8191, 'a')));
}

void a_double_slash_after_an_origin_stays_there(void**)
{
    for (const char* path : {"//", "//evil.example", "///evil.example", "//user@evil.example:1/"}) {
        assert_true(is_return_path(path));
        const auto url = Url::parse(std::string{"https://shop.example"} + path);
        assert_true(url.has_value());
        assert_string_equal(url->origin().c_str(), "https://shop.example");
    }
}

void a_path_is_compared_as_a_server_reads_it(void**)
{
    for (const char* path :
         {"/logout", "/%6cogout", "/x/../logout", "/./logout", "//logout", "/%2e/logout",
          "/logout/", "/a/b/../../logout", "/../logout", "/x%2F..%2Flogout"}) {
        assert_text(normal_path(path).value(), "/logout");
    }
    assert_text(normal_path("/").value(), "/");
    assert_text(normal_path("/a%20b/c").value(), "/a b/c");
    assert_text(normal_path("/..").value(), "/");
    assert_false(normal_path("/%6").has_value());
    assert_false(normal_path("/%zz").has_value());
}

void whatever_may_leave_the_site_is_no_return_path(void**)
{
    for (const char* path : {"",
                             "a",
                             "?",
                             "?a",
                             "https://evil.example/",
                             "https:evil.example",
                             "javascript:alert(1)",

                             "\\\\evil.example",
                             "/\\evil.example",
                             "\\/evil.example",
                             "/a\\b",
                             "/\t/evil.example",
                             "\t//evil.example",
                             " /a",
                             "/a b",
                             "/a ",
                             "/a\n",
                             "/\r\nSet-Cookie: a=b",
                             "/\x01",
                             "/\x1F",
                             "/\x7F",
                             "/#",
                             "/a#b",
                             "/a?b#c",
                             ".",
                             "./a",
                             "../a",
                             "@evil.example",
                             ".evil.example",
                             ":80/",
                             "-evil.example"}) {
        assert_false(is_return_path(path));
    }
    assert_false(is_return_path(std::string_view{"/a\0b", 4}));
    assert_false(is_return_path("/" + std::string(8192, 'a')));
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(a_url_is_taken_apart),
        cmocka_unit_test(what_is_missing_has_its_default),
        cmocka_unit_test(scheme_and_host_become_lower_case_and_nothing_else),
        cmocka_unit_test(the_default_port_is_not_in_the_origin),
        cmocka_unit_test(an_ipv6_literal_keeps_its_brackets),
        cmocka_unit_test(other_schemes_are_refused),
        cmocka_unit_test(user_information_is_refused),
        cmocka_unit_test(a_fragment_is_refused),
        cmocka_unit_test(a_backslash_is_refused_everywhere),
        cmocka_unit_test(white_space_and_controls_are_refused),
        cmocka_unit_test(non_ascii_characters_are_refused),
        cmocka_unit_test(malformed_hosts_are_refused),
        cmocka_unit_test(ports_outside_1_to_65535_are_refused),
        cmocka_unit_test(loopback_hosts_are_known),
        cmocka_unit_test(parameters_are_appended_to_a_query_or_begin_one),
        cmocka_unit_test(paths_of_the_own_site_are_return_paths),
        cmocka_unit_test(a_double_slash_after_an_origin_stays_there),
        cmocka_unit_test(a_path_is_compared_as_a_server_reads_it),
        cmocka_unit_test(whatever_may_leave_the_site_is_no_return_path),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}

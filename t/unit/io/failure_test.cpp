#include "io/failure.hpp"

#include "support/check.hpp"

using namespace ciam;
using io::describe_failure;

namespace {

class Easy {
public:
    ~Easy() { curl_easy_cleanup(easy_); }
    Easy() = default;
    Easy(const Easy&) = delete;
    Easy& operator=(const Easy&) = delete;

    std::string reason(CURLcode code, const char* tls_words) const
    {
        return describe_failure(easy_, code, "idp.example:443", tls_words).reason;
    }

private:
    CURL* easy_ = curl_easy_init();
};

constexpr const char* after_handshake =
    "OpenSSL SSL_read: error:0A00045C:SSL routines::tlsv13 alert certificate required, errno 0";
constexpr const char* in_handshake = "error:0A000418:SSL routines::tlsv1 alert unknown ca";

void a_certificate_that_is_missed_is_named_with_the_directive(void**)
{
    const Easy easy;
    test::assert_text(
        easy.reason(CURLE_RECV_ERROR, after_handshake),
        "idp.example:443 wants a certificate of this client; set \"client_certificate\"");
}

void a_certificate_that_is_not_taken_is_named_with_the_directive(void**)
{
    const Easy easy;
    for (const CURLcode code : {CURLE_SSL_CONNECT_ERROR, CURLE_RECV_ERROR, CURLE_SEND_ERROR}) {
        test::assert_text(
            easy.reason(code, in_handshake),
            "idp.example:443 does not take the certificate of \"client_certificate\"");
    }
}

void other_words_of_tls_are_passed_on(void**)
{
    const Easy easy;
    const char* words = "error:0A000410:SSL routines::sslv3 alert handshake failure";
    assert_true(test::contains(easy.reason(CURLE_SSL_CONNECT_ERROR, words), words));
    assert_true(test::contains(easy.reason(CURLE_RECV_ERROR, ""), "closed the connection"));
    assert_true(test::contains(easy.reason(CURLE_PARTIAL_FILE, words), "closed the connection"));
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(a_certificate_that_is_missed_is_named_with_the_directive),
        cmocka_unit_test(a_certificate_that_is_not_taken_is_named_with_the_directive),
        cmocka_unit_test(other_words_of_tls_are_passed_on),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}

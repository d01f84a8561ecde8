#include "io/failure.hpp"

#include "io/curl.hpp"

#include <openssl/x509_vfy.h>
#include <string_view>
#include <system_error>
#include <utility>

namespace ciam::io {

namespace {

using base::Fault;

constexpr int too_large = 100; // CURLE_TOO_LARGE, since libcurl 8.6

constexpr const char* advice = "; check the provider and any proxy before it";

/// libcurl's word for a name that the certificate does not have: it checks that after OpenSSL.
bool is_name_mismatch(long code)
{
    return code == X509_V_OK || code == X509_V_ERR_UNSPECIFIED ||
           code == X509_V_ERR_HOSTNAME_MISMATCH || code == X509_V_ERR_IP_ADDRESS_MISMATCH;
}

bool is_unknown_ca(long code)
{
    return code == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT ||
           code == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
           code == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE ||
           code == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN ||
           code == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT || code == X509_V_ERR_CERT_UNTRUSTED;
}

std::string describe_connect_error(CURL* easy, const std::string& peer)
{
    const long error = info<long>(easy, CURLINFO_OS_ERRNO, 0);
    std::string text = "no connection to " + peer;
    if (error != 0) {
        text += ": " + std::generic_category().message(static_cast<int>(error));
    }
    return text + "; check that this server can reach it";
}

/// What the peer says, by an alert, of the certificate that it got or missed from us (RFC 8446
/// section 6.2); empty when it says nothing of the kind. TLS 1.3 has it after the handshake.
std::string describe_refused_identity(std::string_view tls_words, const std::string& peer)
{
    const auto says = [tls_words](std::string_view alert) {
        return tls_words.find(alert) != std::string_view::npos;
    };
    if (says("alert certificate required")) {
        return peer + " wants a certificate of this client; set \"client_certificate\"";
    }
    if (says("alert unknown ca") || says("alert bad certificate") ||
        says("alert certificate unknown") || says("alert certificate expired") ||
        says("alert certificate revoked") || says("alert unsupported certificate")) {
        return peer + " does not take the certificate of \"client_certificate\"";
    }
    return {};
}

Failure describe_tls_failure(CURL* easy, CURLcode code, const std::string& peer,
                             const char* tls_words)
{
    if (code == CURLE_PEER_FAILED_VERIFICATION) {
        const long result = info<long>(easy, CURLINFO_SSL_VERIFYRESULT, X509_V_OK);
        return {Fault::provider, describe_certificate_error(result, peer)};
    }
    const std::string refused = describe_refused_identity(tls_words, peer);
    if (!refused.empty()) {
        return {Fault::provider, refused};
    }
    const char* words = *tls_words != '\0' ? tls_words : curl_easy_strerror(code);
    return {Fault::provider, "TLS handshake with " + peer + " failed: " + words +
                                 "; check that this port speaks TLS 1.2 or newer"};
}

} // namespace

std::string describe_certificate_error(long code, const std::string& peer)
{
    const std::string certificate = "the TLS certificate of " + peer;
    if (is_name_mismatch(code)) {
        return certificate + " was issued for another name; call the provider by that name";
    }
    if (is_unknown_ca(code)) {
        return certificate + " is signed by an unknown authority (" +
               X509_verify_cert_error_string(code) +
               "); put that authority's certificate into \"ssl_trusted_certificate\"";
    }
    switch (code) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return certificate + " has expired; the provider has to renew it";
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return certificate + " is not valid yet; check this server's clock";
    case X509_V_ERR_CERT_REVOKED:
        return certificate + " is revoked; the provider has to get a new one";
    case X509_V_ERR_UNABLE_TO_GET_CRL:
        return certificate + " can't be checked for revocation; put a list of every authority of "
                             "its chain into \"ssl_crl\"";
    case X509_V_ERR_CRL_HAS_EXPIRED:
        return certificate + " can't be checked for revocation: the list in \"ssl_crl\" has "
                             "expired; fetch a new one";
    default:
        return certificate + " is not valid: " + X509_verify_cert_error_string(code) +
               "; the provider has to get a new one";
    }
}

Failure describe_failure(CURL* easy, CURLcode code, const std::string& peer, const char* tls_words)
{
    if (static_cast<int>(code) == too_large) {
        code = CURLE_OUT_OF_MEMORY; // as libcurl calls it before 8.6
    }
    switch (code) {
    case CURLE_COULDNT_CONNECT:
        return {Fault::provider_away, describe_connect_error(easy, peer)};
    case CURLE_COULDNT_RESOLVE_HOST:
        return {Fault::provider_away, "the name in " + peer + " can't be resolved"};
    case CURLE_OPERATION_TIMEDOUT:
        return {Fault::provider_timeout, "no connection to " + peer + " in time"};
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_PEER_FAILED_VERIFICATION:
        return describe_tls_failure(easy, code, peer, tls_words);
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_PARTIAL_FILE:
        if (auto refused = describe_refused_identity(tls_words, peer); !refused.empty()) {
            return {Fault::provider, std::move(refused)};
        }
        return {Fault::provider_away,
                peer + " closed the connection before its answer was complete" + advice};
    case CURLE_BAD_CONTENT_ENCODING: // since libcurl 8, before we see the field
        return {Fault::provider,
                "the answer of " + peer + " is compressed, which was not asked for" + advice};
    case CURLE_OUT_OF_MEMORY: // libcurl's word for a header line above its limit, too
        return {Fault::provider, "the answer of " + peer +
                                     " has a header line that is longer than 100 KB, or there is "
                                     "no memory for it" +
                                     advice};
    case CURLE_WRITE_ERROR: // our callbacks; what Answer refuses comes with its own reason
        return {Fault::internal, "out of memory for a call to " + peer};
    default:
        return {Fault::provider, "the answer of " + peer +
                                     " is not valid HTTP: " + curl_easy_strerror(code) + advice};
    }
}

} // namespace ciam::io

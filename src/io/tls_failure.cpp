#include "io/tls_failure.hpp"

#include "io/byte_stream.hpp"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

namespace ciam::io {
namespace {

std::string certificate_failure(long result, const std::string& host)
{
    const std::string said = X509_verify_cert_error_string(result);
    switch (result) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return "its certificate does not hold now (" + said +
               "); renew it, or check the clocks of both machines";
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return "its certificate is not for \"" + host +
               "\"; write a name in redis= that it holds, or issue one that holds this";
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        return "its certificate is not of an authority that is trusted here (" + said +
               "); name the file of its authority: redis_ca=/etc/nginx/tls/redis-ca.pem";
    default:
        return "its certificate is refused (" + said + ")";
    }
}

std::string protocol_failure(unsigned long error)
{
    switch (ERR_GET_REASON(error)) {
    case SSL_R_UNEXPECTED_EOF_WHILE_READING:
        return "it closed the connection";
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
        return "it answers without TLS; write its tls-port in redis=, or redis:// without TLS";
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
        return "it refuses TLS without a certificate of ours, as it seems; write "
               "redis_certificate= "
               "and redis_key=, or tls-auth-clients no at Redis";
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
        return "it refuses the certificate of redis_certificate=";
    default:
        break;
    }
    const char* said = ERR_reason_error_string(error);
    return std::string{"TLS failed ("} + (said != nullptr ? said : "no reason given") + ")";
}

} // namespace

std::string tls_failure(const SSL* tls, int error, int system_error, const std::string& host)
{
    if (error == SSL_ERROR_ZERO_RETURN) {
        return "it closed the connection";
    }
    if (error == SSL_ERROR_SYSCALL) {
        return system_error == 0 ? "it closed the connection"
                                 : "the connection broke: " + system_text(system_error);
    }
    const auto queued = ERR_peek_error();
    const bool is_of_certificate = ERR_GET_LIB(queued) == ERR_LIB_SSL &&
                                   ERR_GET_REASON(queued) == SSL_R_CERTIFICATE_VERIFY_FAILED;
    return is_of_certificate ? certificate_failure(SSL_get_verify_result(tls), host)
                             : protocol_failure(queued);
}

} // namespace ciam::io

#include "io/tls_trust.hpp"

#include "base/error.hpp"

#include <filesystem>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <system_error>

namespace ciam::io {

namespace {

[[noreturn]] void refuse(const std::string& message)
{
    ERR_clear_error(); // nginx logs an alert for what others leave
    throw base::Error{base::Fault::configuration, message};
}

/// The first error in OpenSSL's queue is the cause, later ones are its consequences.
std::string openssl_reason()
{
    const unsigned long error = ERR_peek_error();
    if (ERR_SYSTEM_ERROR(error)) {
        return std::generic_category().message(ERR_GET_REASON(error));
    }
    if (ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE) {
        return "there is none in PEM form in it";
    }
    const char* reason = ERR_reason_error_string(error);
    return reason != nullptr ? reason : "unknown error";
}

/// "12345678.0" names a certificate by its hash.
bool has_hashed_certificates(const char* directory)
{
    std::error_code error;
    std::filesystem::directory_iterator entry{directory, error};
    while (entry != std::filesystem::directory_iterator{}) {
        if (entry->path().extension() == ".0") {
            return true;
        }
        entry.increment(error); // at an error, to the end
    }
    return false;
}

void load_system_certificates(X509_STORE* store)
{
    // Of a directory OpenSSL reads single certificates when it needs them; a bundle costs 40 ms.
    const char* directory = X509_get_default_cert_dir();
    if (has_hashed_certificates(directory) && X509_STORE_load_path(store, directory) == 1) {
        return;
    }
    for (const char* bundle : {X509_get_default_cert_file(), "/etc/ssl/certs/ca-certificates.crt",
                               "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem"}) {
        if (X509_STORE_load_file(store, bundle) == 1) {
            return;
        }
    }
    refuse("this system has no CA certificates; install the package \"ca-certificates\" or name a "
           "file of them with ssl_trusted_certificate, for Redis with redis_ca=");
}

void load_certificates(X509_STORE* store, const std::string& file)
{
    if (X509_STORE_load_file(store, file.c_str()) != 1) {
        refuse("CA certificates can't be loaded from \"" + file + "\": " + openssl_reason());
    }
}

void load_revocations(X509_STORE* store, const std::string& file)
{
    X509_LOOKUP* lookup = X509_STORE_add_lookup(store, X509_LOOKUP_file());
    if (lookup == nullptr || X509_load_crl_file(lookup, file.c_str(), X509_FILETYPE_PEM) <= 0) {
        refuse("certificate revocation lists can't be loaded from \"" + file +
               "\": " + openssl_reason());
    }
    X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
}

} // namespace

TlsTrust::TlsTrust(const std::string& ca_file, const std::string& crl_file)
    : store_(X509_STORE_new())
{
    if (!store_) {
        refuse("out of memory for certificates");
    }
    ERR_clear_error();
    if (ca_file.empty()) {
        load_system_certificates(store_.get());
    } else {
        load_certificates(store_.get(), ca_file);
    }
    if (!crl_file.empty()) {
        load_revocations(store_.get(), crl_file);
    }
    ERR_clear_error();
}

} // namespace ciam::io

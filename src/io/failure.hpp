// Why a call has no answer, in words for the sysadmin: from libcurl's and OpenSSL's codes, never
// from texts that could quote a URL's query, a header or a body.
#pragma once

#include "base/error.hpp"

#include <curl/curl.h>
#include <string>

namespace ciam::io {

struct Failure {
    base::Fault fault;
    std::string reason;
};

/// `peer` is "host:port"; `tls_words` is libcurl's error text, used for what TLS says alone.
Failure describe_failure(CURL* easy, CURLcode code, const std::string& peer, const char* tls_words);

/// What is wrong with the certificate of `peer`, and what to do. `code` is an X509_V_ERR_ number.
std::string describe_certificate_error(long code, const std::string& peer);

} // namespace ciam::io

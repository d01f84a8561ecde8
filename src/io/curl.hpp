// libcurl's handles with their owners, and options whose failure is never overlooked.
#pragma once

#include "base/error.hpp"

#include <cstring>
#include <curl/curl.h>
#include <memory>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <string>

namespace ciam::io {

struct EasyRelease {
    void operator()(CURL* easy) const noexcept { curl_easy_cleanup(easy); }
};
using Easy = std::unique_ptr<CURL, EasyRelease>;

struct ShareRelease {
    void operator()(CURLSH* share) const noexcept { curl_share_cleanup(share); }
};
using Share = std::unique_ptr<CURLSH, ShareRelease>;

struct MultiRelease {
    void operator()(CURLM* multi) const noexcept
    {
        curl_multi_cleanup(multi);
        ERR_clear_error(); // closing TLS connections may leave some, see multi.cpp
    }
};

struct ListRelease {
    void operator()(curl_slist* list) const noexcept
    {
        for (const curl_slist* item = list; item != nullptr; item = item->next) {
            OPENSSL_cleanse(item->data, std::strlen(item->data)); // Authorization is among them
        }
        curl_slist_free_all(list);
    }
};
using List = std::unique_ptr<curl_slist, ListRelease>;

inline void append(List& list, const std::string& text)
{
    curl_slist* longer = curl_slist_append(list.get(), text.c_str());
    if (longer == nullptr) {
        throw base::Error{base::Fault::internal, "out of memory for libcurl"};
    }
    static_cast<void>(list.release());
    list.reset(longer);
}

/// For the whole process: made in a worker, since libcurl may not be initialised before a fork.
class CurlLibrary {
public:
    /// Throws Error{Fault::internal}.
    CurlLibrary();
    CurlLibrary(const CurlLibrary&) = delete;
    CurlLibrary& operator=(const CurlLibrary&) = delete;
    ~CurlLibrary();
};

template <class Handle> Handle made(Handle handle)
{
    if (!handle) {
        throw base::Error{base::Fault::internal, "out of memory for libcurl"};
    }
    return handle;
}

template <class Value> void set_option(CURL* easy, CURLoption option, Value value)
{
    if (curl_easy_setopt(easy, option, value) != CURLE_OK) {
        throw base::Error{base::Fault::internal,
                          "libcurl refused option " + std::to_string(option)};
    }
}

template <class Value> void set_option(CURLM* multi, CURLMoption option, Value value)
{
    if (curl_multi_setopt(multi, option, value) != CURLM_OK) {
        throw base::Error{base::Fault::internal,
                          "libcurl refused multi option " + std::to_string(option)};
    }
}

template <class Value> Value info(CURL* easy, CURLINFO what, Value otherwise)
{
    Value value = otherwise;
    return curl_easy_getinfo(easy, what, &value) == CURLE_OK ? value : otherwise;
}

} // namespace ciam::io

#include "io/curl.hpp"

#include <dlfcn.h>

namespace ciam::io {

namespace {

/// A thread that asks a dead name server outlives its transfer and returns into libcurl, perhaps
/// when nginx has unloaded all modules at its exit.
void keep_in_memory()
{
    Dl_info library{};
    if (dladdr(reinterpret_cast<void*>(&curl_easy_init), &library) != 0) {
        dlopen(library.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
    }
}

} // namespace

CurlLibrary::CurlLibrary()
{
    keep_in_memory();
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        throw base::Error{base::Fault::internal, "libcurl can't be initialised"};
    }
}

CurlLibrary::~CurlLibrary()
{
    curl_global_cleanup();
}

} // namespace ciam::io

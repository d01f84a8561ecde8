// Where C++ meets nginx: its headers, its strings and its pool.
#pragma once

extern "C" {
#include <ngx_config.h>

#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_http.h>
}

#include <new>
#include <string>
#include <string_view>
#include <utility>

extern "C" {
extern ngx_module_t ngx_http_ciam_module;
}

namespace ciam::module {

inline std::string_view to_view(const ngx_str_t& text)
{
    return {reinterpret_cast<const char*>(text.data), text.len};
}

inline std::string to_string(const ngx_str_t& text)
{
    return std::string{to_view(text)};
}

/// Refers to memory that nginx only reads.
inline ngx_str_t to_ngx(std::string_view text) noexcept
{
    return {text.size(), reinterpret_cast<u_char*>(const_cast<char*>(text.data()))};
}

inline u_char* pool_bytes(ngx_pool_t* pool, std::size_t size)
{
    auto* bytes = static_cast<u_char*>(ngx_pnalloc(pool, size ? size : 1));
    if (bytes == nullptr) {
        throw std::bad_alloc{};
    }
    return bytes;
}

/// A copy that lives as long as the pool.
inline ngx_str_t pool_copy(ngx_pool_t* pool, std::string_view text)
{
    auto* bytes = pool_bytes(pool, text.size());
    ngx_memcpy(bytes, text.data(), text.size());
    return {text.size(), bytes};
}

template <class T> void destroy_in_pool(void* object)
{
    static_cast<T*>(object)->~T();
}

/// Makes an object that dies with the pool.
template <class T, class... Arguments> T* make_in(ngx_pool_t* pool, Arguments&&... arguments)
{
    static_assert(alignof(T) <= NGX_ALIGNMENT); // what the pool aligns to
    auto* cleanup = ngx_pool_cleanup_add(pool, sizeof(T));
    if (cleanup == nullptr) {
        throw std::bad_alloc{};
    }
    auto* object = new (cleanup->data) T(std::forward<Arguments>(arguments)...);
    cleanup->handler = destroy_in_pool<T>;
    return object;
}

} // namespace ciam::module

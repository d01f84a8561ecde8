// A request's header list made anew without some of its fields and with some of ours.
#pragma once

#include "module/nginx.hpp"

#include <algorithm>

namespace ciam::module {

/// Appends parts to a list that alias the runs of kept elements of another: nothing is moved or
/// written that the main request or a subrequest shares, and no part is empty (which nginx's own
/// walkers do not expect).
class AliasList {
public:
    explicit AliasList(ngx_http_request_t* r) : pool_(r->pool), list_(r->headers_in.headers)
    {
        list_.part.elts = nullptr;
        list_.part.nelts = 0;
        list_.part.next = nullptr;
        list_.last = nullptr;
    }

    void add_run(ngx_table_elt_t* first, ngx_uint_t count)
    {
        if (count == 0) {
            return;
        }
        auto* part = &list_.part;
        if (list_.last != nullptr) {
            part = reinterpret_cast<ngx_list_part_t*>(pool_bytes_aligned(sizeof(ngx_list_part_t)));
            list_.last->next = part;
        }
        *part = {first, count, nullptr};
        list_.last = part;
        list_.nalloc = count; // full: a later push takes a new part
    }

    /// Room for `count` fields of our own, which are counted by the caller's add_run().
    ngx_table_elt_t* fields(std::size_t count)
    {
        return reinterpret_cast<ngx_table_elt_t*>(
            pool_bytes_aligned(count * sizeof(ngx_table_elt_t)));
    }

    void install(ngx_http_request_t* r)
    {
        if (list_.last == nullptr) { // nothing is left: an empty list as ngx_list_init() makes it
            list_.part.elts = fields(1);
            list_.nalloc = 1;
            list_.last = &list_.part;
        }
        const bool only_head = list_.last == &list_.part;
        r->headers_in.headers = list_;
        if (only_head) {
            r->headers_in.headers.last = &r->headers_in.headers.part;
        }
    }

private:
    void* pool_bytes_aligned(std::size_t size)
    {
        void* bytes = ngx_pcalloc(pool_, size);
        if (bytes == nullptr) {
            throw std::bad_alloc{};
        }
        return bytes;
    }

    ngx_pool_t* pool_;
    ngx_list_t list_;
};

template <class Predicate> bool any_field(const ngx_list_t& list, Predicate predicate)
{
    for (const auto* part = &list.part; part != nullptr; part = part->next) {
        const auto* fields = static_cast<ngx_table_elt_t*>(part->elts);
        if (std::any_of(fields, fields + part->nelts, predicate)) {
            return true;
        }
    }
    return false;
}

template <class Predicate> void keep_others(AliasList& kept, const ngx_list_t& list, Predicate goes)
{
    for (const auto* part = &list.part; part != nullptr; part = part->next) {
        auto* fields = static_cast<ngx_table_elt_t*>(part->elts);
        ngx_uint_t begin = 0;
        for (ngx_uint_t i = 0; i < part->nelts; ++i) {
            if (goes(fields[i])) {
                kept.add_run(fields + begin, i - begin);
                begin = i + 1;
            }
        }
        kept.add_run(fields + begin, part->nelts - begin);
    }
}

} // namespace ciam::module

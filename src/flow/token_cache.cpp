#include "flow/token_cache.hpp"

#include <cstring>
#include <utility>

namespace ciam::flow {

namespace {

constexpr std::size_t list_and_index = 256; // what an entry takes beside its contents

std::size_t bytes_of(const std::vector<std::string>& texts)
{
    std::size_t bytes = 0;
    for (const std::string& text : texts) {
        bytes += sizeof(std::string) + text.size();
    }
    return bytes;
}

std::size_t bytes_of(const Bearer& bearer)
{
    return list_and_index + sizeof(Bearer) + bearer.session.view().size() +
           bytes_of(bearer.facts.audiences) + bytes_of(bearer.facts.scopes) +
           bytes_of(bearer.refused_claims);
}

} // namespace

// The key is a keyed hash already: nobody can choose it.
std::size_t TokenCache::Hash::operator()(const jose::Digest& key) const noexcept
{
    std::size_t hash = 0;
    std::memcpy(&hash, key.data(), sizeof(hash));
    return hash;
}

template <class Entry> Entry* TokenCache::Recent<Entry>::find(const jose::Digest& key)
{
    const auto found = index.find(key);
    if (found == index.end()) {
        return nullptr;
    }
    list.splice(list.begin(), list, found->second);
    return &*found->second;
}

template <class Entry> void TokenCache::Recent<Entry>::add(Entry entry)
{
    remove(entry.key);
    std::list<Entry> fresh; // in both or in neither, should memory run out
    fresh.push_front(std::move(entry));
    index.emplace(fresh.front().key, fresh.begin());
    list.splice(list.begin(), fresh);
}

template <class Entry> void TokenCache::Recent<Entry>::remove(const jose::Digest& key)
{
    const auto found = index.find(key);
    if (found != index.end()) {
        const auto place = found->second;
        index.erase(found);
        list.erase(place);
    }
}

jose::Digest TokenCache::key(const jose::Mac& mac, bool introspected, std::string_view token)
{
    return mac("bearer", {introspected ? "asked" : "keys", token});
}

std::shared_ptr<const Bearer> TokenCache::good(const jose::Digest& key, base::Seconds now)
{
    const Good* found = good_.find(key);
    if (found == nullptr) {
        return nullptr;
    }
    const base::Seconds expires = found->bearer->facts.expires;
    if (expires != 0 && now >= expires) {
        forget(key);
        return nullptr;
    }
    return found->bearer;
}

void TokenCache::keep(const jose::Digest& key, std::shared_ptr<const Bearer> bearer)
{
    forget(key);
    const std::size_t bytes = bytes_of(*bearer);
    good_.add({key, std::move(bearer), bytes});
    bytes_ += bytes;
    while (good_.size() > bounds_.good || bytes_ > bounds_.good_bytes) {
        forget(jose::Digest{good_.list.back().key});
    }
}

std::string TokenCache::refused(const jose::Digest& key, base::Seconds now)
{
    const Refused* found = refused_.find(key);
    return found != nullptr && now < found->until ? found->reason : std::string{};
}

void TokenCache::keep_refused(const jose::Digest& key, std::string reason, base::Seconds until)
{
    forget(key);
    refused_.add({key, std::move(reason), until});
    if (refused_.size() > bounds_.refused) {
        refused_.remove(jose::Digest{refused_.list.back().key});
    }
}

void TokenCache::forget(const jose::Digest& key)
{
    if (const Good* found = good_.find(key)) {
        bytes_ -= found->bytes;
        good_.remove(key);
    }
}

} // namespace ciam::flow

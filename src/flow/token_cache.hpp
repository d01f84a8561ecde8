// What a worker remembers of bearer tokens, by keyed hash and not by the tokens: bounded in number
// and bytes, the longest unused goes first. Tokens that hold and tokens that do not are kept apart,
// so that a flood of junk drives out no good one.
#pragma once

#include "flow/bearer.hpp"
#include "jose/seal.hpp"

#include <list>
#include <memory>
#include <unordered_map>

namespace ciam::flow {

class TokenCache {
public:
    struct Bounds {
        std::size_t good = 4096;
        std::size_t good_bytes = std::size_t{8} * 1024 * 1024;
        std::size_t refused = 4096;
    };

    TokenCache() = default;
    explicit TokenCache(Bounds bounds) : bounds_(bounds) {}

    /// A token that was checked by keys was not asked about: each way has keys of its own.
    static jose::Digest key(const jose::Mac& mac, bool introspected, std::string_view token);

    /// Null when it is not there; whoever asks decides whether it is too old for him. What is past
    /// its `exp` is not there any more.
    std::shared_ptr<const Bearer> good(const jose::Digest& key, base::Seconds now);
    void keep(const jose::Digest& key, std::shared_ptr<const Bearer> bearer);

    /// Empty when it is not there.
    std::string refused(const jose::Digest& key, base::Seconds now);
    void keep_refused(const jose::Digest& key, std::string reason, base::Seconds until);

    std::size_t size() const { return good_.size(); }
    std::size_t bytes() const { return bytes_; }

private:
    struct Good {
        jose::Digest key;
        std::shared_ptr<const Bearer> bearer;
        std::size_t bytes;
    };
    struct Refused {
        jose::Digest key;
        std::string reason;
        base::Seconds until;
    };
    struct Hash {
        std::size_t operator()(const jose::Digest& key) const noexcept;
    };
    template <class Entry> struct Recent {
        std::list<Entry> list; // the one used last first
        std::unordered_map<jose::Digest, typename std::list<Entry>::iterator, Hash> index;

        Entry* find(const jose::Digest& key);
        void add(Entry entry);
        void remove(const jose::Digest& key);
        std::size_t size() const { return list.size(); }
    };

    void forget(const jose::Digest& key);

    Bounds bounds_{};
    Recent<Good> good_;
    Recent<Refused> refused_;
    std::size_t bytes_ = 0;
};

} // namespace ciam::flow

// A session that is sealed, with all that sealed it.
#pragma once

#include "flow/session.hpp"
#include "flow/world.hpp"

#include "support/check.hpp"

namespace ciam::test {

struct SealedSession {
    World world;
    flow::SessionSealer sealer = world.sealer();
    std::string cookie{flow::SessionSealer::new_cookie().view()};
    flow::SessionKeys keys = sealer.keys(cookie, world.keyring.first());
    base::Record record;

    explicit SealedSession(const flow::Session& session = some_session(),
                           const flow::SessionTokens& tokens = {})
        : record(sealer.seal(keys, session, tokens))
    {
    }

    bool opens(base::Seconds time = now) const
    {
        std::string text;
        const bool opened = sealer.open_hot(keys, record, time, text);
        assert_true(opened || text.empty());
        return opened;
    }
};

} // namespace ciam::test

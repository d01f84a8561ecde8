// open_transaction: no state that was not sealed here opens; and what is sealed comes back, on this
// site, in a state that is short enough.
#include "base/encoding.hpp"
#include "base/url.hpp"
#include "flow/transaction.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace {

using namespace ciam;

constexpr std::size_t max_state = 1000;

void require(bool holds)
{
    if (!holds) {
        std::abort();
    }
}

const jose::Keyring& keyring()
{
    static const jose::Keyring keys{"a secret key of the fuzzer, long enough"};
    return keys;
}

/// Authentic, so that the layout itself is read.
void open_sealed(std::string_view text)
{
    const jose::Digest key = keyring().first()("ciam state key", {});
    const std::string sealed = keyring().sealer().seal(key, text, "ciam state 1");
    flow::open_transaction(keyring(), base::base64url_encode(sealed), {});
}

void seal_and_open(std::string_view text)
{
    const std::string binding{"a binding cookie"};
    const auto sealed =
        flow::seal_transaction(keyring(), {"main", std::string{text}, 1, false}, binding);
    require(sealed.state.size() <= max_state);
    const auto opened = flow::open_transaction(keyring(), sealed.state, {&binding, 1});
    require(opened && opened->secrets && opened->secrets->nonce == sealed.secrets.nonce);
    require(base::is_return_path(opened->transaction.return_path));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    require(!flow::open_transaction(keyring(), text, {}));
    open_sealed(text);
    seal_and_open(text);
    return 0;
}

#include "module/id_token_algorithm.hpp"

#include "module/counts.hpp"
#include "module/worker.hpp"

namespace ciam::module {
namespace {

constexpr std::uint32_t first = 1'000'000; // a count so high is the last to make room for others

std::uint64_t key_of(const ProviderConf& provider)
{
    const auto& client = provider.client;
    return tally_key("alg", client.provider + '\n' + client.issuer + '\n' + client.client_id);
}

} // namespace

void note_id_token_algorithm(const ProviderConf& provider, jose::Algorithm algorithm)
{
    worker()->tallies().with(key_of(provider), ngx_time(), [&](store::Tally& tally) {
        tally.events = first + static_cast<std::uint32_t>(algorithm);
    });
}

std::optional<jose::Algorithm> id_token_algorithm(const ProviderConf& provider)
{
    if (provider.says("id_token_alg")) {
        return std::nullopt;
    }
    std::uint32_t noted = 0;
    worker()->tallies().with(key_of(provider), ngx_time(), [&](store::Tally& tally) {
        noted = tally.events != 0 ? tally.events : tally.before; // of an earlier minute
    });
    return noted < first ? std::nullopt
                         : std::optional{static_cast<jose::Algorithm>(noted - first)};
}

} // namespace ciam::module

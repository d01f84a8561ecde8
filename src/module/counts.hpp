// What all workers count together: what happened since the start, what must not happen too often in
// a minute, and whose turn it is.
#pragma once

#include "module/nginx.hpp"
#include "store/counters.hpp"
#include "store/tallies.hpp"
#include "store/turns.hpp"

#include <string>
#include <string_view>

namespace ciam::module {

std::size_t counts_bytes();
/// Lays out fresh memory. Throws base::Error.
void format_counts(void* memory);
store::Counters& counters_in(void* memory);
store::Tallies tallies_in(void* memory);
store::Turns turns_in(void* memory);
std::string_view tally_secret_in(void* memory);

/// Of `what`, apart from the keys of every other kind. It hangs on a secret of the zone: nobody can
/// choose addresses or states that meet in one place.
std::uint64_t tally_key(std::string_view kind, std::string_view what);

/// As the turns count time: see store::Milliseconds.
store::Milliseconds monotonic() noexcept;

/// In a worker alone; elsewhere nothing is counted.
void count(store::Counter counter);

/// A log line that a flood of one mistake must not repeat: of lines that differ in numbers alone
/// the first in a minute is written, over all workers, and tells how many there were in the minute
/// before.
struct SparseLine {
    ngx_log_t* log;
    ngx_uint_t level;
    std::string_view provider; // may be empty
    std::string text;
    std::string_view ending = {};     // does not make it another line
    bool may_quote_strangers = false; // nor does what stands in quotes, which anybody may choose
};
void log_sparsely(const SparseLine& line);

} // namespace ciam::module

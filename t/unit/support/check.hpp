// What the tests of all rooms share. Include it last: cmocka defines a macro fail().
#pragma once

#include "base/error.hpp"

#include <optional>
#include <string>

extern "C" {
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
}

namespace ciam::test {

/// The fault of the Error that `act` throws; nullopt when it throws none.
template <class Act> std::optional<base::Fault> fault_of(Act act)
{
    try {
        act();
    } catch (const base::Error& error) {
        return error.fault();
    }
    return std::nullopt;
}

/// The message of the Error that `act` throws; empty when it throws none.
template <class Act> std::string message_of(Act act)
{
    try {
        act();
    } catch (const base::Error& error) {
        return error.what();
    }
    return {};
}

inline bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

inline void assert_text(const std::string& actual, const std::string& expected)
{
    assert_int_equal(actual.size(), expected.size());
    assert_memory_equal(actual.data(), expected.data(), expected.size());
}

} // namespace ciam::test

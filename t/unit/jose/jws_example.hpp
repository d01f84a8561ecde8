// Keys and tokens that the tests of JWS share. Include it before support/check.hpp.
#pragma once

#include "base/encoding.hpp"
#include "jose/jws.hpp"
#include "support/signing.hpp"

#include <array>

#include "support/check.hpp"

namespace ciam::test {

using namespace ciam::jose;
using enum Algorithm;
inline constexpr std::array all = {rs256, rs384, rs512, ps256, ps384,  ps512,
                                   es256, es384, es512, eddsa, ed25519};

inline constexpr const char* payload = R"({"iss":"https://idp.example","sub":"hunter2"})";

/// Made once each: RSA takes its time.
inline const SigningKey& rsa()
{
    static const SigningKey key{"RS256", "rsa"};
    return key;
}

inline const SigningKey& ec()
{
    static const SigningKey key{"ES256", "ec"};
    return key;
}

inline std::string verify(std::string_view compact, const Keys& keys,
                          std::span<const Algorithm> allowed = all)
{
    return verify_jws(parse_jws(compact), keys, allowed);
}

inline bool is_refused(std::string_view compact, const Keys& keys,
                       std::span<const Algorithm> allowed = all)
{
    return test::fault_of([&] { verify(compact, keys, allowed); }) == base::Fault::provider;
}

inline bool does_not_parse(std::string_view compact)
{
    return test::fault_of([&] { parse_jws(compact); }) == base::Fault::provider;
}

inline Keys keys_of(const SigningKey& key)
{
    return Keys::parse(key_set(key));
}

/// The signature part of a JWS, decoded.
inline std::string signature_of(std::string_view compact)
{
    return base::base64url_decode(compact.substr(compact.rfind('.') + 1)).value();
}

inline std::string with_signature(std::string_view compact, std::string_view signature)
{
    return std::string{compact.substr(0, compact.rfind('.') + 1)} +
           base::base64url_encode(signature);
}

} // namespace ciam::test

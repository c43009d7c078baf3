// Hostile request heads: parsing and verifying end in an answer, and no unknown signer gets in.
// The input is one line each for method, path, query, then "name:value" headers.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "common/auth/verify.hpp"
#include "common/base/check.hpp"

namespace {

using namespace onput;

constexpr std::size_t headers_max = 64;

std::string_view take_line(std::string_view& rest) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    return line;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view rest(reinterpret_cast<const char*>(data), size);
    auth::RequestView request;
    request.method = take_line(rest);
    request.path = take_line(rest);
    const auto query = parse_query(take_line(rest));
    if (!query) return 0;
    request.query = *query;
    std::vector<auth::Header> headers;
    while (!rest.empty() && headers.size() < headers_max) {
        const std::string_view line = take_line(rest);
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos) continue;
        headers.push_back({.name = line.substr(0, colon), .value = line.substr(colon + 1)});
    }
    request.headers = headers;

    const auto claim = auth::parse_claim(request);
    if (!claim) {
        ONPUT_CHECK(!claim.error().reason.empty());
        return 0;
    }
    ONPUT_CHECK(!auth::is_anonymous(request));
    auth::KeyRing keys;
    // The claimed key exists, so that every claim reaches the comparison; its secret is not
    // guessable.
    static_cast<void>(
        keys.add(claim->access_key, {.secret = "5f0c2d1b9a7e4836", .account_id = "000000000000"}));
    auth::SigningKeyCache signing_keys;
    const auto identity = auth::verify(
        claim.value(), request,
        {.keys = keys, .signing_keys = signing_keys, .now = claim->signed_at, .body_sha256 = "00"});
    ONPUT_CHECK(!identity);
    return 0;
}

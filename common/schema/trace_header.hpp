// The header X-Amzn-Trace-Id, by which chains of invocations know how long they are:
//
//     Root=1-6565d8a4-0123456789abcdef01234567;Parent=0123456789abcdef;Sampled=0;Lineage=a87bd80c:3
//
// The lineage counts the invocations of each function in the chain, under 8 digits of the digest of
// its ARN. A handler finds the header in _X_AMZN_TRACE_ID, and AWS's SDKs send it along with their
// requests; what comes of these has it again. Pure; headers are bytes that anybody may have
// written.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace onput::schema {

inline constexpr std::size_t trace_header_bytes_max = 1024;
// Invocations of one function in one chain, as on Lambda. What would be the next one is stopped.
inline constexpr std::uint32_t function_loops_max = 16;
// Functions that a lineage counts. The one that came first goes for another: longer loops are not
// found.
inline constexpr std::size_t lineage_functions_max = 16;

// How often the chain has come by this function; 0 for a header that is none, or without lineage.
std::uint32_t loops_in(std::string_view header, std::string_view function_arn);

// The header with one more invocation of the function. What of `header` is no lineage stays, if it
// is one; `root` ("1-<8 digits>-<24 digits>") stands in for a root that it has not.
std::string with_invocation(std::string_view header, std::string_view function_arn,
                            std::string_view root);

}  // namespace onput::schema

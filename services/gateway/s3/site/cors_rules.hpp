// CORS: what a bucket's rules let the pages of other origins do, and the headers that say so to
// their browsers. Pure.
//
// The first rule wins whose origin, method and headers fit. A browser asks with OPTIONS before it
// sends what a plain form could not send, and looks at the headers of the answer in any case.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/result.hpp"
#include "services/gateway/aws/value.hpp"
#include "services/gateway/http/message.hpp"
#include "services/gateway/http/target.hpp"
#include "services/gateway/s3/address.hpp"

namespace onput::gateway::s3 {

inline constexpr std::size_t cors_rules_max = 100;
inline constexpr std::size_t cors_id_bytes_max = 255;

struct CorsRule {
    std::vector<std::string> origins{};  // At most one wildcard in each, as in `headers`.
    std::vector<std::string> methods{};
    std::vector<std::string> headers{};
    std::vector<std::string> exposed_headers{};
    std::optional<std::int64_t> max_age_seconds{};
};

// What S3 refuses in a CORSConfiguration that fits its shape: invalid_request, malformed_xml.
Result<void> check_cors(const aws::Value& document);

// The rules of a stored document; none of an empty one. corruption: it is none.
Result<std::vector<CorsRule>> read_cors_rules(std::string_view document);

// What an origin asks for.
struct CorsRequest {
    std::string_view origin{};
    std::string_view method{};
    std::vector<std::string> headers{};  // Of a preflight, in lower case.
};
using CorsHeaders = std::vector<std::pair<std::string, std::string>>;

// The headers of an answer by the first rule that fits; nothing when none does.
std::optional<CorsHeaders> find_cors_headers(const std::vector<CorsRule>& rules,
                                             const CorsRequest& request);

// What OPTIONS asks. Views into the head. bad_cors_request, in S3's words.
Result<CorsRequest> read_preflight(const http::RequestHead& head);

// cors_forbidden, in S3's words.
std::unexpected<Error> refuse_preflight(const CorsRequest& request, const Address& address,
                                        const std::vector<CorsRule>& rules);

// Whether rules for a bucket's objects can speak for a request: it changes no setting of the bucket
// and reads no other bucket. Asked only where anybody can sign (development_guard.hpp); elsewhere
// it is the signer who has the rights.
bool is_within_bucket(const http::RequestHead& head, const Address& address,
                      const std::vector<http::QueryParameter>& query);

}  // namespace onput::gateway::s3

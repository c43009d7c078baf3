// The call of an API destination as HTTP, and that for a token of OAuth. Pure.
//
//     endpoint     "https://api.example/orders/*/lines?a=1", each '*' a path parameter, encoded
//     query        the target's parameters, then the connection's
//     headers      ours, the target's, the connection's, who calls: later ones replace earlier ones
//     body         what the target is sent; the connection's body parameters are members of it, if
//                  it is an object. GET, HEAD and OPTIONS have none
//
// Ours are User-Agent (ours: this is not AWS), Content-Type: application/json; charset=utf-8 and
// Range: bytes=0-1048575, as EventBridge sends it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/base/result.hpp"
#include "services/notifier/destinations/connection_book.hpp"
#include "services/notifier/outbound/notification.hpp"

namespace onput::notifier {

inline constexpr std::string_view api_user_agent = "Onput/EventBridge/ApiDestinations";
inline constexpr std::uint32_t api_timeout_ms = 5'000;
// Of URL and headers together, before they are encoded; of the request for a token as well.
inline constexpr std::size_t api_head_bytes_max = 64UL * 1024;

struct ApiInput {
    std::string_view document;  // The event, for the parameters that are paths.
    std::string_view body;      // What the target is sent.
};

// Fails with invalid_argument when it can never be sent: there are not as many path parameters as
// '*', the event has nothing at one of them, or URL and headers would have more than
// api_head_bytes_max; then no more than that was built.
Result<HttpRequest> api_request(const ApiCall& call, const schema::EventTarget& target,
                                const ApiInput& input);

// ValidationException for parameters that no call can have, and for more than http_parameters_max
// of one kind.
Result<void> check_http_parameters(const schema::EventTarget& target);

}  // namespace onput::notifier

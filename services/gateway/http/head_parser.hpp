// From the bytes of a request's head to a RequestHead. Pure; the one place that knows Beast.
//
// Strict where leniency lets two servers see different requests in the same bytes: a folded
// header, a length sent twice or together with chunks, a transfer coding other than `chunked`,
// HTTP/1.1 without exactly one Host, a target whose authority is not the Host, are refused.
#pragma once

#include <cstddef>
#include <expected>
#include <string_view>

#include "services/gateway/http/message.hpp"

namespace onput::http {

struct HeadLimits {
    std::size_t target_bytes_max = 16 * 1024;
    std::size_t headers_max = 200;
};

// `bytes` is one whole head, ending in its blank line. On success the views in `head` point into
// `bytes`; `peer` is left alone. On failure `head` holds nothing of use.
std::expected<void, ProtocolError> parse_request_head(std::string_view bytes,
                                                      const HeadLimits& limits, RequestHead& head);

}  // namespace onput::http

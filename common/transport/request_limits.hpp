// What one request or reply may hold, checked by its sender: a larger frame would make the
// receiver's socket cut the connection, and with it every other open call.
#pragma once

#include <span>

#include "common/transport/request.hpp"

namespace onput::transport {

// resource_exhausted, naming the limit.
inline Result<void> check_limits(std::size_t body_bytes, std::span<const Frame> attachments) {
    const auto too_much = [](std::string_view what) {
        return fail(ErrorCode::resource_exhausted, std::string(what), "request_too_large");
    };
    if (body_bytes > request_bytes_max) return too_much("the body is above request_bytes_max");
    if (attachments.size() > attachments_max) return too_much("more than attachments_max");
    std::size_t bytes = 0;
    for (const Frame& attachment : attachments) {
        if (attachment.size() > request_bytes_max) {
            return too_much("an attachment is above request_bytes_max");
        }
        bytes += attachment.size();
    }
    if (bytes > attachments_bytes_max) return too_much("above attachments_bytes_max");
    return {};
}

}  // namespace onput::transport

// The record of a request in the access log of its bucket.
#pragma once

#include <string_view>

#include "services/gateway/request_context.hpp"

namespace onput::gateway::s3 {

struct Accessed {
    std::string_view bucket{};
    std::string_view key{};
    bool is_website = false;
};
// When the request has ended. Without a bucket, or where no bucket is logged, it does nothing.
void record_access(const RequestContext& context, const Accessed& what);

}  // namespace onput::gateway::s3

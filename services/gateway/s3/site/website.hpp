// Websites of buckets, for browsers: GET and HEAD for anybody, with documents and pages of errors
// in HTML. A signature counts for nothing here, so nothing is shown that is not public. What is
// answered is decided in website_rules.hpp.
#pragma once

#include "services/gateway/request_context.hpp"
#include "services/gateway/s3/site/website_address.hpp"

namespace onput::gateway::s3 {

// Answers in any case.
http::Task<void> serve_website(RequestContext& context, Result<WebsiteAddress> address);

}  // namespace onput::gateway::s3

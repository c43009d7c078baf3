// The HTML of a website's errors and redirects, in S3's form. Everything that comes from outside is
// escaped. Pure.
#pragma once

#include <optional>

#include "common/base/result.hpp"
#include "services/gateway/http/message.hpp"
#include "services/gateway/s3/errors.hpp"
#include "services/gateway/s3/object_headers.hpp"
#include "services/gateway/s3/site/website_address.hpp"

namespace onput::gateway::s3 {

struct ErrorPage {
    const Error& error;
    const WebsiteAddress& address;
    AnswerIds ids;
    // Why the website's own error document could not be shown instead.
    const Error* document_error = nullptr;
    std::string_view document_key{};
};
http::Response render_error_page(const ErrorPage& page);
// What is wrong, as headers: "x-amz-error-code", "x-amz-error-message", "x-amz-error-detail-Key".
// Also of an error that is shown by the website's own document.
Headers headers_of_error(const Error& error, const WebsiteAddress& address);

http::Response render_redirect_page(int status, std::string location, const AnswerIds& ids);

}  // namespace onput::gateway::s3

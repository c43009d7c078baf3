// The event of a request to a function URL: Lambda's payload format 2.0. Pure; the request is
// hostile.
//
//     headers                 by names in lower case, repeated ones joined by commas; cookies are
//                             apart, and what a signature came in is left out;
//                             x-forwarded-proto and x-forwarded-port are never the client's own
//     queryStringParameters   decoded, repeated ones joined by commas
//     body                    as it is when its Content-Type is of text and it is UTF-8, and in
//                             base64 otherwise
//
// Members that Lambda leaves out where there is nothing are left out: cookies,
// queryStringParameters, authorizer, body.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/time.hpp"
#include "services/gateway/http/message.hpp"
#include "services/gateway/http/target.hpp"

namespace onput::gateway::lambda {

// Who has signed.
struct UrlCaller {
    std::string account;
    std::string access_key;
    std::string user_arn;
    std::string user_id;  // Empty: of a key that is no user's.
};

struct UrlRequest {
    const http::RequestHead& head;
    const std::vector<http::QueryParameter>& query;
    std::string_view body;
    std::string_view url_id;
    std::string_view domain;      // Of the host, without a port.
    std::string_view scheme;      // "http"
    std::string_view client_ip;   // For policies and for the handler.
    std::string_view peer_ip;     // What is added to X-Forwarded-For.
    std::string_view request_id;  // A UUID.
    Timestamp now;
    std::optional<UrlCaller> caller = {};  // Nothing: the URL asks for no signature.
};

std::string write_url_event(const UrlRequest& request);

}  // namespace onput::gateway::lambda

// Which service a request is for. Pure. The first rule that fits decides:
//
//     X-Amz-Target: <prefix>.<operation>        the service that has the prefix
//     a signature's scope, in header or URL     the service that it names
//       s3, path /v20180820/ and an account     S3 Control, which signs as S3
//     an Action in the URL                      by Version, else the first that has the Action
//     another form by POST                      `form`: its body says it, by the same two
//     everything else                           s3
//
// A service of AWS that is not served is `absent`: it is refused by name (refusal.hpp). A name that
// no service of AWS has says nothing.
#pragma once

#include <string_view>
#include <vector>

#include "services/gateway/aws/directory.hpp"
#include "services/gateway/aws/service.hpp"
#include "services/gateway/http/message.hpp"
#include "services/gateway/http/target.hpp"

namespace onput::gateway {

struct Route {
    enum class Kind { s3, served, form, absent };
    Kind kind = Kind::s3;
    const aws::Service* service = nullptr;      // Of `served`.
    const aws::ServiceEntry* absent = nullptr;  // Of `absent`.
    aws::Protocol wire = aws::Protocol::query;  // Of `served` and `absent`.
};

Route find_route(const http::RequestHead& head, const std::vector<http::QueryParameter>& query);

// Of a form's fields: `served` or `absent`.
Route find_form_route(std::string_view version, std::string_view action);

}  // namespace onput::gateway

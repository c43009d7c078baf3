// Which protocol a request speaks. Pure.
//
//     X-Amz-Target: AmazonSQS.*                       sqs
//     a signature whose scope says sqs, sns or s3     that
//     an Action in the URL                            sqs or sns, by Version, else by the Action
//     another form by POST                            `form`: its body tells, sqs or sns
//     everything else                                 s3
#pragma once

#include <string_view>
#include <vector>

#include "services/gateway/http/message.hpp"
#include "services/gateway/http/target.hpp"

namespace onput::gateway {

enum class Protocol { s3, sqs, sns, form };

Protocol protocol_of(const http::RequestHead& head, const std::vector<http::QueryParameter>& query);

// Of a form's fields (query::form_of): sqs or sns. A Version of neither, or none, leaves it to the
// Action; what only SNS knows is SNS's.
Protocol protocol_of_form(std::string_view form);

}  // namespace onput::gateway

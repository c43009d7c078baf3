// SQS's error names in both protocols: the JSON shape's name, and the legacy code of the query
// protocol.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "services/gateway/http/message.hpp"
#include "services/gateway/sqs/protocol.hpp"

namespace onput::gateway::sqs {

struct ErrorName {
    int status = 400;
    std::string shape;  // "QueueDoesNotExist"
    std::string code;   // "AWS.SimpleQueueService.NonExistentQueue"
    std::string message;
};
ErrorName name_of(const Error& error, Wire wire);

http::Response render_error(const Error& error, Wire wire, std::string_view request_id);

}  // namespace onput::gateway::sqs

// Which queue a QueueUrl names, and the QueueUrl of a queue. Pure.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "services/gateway/http/message.hpp"

namespace onput::gateway::sqs {

struct QueueName {
    std::string account;  // Empty: the caller's.
    std::string name;

    friend bool operator==(const QueueName&, const QueueName&) = default;
};

// The last two parts of the path, on whatever host: clients reach us by names that we do not know.
// A bare name is a queue of the caller. invalid_argument, reason QueueDoesNotExist, for the rest.
Result<QueueName> parse_queue_url(std::string_view url);

// "/000000000000/name", the queue that a client of the query protocol addresses; else empty.
std::string_view queue_path(std::string_view path);

// On the host by which the request came, or by which a proxy says that it came: some SDKs send the
// next request to the URL itself.
std::string queue_url(const http::RequestHead& head, const QueueName& queue);

}  // namespace onput::gateway::sqs

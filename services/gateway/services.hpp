// The services that are served, S3 aside: the one list that a new one is added to.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "services/gateway/aws/service.hpp"

namespace onput::gateway {

// In the order in which they are asked whether an action without a version is theirs.
std::span<const aws::Service* const> served_services();

// By the name in a signature: "sqs". Null when it is not served, and for S3.
const aws::Service* find_service(std::string_view name);

// "Amazon S3, Amazon SNS and Amazon SQS"
std::string titles_of_services();

}  // namespace onput::gateway

// Errors in Polly's words.
#pragma once

#include <string_view>

#include "services/gateway/aws/errors.hpp"

namespace onput::gateway::polly {

aws::ErrorName name_of(const Error& error);

}  // namespace onput::gateway::polly

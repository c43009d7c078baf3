// Amazon Polly: text to speech.
#pragma once

#include "services/gateway/aws/service.hpp"

namespace onput::gateway::polly {

const aws::Service& service();

}  // namespace onput::gateway::polly

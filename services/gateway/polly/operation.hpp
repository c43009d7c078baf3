// The Polly operations that exist here. What speaks is a tts worker (common/schema/speech.hpp),
// called over worker_calls.hpp; lexicons are kept by the queue service.
#pragma once

#include "common/schema/speech.hpp"
#include "services/gateway/aws/service.hpp"

namespace onput::gateway::polly {

using aws::Call;
using aws::Outcome;
using aws::Value;

Outcome synthesize_speech(Call& call);
Outcome describe_voices(Call& call);

}  // namespace onput::gateway::polly

// The Polly operations that exist here. What speaks is a tts worker (common/schema/speech.hpp),
// called over worker_calls.hpp; lexicons are kept by the queue service.
#pragma once

#include "common/schema/speech.hpp"
#include "services/gateway/aws/service.hpp"

namespace onput::gateway::polly {

using aws::Call;
using aws::Outcome;
using aws::Value;

inline constexpr std::string_view worker_kind = "tts";

// What an operation asks of the policies of who calls (asks.cpp).
std::vector<AskedAction> asks(const aws::Call& call);

Outcome synthesize_speech(Call& call);
Outcome describe_voices(Call& call);
Outcome start_speech_synthesis_task(Call& call);
Outcome get_speech_synthesis_task(Call& call);
Outcome list_speech_synthesis_tasks(Call& call);
Outcome put_lexicon(Call& call);
Outcome get_lexicon(Call& call);
Outcome list_lexicons(Call& call);
Outcome delete_lexicon(Call& call);

// Where a page begins, "" the first. Fails with InvalidNextTokenException for what is no token.
Result<std::string> page_of(const Value& input);
// Of lists that have one page: no token of ours exists.
Result<void> refuse_page_token(const Value& input);

// Gives a speech the contents of its lexicons, by their names.
http::Task<Result<void>> fetch_lexicons(Call& call, schema::SynthesizeSpeech& speech);

}  // namespace onput::gateway::polly

// What the steps of speech share: the children that speak, and what is said of what they made.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "common/async/task.hpp"
#include "common/worker/object_job.hpp"
#include "services/tts/job.hpp"
#include "services/tts/left_out.hpp"
#include "services/tts/phrase_search.hpp"
#include "services/tts/request.hpp"

namespace onput::tts {

inline constexpr std::string_view recording_content_type = "audio/mpeg";

// Runs children on the job's files until the search is at its end; all together have the job's
// time.
Task<Result<SpeechResult>> run_children(worker::ObjectJob& job, PhraseSearch& search);

// What of the text has not been spoken: phrases that crash the engine, paragraphs without a voice.
LeftOut left_out_of(const PhraseSearch& search, const SpeechResult& result);

// onput-voice, onput-language, its confidence where the text showed it, onput-languages where there
// are several, onput-encoding with its confidence, onput-duration-ms, and what was left out.
std::map<std::string, std::string> recording_metadata(const SpeechResult& result,
                                                      const LeftOut& left_out);

schema::JobOutcome make_outcome(const Output& output, const SpeechResult& result,
                                const LeftOut& left_out, const schema::ObjectPut& put);

}  // namespace onput::tts

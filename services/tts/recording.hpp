// What the steps of speech share: the children that speak, and what is said of what they made.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/async/task.hpp"
#include "common/worker/object_job.hpp"
#include "services/tts/job.hpp"
#include "services/tts/phrase_search.hpp"
#include "services/tts/request.hpp"

namespace onput::tts {

inline constexpr std::string_view recording_content_type = "audio/mpeg";

using LeftOut = std::vector<LeftOutPhrase>;

// Runs children on the job's files until the search is at its end; all together have the job's
// time.
Task<Result<SpeechResult>> run_children(worker::ObjectJob& job, PhraseSearch& search);

// onput-voice, onput-language, onput-duration-ms, and what was left out.
std::map<std::string, std::string> recording_metadata(const SpeechResult& result,
                                                      const LeftOut& left_out);

schema::JobOutcome make_outcome(const Output& output, const SpeechResult& result,
                                const LeftOut& left_out, const schema::ObjectPut& put);

}  // namespace onput::tts

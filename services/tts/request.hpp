// From a function's message to a speech job: whose settings count, and where the result goes. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

#include "common/base/result.hpp"
#include "common/schema/storage_objects.hpp"
#include "services/tts/job.hpp"

namespace onput::tts {

struct Output {
    std::string bucket;
    std::string key;
    std::string content_type = {};
};

// OUTPUT_BUCKET and OUTPUT_PREFIX of the function; the key's extension becomes that of the format:
// "in/book.txt" -> "in/book.mp3". invalid_argument without OUTPUT_BUCKET, and as make_job().
Result<Output> choose_output(const std::map<std::string, std::string>& environment,
                             const std::string& input_key, const SpeechJob& job);

// VOICE, LANGUAGE, DEFAULT_LANGUAGE, ENGINE, RATE, PITCH, VOLUME, FORMAT and BITRATE (kbit/s) of
// the function; the object's tags onput-voice and so on, which win over those; its metadata of the
// same names, which wins over both. A default language is the function's only. A number out of its
// bounds, an engine or a format that is not known, and a bit rate that the format lacks are
// invalid_argument, reason bad_setting.
Result<SpeechJob> make_job(const std::map<std::string, std::string>& environment,
                           const schema::ObjectInfo& input);

// Faster speech has less sound, and takes less time to make.
inline constexpr std::int32_t usual_rate_wpm = 175;

// How long a text can be spoken within `time_limit`, at `characters_per_second` for the usual rate.
std::uint64_t spoken_characters_max(std::int32_t rate_wpm, std::chrono::seconds time_limit,
                                    std::uint32_t characters_per_second);

}  // namespace onput::tts

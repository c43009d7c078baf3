// The speech worker: one function message after another becomes an MP3 beside its text.
//
//     text object ──download──> input file ──child──> output file ──upload──> MP3 object
//
// The upload's idempotency key is the message's id: a job that ran twice makes one object and one
// event. Storage that cannot be reached is `unavailable` (the attempt does not count); a text that
// cannot be spoken is invalid_argument (dead-lettered at once).
#pragma once

#include <memory>

#include "common/runtime/service.hpp"
#include "common/worker/job_process.hpp"
#include "services/tts/config.hpp"

namespace onput::tts {

// Call first in main, before any thread.
Result<std::unique_ptr<worker::JobZygote>> make_speech_zygote(const Config& config);

// `config` outlives it.
Result<std::unique_ptr<runtime::Service>> open_speech_worker(
    runtime::Process& process, const Config& config, std::unique_ptr<worker::JobZygote> zygote);

}  // namespace onput::tts

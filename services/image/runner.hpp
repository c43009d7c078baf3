// The image worker's runner: one function message after another becomes derivatives of its photo.
//
//     message ──parse──> photo and watermark images ──download──> temporary file
//             ──child──> temporary file ──upload──> derivatives ──> sidecar ──> done
//                └── no valid photo ──> Disposal
//
// The idempotency key of each upload is made of the message's id, the photo's ETag and the
// derivative's name: a job that ran twice makes each object once, and one event each. The sidecar
// comes last: where it is, all derivatives are.
//
// Failures: an invalid photo, a bad configuration and a missing watermark are invalid_argument
// (final); storage that cannot be reached is `unavailable` (the attempt does not count); a child
// that crashed, ran out of time or memory is retried.
//
// Nothing is made of: events of deletions, empty objects whose key ends with '/' (folder marks),
// objects that this function made itself, objects in its own quarantine.
#pragma once

#include <memory>

#include "common/runtime/service.hpp"
#include "common/worker/job_process.hpp"
#include "common/worker/job_worker.hpp"
#include "services/image/config.hpp"

namespace onput::image {

// Call first in main, before any thread.
Result<std::unique_ptr<worker::JobZygote>> make_image_zygote();

// `config` outlives it.
std::unique_ptr<worker::Runner> make_image_runner(runtime::Process& process, const Config& config,
                                                  std::unique_ptr<worker::JobZygote> zygote);

Result<std::unique_ptr<runtime::Service>> open_image_worker(
    runtime::Process& process, const Config& config, std::unique_ptr<worker::JobZygote> zygote);

}  // namespace onput::image

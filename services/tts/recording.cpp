#include "services/tts/recording.hpp"

#include <algorithm>
#include <chrono>
#include <unistd.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace onput::tts {
namespace {

Result<SpeechResult> decode_result(const Result<std::string>& verdict) {
    if (!verdict) return std::unexpected(verdict.error());
    return schema::decode<SpeechResult>(*verdict);
}

constexpr int sure = 100;

}  // namespace

LeftOut left_out_of(const PhraseSearch& search, const SpeechResult& result) {
    LeftOut left_out = left_out_of(search.left_out());
    left_out.add({.count = result.unspoken, .named = result.unspoken_texts});
    return left_out;
}

std::map<std::string, std::string> recording_metadata(const SpeechResult& result,
                                                      const LeftOut& left_out) {
    std::map<std::string, std::string> metadata{
        {"onput-voice", result.voice},
        {"onput-language", result.language},
        {"onput-encoding", result.encoding},
        {"onput-encoding-confidence", fmt::to_string(result.encoding_confidence)},
        {"onput-duration-ms", fmt::to_string(result.duration_ms)}};
    if (result.chosen_by == "text")
        metadata["onput-language-confidence"] = fmt::to_string(result.language_confidence);
    if (result.languages.size() > 1)
        metadata["onput-languages"] = fmt::format("{}", fmt::join(result.languages, ","));
    if (left_out.count > 0) {
        metadata["onput-left-out"] = fmt::to_string(left_out.count);
        metadata["onput-left-out-phrases"] = left_out_metadata(left_out);
    }
    return metadata;
}

schema::JobOutcome make_outcome(const Output& output, const SpeechResult& result,
                                const LeftOut& left_out, const schema::ObjectPut& put) {
    schema::JobOutcome outcome;
    outcome.summary =
        fmt::format("s3://{}/{}, {:.1f} s of speech, voice {}, text {}", output.bucket, output.key,
                    static_cast<double>(result.duration_ms) / 1000, result.voice, result.encoding);
    if (result.encoding_confidence != sure)
        outcome.summary += fmt::format(", encoding {} % sure", result.encoding_confidence);
    if (result.chosen_by == "text" && result.language_confidence > 0)
        outcome.summary += fmt::format(", language {} % sure", result.language_confidence);
    if (result.languages.size() > 1)
        outcome.summary += fmt::format(", languages {}", fmt::join(result.languages, ", "));
    outcome.summary += describe_left_out(left_out);
    outcome.outputs.push_back({.name = "speech",
                               .bucket = output.bucket,
                               .key = output.key,
                               .version_id = put.version_id,
                               .etag = put.etag,
                               .content_type = output.content_type,
                               .size_bytes = result.output_bytes,
                               .duration_ms = result.duration_ms});
    return outcome;
}

Task<Result<SpeechResult>> run_children(worker::ObjectJob& job, PhraseSearch& search) {
    using Clock = std::chrono::steady_clock;
    const auto deadline = Clock::now() + job.limits().wall_time;
    for (;;) {
        worker::JobLimits limits = job.limits();
        limits.processor_time *= 2;  // The wall clock ends a job first.
        limits.wall_time = std::chrono::duration_cast<Duration>(deadline - Clock::now());
        if (limits.wall_time <= Duration::zero()) {
            co_return fail(ErrorCode::timeout,
                           "the search for what crashes the speech engine took the job's time: "
                           "raise the function's time limit, or shorten the text",
                           "job_timeout");
        }
        auto verdict = co_await job.run_child(schema::encode(search.next()), limits);
        const off_t segment = ::lseek(job.input_fd(), 0, SEEK_CUR);
        auto end = search.take(decode_result(verdict),
                               static_cast<std::uint64_t>(std::max<off_t>(segment, 0)));
        if (end) co_return *std::move(end);
    }
}

}  // namespace onput::tts

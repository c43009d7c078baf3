// Jobs of speech in a child, as the worker runs them.
#pragma once

#include <chrono>
#include <memory>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <unistd.h>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "common/worker/job_process.hpp"
#include "services/tts/job.hpp"
#include "services/tts/phrase_search.hpp"
#include "services/tts/speech.hpp"

namespace onput::tts {

inline constexpr std::string_view english =
    "On put, the upload is the transaction. Every event that an upload should cause is durable "
    "before the answer is sent.\n\nThis is the second paragraph of the text, and it is short.";

inline std::string repeat(std::string_view text, std::size_t count) {
    std::string result;
    for (std::size_t i = 0; i < count; ++i) result += text;
    return result;
}

// espeak-ng 1.51 copies a dotted abbreviation of any length into 80 bytes of its stack.
inline const std::string crashing_phrase = repeat("A.", 300);

// The spoken text, its answer, and what its child used.
struct Spoken {
    Result<SpeechResult> result;
    std::string mp3;
    worker::JobUsage usage;
    std::uint64_t segment_begun = 0;
};

inline Result<SpeechResult> decoded(const Result<std::string>& bytes) {
    if (!bytes) return std::unexpected(bytes.error());
    return schema::decode<SpeechResult>(*bytes);
}

class SpeechJobTest : public testing::Test {
protected:
    void SetUp() override { start_zygote(run_speech_job); }

    void start_zygote(worker::JobFunction run) {
        auto created = worker::JobZygote::create({.name = "speech",
                                                  .initialise = load_speech_engine,
                                                  .run = std::move(run),
                                                  .readable = {speech_data_folder()},
                                                  .jobs_max = 4});
        ASSERT_TRUE(created) << created.error().message;
        zygote = std::move(*created);
    }

    Spoken speak(std::string_view text, const SpeechJob& parameters = {}) {
        const worker::FileDescriptor input(::memfd_create("input", MFD_CLOEXEC));
        const worker::FileDescriptor output(::memfd_create("output", MFD_CLOEXEC));
        EXPECT_EQ(::pwrite(input.get(), text.data(), text.size(), 0),
                  static_cast<ssize_t>(text.size()));
        const auto started = zygote->start({.id = worker::JobId(1),
                                            .parameters = schema::encode(parameters),
                                            .input_fd = input.get(),
                                            .output_fd = output.get()});
        if (!started) return {.result = std::unexpected(started.error())};
        pollfd watched{.fd = zygote->fd(), .events = POLLIN, .revents = 0};
        EXPECT_EQ(::poll(&watched, 1, std::chrono::milliseconds(std::chrono::minutes(3)).count()),
                  1);
        auto outcomes = zygote->take_finished();
        if (outcomes.size() != 1) return {.result = fail(ErrorCode::timeout, "no outcome")};
        std::string mp3(static_cast<std::size_t>(::lseek(output.get(), 0, SEEK_END)), '\0');
        EXPECT_EQ(::pread(output.get(), mp3.data(), mp3.size(), 0),
                  static_cast<ssize_t>(mp3.size()));
        return {.result = decoded(outcomes[0].result),
                .mp3 = std::move(mp3),
                .usage = outcomes[0].usage,
                .segment_begun = static_cast<std::uint64_t>(::lseek(input.get(), 0, SEEK_CUR))};
    }

    // As the worker does, child after child.
    Spoken speak_around_faults(std::string_view text, PhraseSearch& search) {
        for (;;) {
            Spoken spoken = speak(text, search.next());
            if (auto end = search.take(spoken.result, spoken.segment_begun)) {
                spoken.result = *std::move(end);
                return spoken;
            }
        }
    }

    SpeechResult speak_well(std::string_view text, const SpeechJob& parameters = {}) {
        const Spoken spoken = speak(text, parameters);
        EXPECT_TRUE(spoken.result) << spoken.result.error().message;
        if (!spoken.result) return {};
        EXPECT_EQ(spoken.result->output_bytes, spoken.mp3.size());
        EXPECT_TRUE(spoken.mp3.starts_with("ID3"));
        EXPECT_GT(spoken.result->duration_ms, 500U);
        return *spoken.result;
    }

    std::unique_ptr<worker::JobZygote> zygote;
};

}  // namespace onput::tts

// Calls of speech in a child, as the worker runs them: the text in a memory file, the output a
// pipe.
#pragma once

#include <chrono>
#include <memory>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <thread>
#include <unistd.h>

#include <gtest/gtest.h>

#include "common/schema/speech.hpp"
#include "common/worker/job_process.hpp"
#include "services/tts/call/call_job.hpp"
#include "services/tts/speech.hpp"

namespace onput::tts {

struct CallOutcome {
    Result<schema::SpeechSynthesized> result;
    std::string bytes;
    worker::JobUsage usage;

    [[nodiscard]] std::string reason() const { return result ? "" : result.error().reason; }
};

class CallTest : public testing::Test {
protected:
    void SetUp() override {
        auto created =
            worker::JobZygote::create({.name = "speech",
                                       .initialise = [this] { return load_speech(voices_folder); },
                                       .run = run_speech,
                                       .readable = {speech_data_folder()},
                                       .threads_max = 0,
                                       .jobs_max = 4});
        ASSERT_TRUE(created) << created.error().message;
        zygote = std::move(*created);
    }

    worker::JobOutcome run(const std::string& parameters, std::string_view text,
                           std::string& bytes) {
        const worker::FileDescriptor input(::memfd_create("input", MFD_CLOEXEC));
        EXPECT_EQ(::pwrite(input.get(), text.data(), text.size(), 0),
                  static_cast<ssize_t>(text.size()));
        std::array<int, 2> ends{};
        EXPECT_EQ(::pipe(ends.data()), 0);
        const auto started = zygote->start({.id = worker::JobId(1),
                                            .parameters = parameters,
                                            .input_fd = input.get(),
                                            .output_fd = ends[1],
                                            .limits = limits});
        EXPECT_TRUE(started);
        ::close(ends[1]);
        std::array<char, 4096> buffer{};
        ssize_t count = 0;
        while ((count = ::read(ends[0], buffer.data(), buffer.size())) > 0) {
            bytes.append(buffer.data(), static_cast<std::size_t>(count));
        }
        ::close(ends[0]);
        pollfd watched{.fd = zygote->fd(), .events = POLLIN, .revents = 0};
        EXPECT_EQ(::poll(&watched, 1, std::chrono::milliseconds(std::chrono::minutes(1)).count()),
                  1);
        auto outcomes = zygote->take_finished();
        EXPECT_EQ(outcomes.size(), 1U);
        return std::move(outcomes.at(0));
    }

    CallOutcome call(std::string_view text, schema::SynthesizeSpeech parameters) {
        CallOutcome outcome;
        parameters.text = text;
        worker::JobOutcome ended = run(schema::encode(schema::SynthesizeSpeech()),
                                       schema::encode(parameters), outcome.bytes);
        outcome.usage = ended.usage;
        if (ended.result) {
            outcome.result = schema::decode<schema::SpeechSynthesized>(*ended.result);
        } else {
            outcome.result = std::unexpected(ended.result.error());
        }
        return outcome;
    }

    CallOutcome say(std::string_view text, schema::SynthesizeSpeech parameters) {
        if (parameters.voice.empty()) parameters.voice = "Joanna";
        if (parameters.format.empty()) parameters.format = "pcm";
        CallOutcome outcome = call(text, parameters);
        EXPECT_TRUE(outcome.result) << outcome.result.error().message;
        if (!outcome.result) outcome.result = schema::SpeechSynthesized();
        return outcome;
    }

    CallOutcome say_ssml(std::string_view inner, schema::SynthesizeSpeech parameters = {}) {
        parameters.is_ssml = true;
        return say("<speak>" + std::string(inner) + "</speak>", std::move(parameters));
    }

    worker::JobLimits limits;
    std::string voices_folder;  // Of natural voices; set before SetUp().
    std::unique_ptr<worker::JobZygote> zygote;
};

}  // namespace onput::tts

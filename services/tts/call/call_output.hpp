// Where what a call speaks goes: into the encoder of its format, into speech marks, or, of a part
// of a task, into a file for the join.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/schema/speech.hpp"
#include "services/tts/script/marks.hpp"
#include "services/tts/sound/sound_writer.hpp"

namespace onput::tts {

inline constexpr std::string_view marks_format = "json";

// Takes utterance after utterance.
class CallSink {
public:
    virtual ~CallSink() = default;
    virtual Result<void> write(std::span<const std::int16_t> samples) = 0;
    // Of an utterance that has been written, or of a pause.
    virtual Result<void> end(const Utterance& utterance, SpokenUtterance spoken) = 0;
    // So far.
    [[nodiscard]] virtual std::uint64_t samples() const = 0;
    // What is written from now on is dropped.
    [[nodiscard]] virtual bool is_full() const { return false; }
    [[nodiscard]] virtual bool wants_marks() const = 0;
};

class CallOutput final : public CallSink {
public:
    // `input` is the text of the call, and outlives this. Fails with invalid_argument.
    static Result<CallOutput> open(const schema::SynthesizeSpeech& call, std::string_view input,
                                   int fd);

    Result<void> write(std::span<const std::int16_t> samples) override;
    Result<void> end(const Utterance& utterance, SpokenUtterance spoken) override;
    // Only of marks: as if the samples had been written.
    void skip(std::uint64_t samples);
    Result<void> finish();

    [[nodiscard]] std::uint64_t samples() const override { return samples_; }
    [[nodiscard]] bool is_full() const override { return samples_ == samples_max_; }
    [[nodiscard]] bool wants_marks() const override { return marks_.has_value(); }

private:
    explicit CallOutput(int fd) : lines_(fd) {}
    Result<void> put(std::string_view text);

    ByteOutput lines_;
    std::unique_ptr<SoundWriter> sound_;
    std::optional<MarkWriter> marks_;
    std::uint64_t samples_ = 0;
    std::uint64_t samples_max_ = UINT64_MAX;
};

// The samples as they are, or, for marks, an encoded SpokenPassage (task_messages.hpp).
class PassageOutput final : public CallSink {
public:
    PassageOutput(bool wants_marks, int fd) : wants_marks_(wants_marks), bytes_(fd) {}

    Result<void> write(std::span<const std::int16_t> samples) override;
    Result<void> end(const Utterance& utterance, SpokenUtterance spoken) override;
    Result<void> finish();

    [[nodiscard]] std::uint64_t samples() const override { return samples_; }
    [[nodiscard]] bool wants_marks() const override { return wants_marks_; }

private:
    bool wants_marks_;
    ByteOutput bytes_;
    std::uint64_t samples_ = 0;
    std::vector<SpokenUtterance> utterances_;
};

}  // namespace onput::tts

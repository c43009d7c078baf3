#include "services/tts/recording_writer.hpp"

#include <array>
#include <unistd.h>
#include <utility>
#include <vector>

#include "common/base/errno_text.hpp"
#include "services/tts/lame_encoder.hpp"
#include "services/tts/mp3.hpp"
#include "services/tts/output_file.hpp"
#include "services/tts/recording_format.hpp"
#include "services/tts/sound/sound_writer.hpp"
#include "services/tts/speech.hpp"

namespace onput::tts {
namespace {

class Mp3Recording : public RecordingWriter {
public:
    explicit Mp3Recording(Mp3Writer writer) : writer_(std::move(writer)) {}
    Result<void> write(std::span<const std::int16_t> samples) override {
        return writer_.write(samples);
    }
    Result<void> finish(const std::vector<Mp3Chapter>& chapters) override {
        return writer_.finish(chapters);
    }
    [[nodiscard]] std::uint64_t samples() const override { return writer_.samples(); }
    [[nodiscard]] std::uint64_t bytes() const override { return writer_.bytes(); }

private:
    Mp3Writer writer_;
};

class OggRecording : public RecordingWriter {
public:
    OggRecording(std::unique_ptr<SoundWriter> writer, int fd)
        : writer_(std::move(writer)), fd_(fd) {}
    Result<void> write(std::span<const std::int16_t> samples) override {
        samples_ += samples.size();
        return writer_->write(samples);
    }
    Result<void> finish(const std::vector<Mp3Chapter>& /*chapters*/) override {
        ONPUT_TRY_VOID(writer_->finish());
        const off_t end = ::lseek(fd_, 0, SEEK_CUR);
        if (end < 0) return fail(ErrorCode::internal, "measure the recording: " + errno_text());
        bytes_ = static_cast<std::uint64_t>(end);
        return {};
    }
    [[nodiscard]] std::uint64_t samples() const override { return samples_; }
    [[nodiscard]] std::uint64_t bytes() const override { return bytes_; }

private:
    std::unique_ptr<SoundWriter> writer_;
    int fd_;
    std::uint64_t samples_ = 0;
    std::uint64_t bytes_ = 0;
};

// [RIFF, length, WAVE][fmt: PCM, one channel, 16 bits][data, length][samples ...]
class WavRecording : public RecordingWriter {
public:
    explicit WavRecording(int fd) : fd_(fd) {}
    Result<void> write(std::span<const std::int16_t> samples) override {
        if ((samples_ + samples.size()) * 2 > wav_sample_bytes_max) {
            return fail(ErrorCode::invalid_argument,
                        "the recording is longer than a WAV file can be: split the text, or choose "
                        "another format",
                        "text_too_long");
        }
        for (const std::int16_t sample : samples) append(static_cast<std::uint16_t>(sample), 2);
        samples_ += samples.size();
        return buffer_.size() < mp3_write_bytes ? Result<void>() : drain();
    }
    Result<void> finish(const std::vector<Mp3Chapter>& /*chapters*/) override {
        ONPUT_TRY_VOID(drain());
        const auto sample_bytes = static_cast<std::uint32_t>(samples_ * 2);
        text("RIFF");
        append(sample_bytes + head_bytes - 8, 4);
        text("WAVEfmt ");
        append(16, 4);
        append(1, 2);  // PCM.
        append(1, 2);  // Channels.
        append(speech_sample_rate, 4);
        append(std::uint32_t{speech_sample_rate} * 2, 4);
        append(2, 2);   // Bytes of all channels.
        append(16, 2);  // Bits.
        text("data");
        append(sample_bytes, 4);
        return write_output(fd_, 0, buffer_);
    }
    [[nodiscard]] std::uint64_t samples() const override { return samples_; }
    [[nodiscard]] std::uint64_t bytes() const override { return written_; }

private:
    static constexpr std::uint32_t head_bytes = 44;

    void text(std::string_view letters) {
        buffer_.insert(buffer_.end(), letters.begin(), letters.end());
    }
    // Little end first.
    void append(std::uint32_t value, int bytes) {
        for (int i = 0; i < bytes; ++i, value >>= 8)
            buffer_.push_back(static_cast<unsigned char>(value & 0xff));
    }
    Result<void> drain() {
        ONPUT_TRY_VOID(write_output(fd_, written_, buffer_));
        written_ += buffer_.size();
        buffer_.clear();
        return {};
    }

    int fd_;
    std::vector<unsigned char> buffer_;
    std::uint64_t written_ = head_bytes;  // Its place is left free until finish().
    std::uint64_t samples_ = 0;
};

}  // namespace

Result<std::unique_ptr<RecordingWriter>> open_recording(int fd, const RecordingSettings& settings) {
    ONPUT_TRY(const RecordingFormat* format, find_recording_format(settings.format));
    ONPUT_TRY_VOID(check_bitrate(*format, settings.bitrate_kbps));
    if (format->name == "wav") return std::make_unique<WavRecording>(fd);
    if (format->name == "mp3") {
        ONPUT_TRY(Mp3Writer writer, Mp3Writer::open(fd, settings.title, settings.bitrate_kbps));
        return std::make_unique<Mp3Recording>(std::move(writer));
    }
    if (::lseek(fd, 0, SEEK_SET) < 0)
        return fail(ErrorCode::internal, "rewind the recording: " + errno_text());
    const SoundSettings sound{.format = format->name, .bitrate_kbps = settings.bitrate_kbps};
    ONPUT_TRY(auto writer, make_sound_writer(sound, fd));
    return std::make_unique<OggRecording>(std::move(writer), fd);
}

}  // namespace onput::tts

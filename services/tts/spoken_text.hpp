// SpokenText: the file of a job -> the segments to speak, numbered, in constant memory.
//
//     bytes -> TextDecoder -> ProseReader -> Segmenter -> cut where the language changes
//              (or EpubReader)
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/base/result.hpp"
#include "services/tts/job.hpp"
#include "services/tts/prose/epub.hpp"
#include "services/tts/prose/prose.hpp"
#include "services/tts/segment.hpp"
#include "services/tts/text.hpp"

namespace onput::tts {

class SpokenText {
public:
    // The text of `job`, all of it or its range, from `fd`, whose own offset is neither used nor
    // moved.
    SpokenText(int fd, const SpeechJob& job);

    // Reads enough for the language to be seen, and returns that beginning. Call first.
    Result<std::string> read_sample();

    // How a segment is cut further; its pieces are segments then. Before next().
    using Cut = std::function<std::vector<std::string>(std::string segment)>;
    void cut_by(Cut cut) { cut_ = std::move(cut); }

    // The next segment that has something to say; nothing at the end.
    Result<std::optional<std::string>> next();

    // After the end.
    [[nodiscard]] const std::string& encoding() const;
    [[nodiscard]] int encoding_confidence() const;
    [[nodiscard]] std::uint64_t characters() const;

    // So far; the number of the last.
    [[nodiscard]] std::uint64_t segments() const { return segments_; }
    // Of the decoded text: where the last segment ends (of its pieces, the last); after the end,
    // how long it is.
    [[nodiscard]] std::uint64_t taken_bytes() const { return begin_ + segmenter_.taken_bytes(); }
    [[nodiscard]] std::uint64_t decoded_bytes() const { return decoded_; }
    // Those of the document that were read; none of a plain text.
    [[nodiscard]] std::span<const Heading> headings() const;
    // How many headings of the range the segments so far have.
    [[nodiscard]] std::size_t headings_begun() const;
    // From here on, what is decoded goes there as well. Before read_sample().
    void copy_to(int fd) { copy_fd_ = fd; }

private:
    Result<std::string> read_more();
    Result<void> read_text(std::string& text);
    void cut_to_range(std::string& text);

    int fd_;
    off_t offset_ = 0;
    std::vector<char> bytes_;
    TextDecoder decoder_;
    Segmenter segmenter_;
    Cut cut_;
    std::vector<std::string> pieces_;  // Of the segment that was cut last; the next one is last.
    std::string document_;
    std::vector<std::uint64_t> known_headings_;
    int copy_fd_ = -1;
    std::unique_ptr<ProseReader> prose_;
    std::optional<EpubReader> epub_;
    std::uint64_t begin_;
    std::uint64_t end_;
    std::uint64_t decoded_ = 0;
    bool is_at_end_ = false;
    std::uint64_t segments_ = 0;
};

}  // namespace onput::tts

#include "services/tts/spoken_text.hpp"

#include <algorithm>
#include <cerrno>
#include <unistd.h>
#include <utility>

#include "common/base/errno_text.hpp"
#include "services/tts/language.hpp"
#include "services/tts/output_file.hpp"
#include "services/tts/script/speakable.hpp"

namespace onput::tts {
namespace {

// What somebody declares: the upload, or else an HTML document itself.
std::string charset_of(int fd, const SpeechJob& job) {
    if (!job.charset.empty() || job.document != "html") return job.charset;
    std::string beginning(declaration_bytes_max, '\0');
    const ssize_t count = ::pread(fd, beginning.data(), beginning.size(), 0);
    beginning.resize(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    return charset_in_document(beginning);
}

}  // namespace

SpokenText::SpokenText(int fd, const SpeechJob& job)
    : fd_(fd),
      bytes_(text_probe_bytes),
      decoder_(charset_of(fd, job)),
      document_(job.document),
      known_headings_(job.headings),
      begin_(job.begin),
      end_(job.is_part() ? job.end : UINT64_MAX) {}

Result<std::string> SpokenText::read_sample() {
    if (document_ == epub_type) {
        ONPUT_TRY(auto epub, EpubReader::open(fd_));
        epub_ = std::move(epub);
    } else if (!document_.empty()) {
        ONPUT_TRY(prose_, ProseReader::open(document_));
    }
    std::string sample;
    while (sample.size() < language_sample_bytes && !is_at_end_) {
        ONPUT_TRY(const std::string text, read_more());
        sample += text;
        segmenter_.feed(text);
    }
    if (is_at_end_) segmenter_.finish();
    return sample;
}

Result<std::optional<std::string>> SpokenText::next() {
    for (;;) {
        if (pieces_.empty()) {
            if (auto segment = segmenter_.next()) {
                pieces_ = cut_ ? cut_(*std::move(segment)) : std::vector{*std::move(segment)};
                std::ranges::reverse(pieces_);
            }
        }
        if (!pieces_.empty()) {
            std::string piece = std::move(pieces_.back());
            pieces_.pop_back();
            if (!has_speakable(piece)) continue;  // A line of dashes or dots is a pause, not words.
            ++segments_;
            return piece;
        }
        if (is_at_end_) return std::nullopt;
        ONPUT_TRY(const std::string text, read_more());
        segmenter_.feed(text);
        if (is_at_end_) segmenter_.finish();
    }
}

const std::string& SpokenText::encoding() const {
    return epub_ ? epub_->encoding() : decoder_.encoding();
}

int SpokenText::encoding_confidence() const {
    return epub_ ? epub_->encoding_confidence() : decoder_.encoding_confidence();
}

std::uint64_t SpokenText::characters() const {
    return epub_ ? epub_->characters() : decoder_.characters();
}

std::span<const Heading> SpokenText::headings() const {
    if (epub_) return epub_->headings();
    return prose_ ? std::span(prose_->headings()) : std::span<const Heading>();
}

std::size_t SpokenText::headings_begun() const {
    const auto is_begun = [this](std::uint64_t offset) {
        return offset >= begin_ && offset < taken_bytes();
    };
    const auto count = prose_ ? std::ranges::count_if(headings(), is_begun, &Heading::offset)
                              : std::ranges::count_if(known_headings_, is_begun);
    return static_cast<std::size_t>(count);
}

// The next piece, decoded; may be empty before the end.
Result<std::string> SpokenText::read_more() {
    std::string text;
    if (epub_) {
        ONPUT_TRY(const bool has_more, epub_->read(text));
        is_at_end_ = !has_more;
    } else {
        ONPUT_TRY_VOID(read_text(text));
    }
    if (copy_fd_ >= 0) ONPUT_TRY_VOID(write_output(copy_fd_, decoded_, text));
    cut_to_range(text);
    return text;
}

Result<void> SpokenText::read_text(std::string& text) {
    ssize_t count = 0;
    // Not from the file's offset: that says how far the job came.
    while ((count = ::pread(fd_, bytes_.data(), bytes_.size(), offset_)) < 0) {
        if (errno == EINTR) continue;
        return fail(ErrorCode::internal, "read the text: " + errno_text());
    }
    offset_ += count;
    is_at_end_ = count == 0;
    if (is_at_end_) {
        ONPUT_TRY_VOID(decoder_.finish(text));
    } else {
        ONPUT_TRY_VOID(decoder_.feed({bytes_.data(), static_cast<std::size_t>(count)}, text));
    }
    if (prose_) {
        std::string prose;
        prose_->read(text, prose);
        if (is_at_end_) prose_->finish(prose);
        text = std::move(prose);
    }
    return {};
}

// Leaves what lies in the range; behind it nothing more is read.
void SpokenText::cut_to_range(std::string& text) {
    const std::uint64_t from = decoded_;
    decoded_ += text.size();
    if (decoded_ >= end_) {
        is_at_end_ = true;
        text.resize(end_ > from ? end_ - from : 0);
    }
    if (from < begin_) text.erase(0, std::min<std::uint64_t>(begin_ - from, text.size()));
}

}  // namespace onput::tts

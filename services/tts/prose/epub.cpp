#include "services/tts/prose/epub.hpp"

#include <algorithm>
#include <utility>

#include "services/tts/prose/epub_package.hpp"

namespace onput::tts {
namespace {

const std::string container_name = "META-INF/container.xml";
const std::string encryption_name = "META-INF/encryption.xml";

Error explained(Error error) {
    error = std::move(error).with_context("read the EPUB");
    if (error.reason == "bad_zip") error.reason = "bad_epub";
    return error;
}

}  // namespace

Result<EpubReader> EpubReader::open(int fd) {
    auto zip =
        archive::ZipReader::open(fd, {.bytes_max = epub_bytes_max, .files_max = epub_files_max});
    if (!zip) return std::unexpected(explained(std::move(zip).error()));
    return open(*std::move(zip));
}

Result<EpubReader> EpubReader::open(archive::ZipReader zip) {
    EpubReader reader(std::move(zip));
    const auto read = reader.read_package();
    if (!read) return std::unexpected(explained(read.error()));
    return reader;
}

Result<void> EpubReader::read_package() {
    if (!zip_.has(container_name)) {
        return fail(ErrorCode::invalid_argument, "it is a zip without " + container_name,
                    "bad_epub");
    }
    ONPUT_TRY(const auto container, zip_.read(container_name, epub_container_bytes_max));
    ONPUT_TRY(const auto path, find_package(container));
    ONPUT_TRY(const auto package, zip_.read(path, epub_package_bytes_max));
    ONPUT_TRY(chapters_, find_chapters(package, path));
    if (!zip_.has(encryption_name)) return {};
    ONPUT_TRY(const auto encryption, zip_.read(encryption_name, epub_package_bytes_max));
    ONPUT_TRY(const auto encrypted, find_encrypted(encryption));
    const bool is_readable = std::ranges::none_of(
        chapters_, [&](const std::string& chapter) { return encrypted.contains(chapter); });
    if (is_readable) return {};
    return fail(ErrorCode::invalid_argument,
                "its chapters are encrypted: upload a book without copy protection",
                "encrypted_document");
}

Result<void> EpubReader::begin_chapter() {
    ONPUT_TRY_VOID(zip_.begin(chapters_[next_++]));
    ONPUT_TRY(reader_, ProseReader::open("html"));
    decoder_.emplace();
    has_decoded_ = false;
    has_chapter_begun_ = false;
    return {};
}

void EpubReader::end_chapter() {
    for (const Heading& heading : reader_->headings()) {
        if (headings_.size() == headings_max) break;
        headings_.push_back(heading);
        headings_.back().offset += begin_;
    }
    if (encoding_.empty()) {
        encoding_ = decoder_->encoding();
        encoding_confidence_ = decoder_->encoding_confidence();
    }
    characters_ += decoder_->characters();
    decoder_.reset();
}

// A chapter begins a paragraph.
void EpubReader::append(const std::string& prose, std::string& out) {
    if (prose.empty()) return;
    const std::string_view gap = said_ > 0 && !has_chapter_begun_ ? "\n\n" : "";
    if (!has_chapter_begun_) begin_ = said_ + gap.size();
    has_chapter_begun_ = true;
    out += gap;
    out += prose;
    said_ += gap.size() + prose.size();
}

Result<bool> EpubReader::read(std::string& out) {
    const auto read_piece = [&]() -> Result<bool> {
        if (!decoder_) {
            if (next_ == chapters_.size()) return false;
            ONPUT_TRY_VOID(begin_chapter());
        }
        ONPUT_TRY(const std::size_t count, zip_.read_some(piece_));
        std::string text;
        if (count > 0) {
            if (!has_decoded_)
                decoder_.emplace(charset_in_document(std::string_view(piece_).substr(0, count)));
            has_decoded_ = true;
            ONPUT_TRY_VOID(decoder_->feed(std::string_view(piece_).substr(0, count), text));
        } else {
            ONPUT_TRY_VOID(decoder_->finish(text));
        }
        std::string prose;
        reader_->read(text, prose);
        if (count == 0) reader_->finish(prose);
        append(prose, out);
        if (count == 0) end_chapter();
        return true;
    };
    auto piece = read_piece();
    if (piece) return piece;
    return std::unexpected(
        explained(std::move(piece).error().with_context("chapter " + std::to_string(next_))));
}

}  // namespace onput::tts

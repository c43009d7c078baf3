// EPUB: the chapters of a book in the order of its spine, each read as HTML. Streaming and in
// constant memory, but for the headings and the list of chapters.
//
//     META-INF/container.xml ──> the package ──> its spine ──> chapter, chapter, chapter ...
//
// Left out are what the spine calls auxiliary, the table of contents, and pictures. Nothing outside
// the archive is looked at. Errors: invalid_argument, reason `bad_epub`: it is no EPUB, names a
// file that is not there, or is damaged; `encrypted_document`: its chapters are encrypted; those of
// TextDecoder; `zip_entry`, `zip_too_large` of common/archive.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/archive/zip_reader.hpp"
#include "services/tts/prose/prose.hpp"
#include "services/tts/text.hpp"

namespace onput::tts {

inline constexpr std::uint64_t epub_bytes_max = 256ULL * 1024 * 1024;  // Of what is read, unpacked.
inline constexpr std::size_t epub_files_max = 10'000;
inline constexpr std::uint64_t epub_container_bytes_max = 64ULL * 1024;
inline constexpr std::uint64_t epub_package_bytes_max = 4ULL * 1024 * 1024;

class EpubReader {
public:
    // Of a file, whose own offset is neither used nor moved.
    static Result<EpubReader> open(int fd);
    static Result<EpubReader> open(archive::ZipReader zip);

    // Appends the next piece of the prose, in NFC and without control characters but '\n'; it may
    // be empty. False: that was all.
    Result<bool> read(std::string& out);

    // Of the chapters that were read to their end.
    [[nodiscard]] const std::vector<Heading>& headings() const { return headings_; }
    // As TextDecoder's: of the first chapter; of all so far.
    [[nodiscard]] const std::string& encoding() const { return encoding_; }
    [[nodiscard]] int encoding_confidence() const { return encoding_confidence_; }
    [[nodiscard]] std::uint64_t characters() const { return characters_; }

private:
    explicit EpubReader(archive::ZipReader zip) : zip_(std::move(zip)) {}
    Result<void> read_package();
    Result<void> begin_chapter();
    void end_chapter();
    void append(const std::string& prose, std::string& out);

    archive::ZipReader zip_;
    std::vector<std::string> chapters_;  // Names of files.
    std::size_t next_ = 0;
    std::unique_ptr<ProseReader> reader_;  // Of the chapter that is read.
    std::optional<TextDecoder> decoder_;
    bool has_decoded_ = false;  // Something of that chapter.
    std::string piece_ = std::string(text_probe_bytes, '\0');
    std::uint64_t said_ = 0;   // Bytes, of all chapters.
    std::uint64_t begin_ = 0;  // Where the chapter begins in them.
    bool has_chapter_begun_ = false;
    std::vector<Heading> headings_;
    std::string encoding_;
    int encoding_confidence_ = 0;
    std::uint64_t characters_ = 0;
};

}  // namespace onput::tts

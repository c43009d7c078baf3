// What the steps of a long text tell each other: the child that plans, the worker that splits, the
// workers of the parts, and the one that joins. Versioned as all messages are, because a job may be
// split before an update of the workers and joined after it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "common/schema/codec.hpp"
#include "common/schema/fields.hpp"
#include "services/tts/book/split.hpp"
#include "services/tts/job.hpp"
#include "services/tts/prose/prose.hpp"

namespace onput::tts {

// Of one book, the chapters of the fewest levels that fit.
inline constexpr std::size_t book_chapters_max = 255;
// Of one part, the first so many headings.
inline constexpr std::size_t part_chapters_max = 64;
inline constexpr std::size_t chapter_title_bytes_max = 200;

// A heading, where it is heard: with the n-th heading of a part.
struct Chapter {
    std::uint32_t part = 0;     // From 0.
    std::uint32_t heading = 0;  // From 0.
    std::uint32_t level = 1;    // From 1.
    std::string title = {};

    ONPUT_FIELDS(part, heading, level, title)
    friend bool operator==(const Chapter&, const Chapter&) = default;
};

// Of the headings of a text, those that become chapters of a book with these parts.
std::vector<Chapter> choose_chapters(std::span<const Heading> headings,
                                     const std::vector<PartRange>& parts);

// Of a text that is spoken as one: all of them as headings of one part, or those of the fewest
// levels that fit.
std::vector<Chapter> choose_chapters(std::span<const Heading> headings);

// Where they begin.
std::vector<std::uint64_t> offsets_of(std::span<const Heading> headings);
// Those of one part, from its begin: the first part_chapters_max.
std::vector<std::uint64_t> headings_within(std::span<const std::uint64_t> all,
                                           const PartRange& part);

// What the planning child leaves in its output file, behind the text.
struct BookPlan {
    // Version 2 added headings.
    static constexpr schema::MessageInfo info{.kind = schema::Kind::book_plan, .version = 2};

    std::vector<PartRange> parts = {};
    std::vector<Chapter> chapters = {};
    std::vector<std::uint64_t> headings = {};  // Where all of them begin, ascending.

    ONPUT_FIELDS(parts, chapters, headings)
    friend bool operator==(const BookPlan&, const BookPlan&) = default;
};

// Of a LaneSplit.
struct BookJoin {
    // Version 2: the speech's version 4.
    static constexpr schema::MessageInfo info{.kind = schema::Kind::book_join, .version = 2};

    std::string bucket = {};
    std::string key = {};
    std::string upload_id = {};
    std::string sequencer = {};  // Of the text.
    std::string title = {};
    SpeechResult speech = {};  // The voice and what else is the same for all parts.
    std::vector<Chapter> chapters = {};

    ONPUT_FIELDS(bucket, key, upload_id, sequencer, title, speech, chapters)
    friend bool operator==(const BookJoin&, const BookJoin&) = default;
};

// The task of a part. Its text is these bytes of the decoded one, which is a part of the upload.
struct BookPart {
    // Version 2 added what follows speech; version 3: the speech's version 6.
    static constexpr schema::MessageInfo info{.kind = schema::Kind::book_part, .version = 3};

    std::string bucket = {};
    std::string key = {};
    std::string upload_id = {};
    std::string sequencer = {};  // Of the text: of another one it is not a part.
    SpeechJob speech = {};
    PartRange range = {};
    std::string text_etag = {};  // Of the part of the upload that has the text.

    ONPUT_FIELDS(bucket, key, upload_id, sequencer, speech, range, text_etag)
    friend bool operator==(const BookPart&, const BookPart&) = default;
};

// What the join is told of a part.
struct BookPartResult {
    // Version 2 added languages.
    static constexpr schema::MessageInfo info{.kind = schema::Kind::book_part_result, .version = 2};

    std::string etag = {};
    std::uint64_t bytes = 0;
    std::uint64_t frames = 0;
    std::uint64_t segments = 0;                      // Spoken.
    std::vector<std::uint32_t> chapters = {};        // Frames before each heading.
    std::uint32_t left_out = 0;                      // LeftOut's.
    std::vector<std::string> left_out_phrases = {};  // Likewise.
    std::vector<std::string> languages = {};         // SpeechResult's.

    ONPUT_FIELDS(etag, bytes, frames, segments, chapters, left_out, left_out_phrases, languages)
    friend bool operator==(const BookPartResult&, const BookPartResult&) = default;
};

}  // namespace onput::tts

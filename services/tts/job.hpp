// One speech job, as it runs in a child of the worker's zygote: a text in, an MP3 out, in constant
// memory.
//
//     input -> TextDecoder -> Segmenter -> espeak-ng -> Mp3Writer -> output
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/schema/codec.hpp"
#include "common/schema/fields.hpp"
#include "services/tts/speech.hpp"

namespace onput::tts {

// Bytes of one segment.
struct TextRange {
    std::uint64_t segment = 0;  // From 1.
    std::uint64_t begin = 0;
    std::uint64_t end = 0;

    ONPUT_FIELDS(segment, begin, end)
    friend bool operator==(const TextRange&, const TextRange&) = default;
};

// What to do with the text. Texts left empty are not said; see voice.hpp for who decides about the
// voice.
struct SpeechJob {
    // Version 2 added what a long text needs, version 3 the engine, version 4 headings,
    // version 5 what follows headings, version 6 by_paragraph.
    static constexpr schema::MessageInfo info{.kind = schema::Kind::speech_job, .version = 6};

    std::string title;  // Of the MP3: the object's key.
    std::string object_voice;
    std::string object_language;
    std::string function_voice;
    std::string function_language;
    std::string default_language = "en";
    std::int32_t rate_wpm = 175;  // 80 to 450.
    std::int32_t pitch = 50;      // 0 to 100.
    std::int32_t volume = 100;    // 0 to 200.
    std::string charset;          // That the object's Content-Type declares.
    // Of the search for what crashes the engine (phrase_search.hpp).
    std::vector<TextRange> left_out;   // Not spoken; by segment and place.
    std::uint64_t quoted_segment = 0;  // Not 0: return this segment, speak nothing.
    std::string phrase;                // Not empty: speak this, keep nothing.
    std::uint64_t characters_max = 0;  // That its time limit is enough for; 0: any number.
    // Of a long text (book/).
    // Not 0: leave the decoded text, and behind it a BookPlan of parts so long; speak nothing.
    std::uint64_t plan_length = 0;
    std::uint64_t begin = 0;  // Speak these bytes of the decoded text, as frames without a head. An
    std::uint64_t end = 0;    // end of 0: the whole text, as an MP3.

    std::string document;  // As prose/ reads it; empty: a plain text.

    std::string engine;  // "standard", "neural"; empty: the better one that there is.
    // As plan_length, if a natural voice is chosen, which takes longer; 0: the same.
    std::uint64_t natural_plan_length = 0;

    // Of a plain text: where the document that it was had headings, in bytes of the decoded text.
    std::vector<std::uint64_t> headings = {};

    // As natural_plan_length, for voices of Kokoro; 0: that.
    std::uint64_t slow_plan_length = 0;

    std::string format = {};         // Of recording_formats(); empty: mp3.
    std::uint32_t bitrate_kbps = 0;  // Of mp3 and the two of ogg; 0: the usual, which varies.

    // Of a part: the object_voice was chosen by the text, so a paragraph in another language has
    // another voice.
    bool by_paragraph = false;

    [[nodiscard]] bool is_part() const { return end != 0; }

    ONPUT_FIELDS(title, object_voice, object_language, function_voice, function_language,
                 default_language, rate_wpm, pitch, volume, charset, left_out, quoted_segment,
                 phrase, characters_max, plan_length, begin, end, document, engine,
                 natural_plan_length, headings, slow_plan_length, format, bitrate_kbps,
                 by_paragraph)
    friend bool operator==(const SpeechJob&, const SpeechJob&) = default;
};

inline constexpr std::size_t languages_named_max = 16;  // Of one text.

struct SpeechResult {
    // Version 2 added what follows `quoted`, version 3 text_bytes, version 4 what follows that.
    static constexpr schema::MessageInfo info{.kind = schema::Kind::speech_result, .version = 4};

    std::string voice;             // "vi", "en+f3": of the text as a whole.
    std::string language;          // Of the voice.
    std::string chosen_by;         // "object", "function" or "text".
    std::string encoding;          // "utf-8", "utf-16le", "koi8-r", ...
    std::uint64_t characters = 0;  // Of the decoded text.
    std::uint64_t segments = 0;    // Spoken.
    std::uint64_t duration_ms = 0;
    std::uint64_t output_bytes = 0;
    std::string quoted;                        // The segment that was asked for.
    std::uint64_t frames = 0;                  // Of a part.
    std::vector<std::uint32_t> chapters = {};  // Frames before each heading of a part.
    std::uint64_t text_bytes = 0;              // Of the output, before the BookPlan.
    std::int32_t language_confidence = 0;      // TextLanguage's; 0: not seen by the text.
    std::int32_t encoding_confidence = 100;    // TextDecoder's.
    std::vector<std::string> languages = {};   // That were spoken, in their order; the first few.
    std::uint64_t unspoken = 0;                // Paragraphs that no voice speaks.
    std::vector<std::string> unspoken_texts = {};  // The beginnings of the first few.

    ONPUT_FIELDS(voice, language, chosen_by, encoding, characters, segments, duration_ms,
                 output_bytes, quoted, frames, chapters, text_bytes, language_confidence,
                 encoding_confidence, languages, unspoken, unspoken_texts)
    friend bool operator==(const SpeechResult&, const SpeechResult&) = default;
};

// A segment that takes the engine longer than this hangs: its child is ended by SIGVTALRM. Some 25
// times what the slowest rate needs.
inline constexpr std::chrono::milliseconds segment_time_base{2000};
inline constexpr std::chrono::microseconds segment_time_per_byte{2500};

// How many times longer a natural voice takes to speak, about, than the engine.
inline constexpr std::uint32_t natural_slowness = 8;
// Kokoro: 16 characters a second, about as fast as a person on a slow core.
inline constexpr std::uint32_t kokoro_slowness = 600;

// engines.hpp's speak_segments(), or what a test puts in its place.
using Synthesize = std::function<Result<void>(
    const SegmentSource& segments, const SpeechSettings& settings, const SampleSink& sink)>;

// The JobFunction of the worker's zygote, whose initialise is load_speech(). `parameters` is
// an encoded SpeechJob, the result an encoded SpeechResult. Reads `input_fd` from its start, and
// leaves the number of the segment that it begins as the file's offset, where the worker finds it
// when the child has crashed; `output_fd` is a seekable file, which is emptied first. Fails with
// invalid_argument when the text is at fault and another attempt would be in vain: reasons
// not_text, unknown_encoding, nothing_to_say, no_such_voice, text_too_long.
Result<std::string> run_speech_job(std::string_view parameters, int input_fd, int output_fd);
Result<std::string> run_speech_job_by(const Synthesize& engine, std::string_view parameters,
                                      int input_fd, int output_fd);

}  // namespace onput::tts

#include "services/tts/script/compose.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "common/base/utf8.hpp"
#include "common/speech/phonemes.hpp"
#include "services/tts/script/burmese.hpp"
#include "services/tts/script/segmentation.hpp"
#include "services/tts/script/speakable.hpp"

namespace onput::tts {
namespace {

// Pieces between two ends of sentences, and their texts as one.
struct Run {
    struct Part {
        const Piece* piece = nullptr;
        std::size_t begin = 0;  // Of its text within `text`.
        std::size_t end = 0;
    };
    std::vector<Part> parts = {};
    SourceText text = {};

    void add(const Piece& piece) {
        const std::size_t begin = text.size();
        text.append(piece.text);
        parts.push_back({.piece = &piece, .begin = begin, .end = text.size()});
    }
};

// Said instead of its text, so it cannot be divided.
bool is_replaced(const Piece& piece) {
    return !piece.spoken.empty();
}

bool is_control(char32_t code) {
    return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

// A text as the engine takes it, which obeys control characters and "[[".
Result<std::string> engine_text(std::string_view text) {
    ONPUT_TRY(const std::string composed, compose_letters(text));
    std::string result;
    char32_t before = 0;
    for_each_code_point(composed, [&](char32_t code) {
        if (code == '[' && before == '[') result += ' ';
        append_utf8(is_control(code) ? U' ' : code, result);
        before = code;
    });
    return result;
}

Result<std::string> engine_phonemes(std::string_view ipa) {
    const auto phonemes = speech::ipa_to_engine(ipa);
    if (phonemes) return fmt::format("[[{}]]", *phonemes);
    return fail(ErrorCode::invalid_argument,
                fmt::format("Invalid lexicon: '{}' is not a pronunciation", ipa),
                "InvalidLexiconException");
}

Result<std::string> lexicon_text(const speech::LexiconIndex::Entry& entry) {
    const speech::Lexeme& lexeme = *entry.lexeme;
    if (lexeme.phonemes.empty()) return engine_text(lexeme.alias);
    if (lexeme.alphabet == speech::Alphabet::ipa) return engine_phonemes(lexeme.phonemes);
    const auto ipa = speech::x_sampa_to_ipa(lexeme.phonemes);
    return engine_phonemes(ipa.value_or(lexeme.phonemes));
}

// Whether two pieces can be one utterance: the same voice with the same effects.
bool sounds_alike(Style a, Style b) {
    a.prosody = b.prosody = {};
    return a == b;
}

class Composer {
public:
    explicit Composer(const ComposeOptions& options) : options_(options) {}

    Result<std::vector<Utterance>> compose(const Pieces& pieces) {
        Run run;
        for (const Piece& piece : pieces.pieces) {
            const bool ends_paragraph = piece.kind == PieceKind::paragraph_end;
            if (piece.kind != PieceKind::sentence_end && !ends_paragraph) {
                run.add(piece);
                continue;
            }
            ONPUT_TRY_VOID(compose_run(std::exchange(run, {})));
            if (ends_paragraph) add_silence(UtteranceKind::pause, piece.style, paragraph_pause_ms);
        }
        ONPUT_TRY_VOID(compose_run(run));
        return std::move(utterances_);
    }

private:
    Result<void> compose_run(const Run& run) {
        if (run.parts.empty()) return {};
        const std::string_view text = run.text.text();
        const std::string_view language = language_of(run.parts.front().piece->style);
        ONPUT_TRY(words_, find_words(text, language));
        ONPUT_TRY(std::vector<ByteRange> sentences, find_sentences(text, language));
        join_replaced(run, sentences);
        // Marks and pauses without any text.
        if (sentences.empty()) sentences.emplace_back();
        std::size_t next_part = 0;
        for (const ByteRange& sentence : sentences) {
            const bool is_last = sentence.end == text.size();
            ONPUT_TRY_VOID(compose_sentence(run, sentence, next_part, is_last));
        }
        return {};
    }

    [[nodiscard]] std::string_view language_of(const Style& style) const {
        return style.language.empty() ? options_.language : style.language;
    }

    // No sentence ends inside what is said as a whole.
    static void join_replaced(const Run& run, std::vector<ByteRange>& sentences) {
        const auto is_inside = [&run](std::size_t end) {
            return std::ranges::any_of(run.parts, [end](const Run::Part& part) {
                return is_replaced(*part.piece) && part.begin < end && end < part.end;
            });
        };
        std::vector<ByteRange> joined;
        for (const ByteRange& sentence : sentences) {
            if (!joined.empty() && is_inside(joined.back().end)) {
                joined.back().end = sentence.end;
            } else {
                joined.push_back(sentence);
            }
        }
        sentences = std::move(joined);
    }

    // `next_part` is the first that has not been spoken to its end.
    Result<void> compose_sentence(const Run& run, ByteRange sentence, std::size_t& next_part,
                                  bool is_last) {
        begin_sentence(run, sentence, run.parts[std::min(next_part, run.parts.size() - 1)]);
        for (; next_part < run.parts.size(); ++next_part) {
            const Run::Part& part = run.parts[next_part];
            const bool is_empty = part.begin == part.end;
            // What stands between two sentences belongs to the second.
            if (part.begin >= sentence.end && !is_last) break;
            const ByteRange range{.begin = std::max(part.begin, sentence.begin),
                                  .end = std::min(part.end, sentence.end)};
            if (is_empty || range.begin < range.end) {
                ONPUT_TRY_VOID(add_piece(run, *part.piece, range));
            }
            if (part.end > sentence.end) break;
        }
        close(Close::sentence);
        sentence_.reset();
        return {};
    }

    void begin_sentence(const Run& run, ByteRange range, const Run::Part& first) {
        sentence_.reset();
        const auto text = std::string_view(run.text.text()).substr(0, range.end);
        constexpr std::string_view space = " \t\r\n";
        const auto begin = text.find_first_not_of(space, range.begin);
        const bool has_words = std::ranges::any_of(words_, [&range](const ByteRange& word) {
            return word.begin >= range.begin && word.begin < range.end;
        });
        if (begin == text.npos || !has_words) return;
        sentence_ = run.text.source(begin, text.find_last_not_of(space) + 1);
        const AutoBreath& breath = first.piece->style.auto_breath;
        if (breath.every != 0 && sentences_ != 0 && sentences_ % breath.every == 0) {
            Style style = first.piece->style;
            style.prosody.volume_db += breath.volume_db;
            add_silence(UtteranceKind::breath, style, breath.duration_ms);
        }
        ++sentences_;
    }

    Result<void> add_piece(const Run& run, const Piece& piece, ByteRange range) {
        switch (piece.kind) {
            case PieceKind::pause:
                close(Close::middle);
                add_silence(UtteranceKind::pause, piece.style, piece.duration_ms);
                return {};
            case PieceKind::breath:
                close(Close::middle);
                add_silence(UtteranceKind::breath, piece.style, piece.duration_ms);
                return {};
            case PieceKind::mark:
                current_.marks.push_back(
                    {.name = piece.spoken,
                     .source = piece.source,
                     .before_word = static_cast<std::uint32_t>(current_.words.size())});
                return {};
            case PieceKind::phonemes: {
                ONPUT_TRY(std::string text, engine_phonemes(piece.spoken));
                add_replaced(run, piece.style, range, std::move(text));
                return {};
            }
            default:
                if (!is_replaced(piece)) return add_text(run, piece.style, range);
                ONPUT_TRY(std::string text, engine_text(piece.spoken));
                add_replaced(run, piece.style, range, std::move(text));
                return {};
        }
    }

    // The part that a text of this style is appended to.
    UtterancePart& part_for(const Style& style) {
        if (!current_.parts.empty() && !sounds_alike(current_.style, style)) close(Close::middle);
        if (current_.parts.empty()) {
            current_.style = style;
            current_.style.prosody = {};
        }
        if (current_.parts.empty() || current_.parts.back().prosody != style.prosody) {
            current_.parts.push_back({.prosody = style.prosody});
            part_characters_ = 0;
        }
        return current_.parts.back();
    }

    void append(const Style& style, std::string_view engine_text) {
        part_for(style).text += engine_text;
        part_characters_ += static_cast<std::uint32_t>(count_characters(engine_text));
    }

    // The words that begin in `range`.
    [[nodiscard]] std::span<const ByteRange> words_in(ByteRange range) const {
        const auto begin = std::ranges::lower_bound(words_, range.begin, {}, &ByteRange::begin);
        const auto end = std::ranges::lower_bound(words_, range.end, {}, &ByteRange::begin);
        return {begin, end};
    }

    void note_word(SourceSpan source, std::uint32_t end_character) {
        if (sentence_ && !current_.sentence) current_.sentence = std::exchange(sentence_, {});
        current_.words.push_back({.source = source,
                                  .end_part = static_cast<std::uint32_t>(current_.parts.size() - 1),
                                  .end_character = end_character});
    }

    Result<void> add_text(const Run& run, const Style& style, ByteRange range) {
        const std::string_view text = run.text.text();
        const auto* lexicons =
            options_.find_lexicons ? options_.find_lexicons(language_of(style)) : nullptr;
        std::size_t at = range.begin;
        for (const ByteRange& word : words_in(range)) {
            if (word.begin < at) continue;  // Within what a lexicon has replaced.
            ONPUT_TRY(std::string gap, engine_text(text.substr(at, word.begin - at)));
            if (is_burmese(language_of(style))) gap = clauses_.before(gap, word.end - word.begin);
            append(style, gap);
            at = word.begin;
            const auto match = lexicons == nullptr
                                   ? std::optional<speech::LexiconIndex::Match>()
                                   : lexicons->find(text.substr(0, range.end), word.begin);
            if (match) {
                ONPUT_TRY(std::string spoken, lexicon_text(match->entry));
                at += match->bytes;
                add_replaced(run, style, {.begin = word.begin, .end = at}, std::move(spoken));
                continue;
            }
            const std::size_t end = std::min(word.end, range.end);
            ONPUT_TRY(const std::string spoken, engine_text(text.substr(at, end - at)));
            append(style, spoken);
            note_word(run.text.source(word.begin, word.end), part_characters_);
            at = end;
        }
        ONPUT_TRY(std::string rest, engine_text(text.substr(at, range.end - at)));
        if (is_burmese(language_of(style))) rest = clauses_.before(rest, 0);
        append(style, rest);
        return {};
    }

    // `spoken` stands for `range`; its words share it evenly.
    void add_replaced(const Run& run, const Style& style, ByteRange range, std::string spoken) {
        // Phonemes are read alone.
        const bool needs_space = spoken.starts_with("[[") && !current_.parts.empty() &&
                                 !current_.parts.back().text.ends_with(' ');
        if (needs_space) spoken.insert(0, " ");
        part_for(style);
        const std::uint32_t begin = part_characters_;
        append(style, spoken);
        const auto words = words_in(range);
        const auto count = static_cast<std::uint32_t>(words.size());
        for (std::uint32_t i = 0; i < count; ++i) {
            note_word(run.text.source(words[i].begin, words[i].end),
                      begin + (part_characters_ - begin) * (i + 1) / count);
        }
    }

    enum class Close : std::uint8_t { middle, sentence };

    // Ends the current utterance, if there is anything in it.
    void close(Close where) {
        Utterance utterance = std::exchange(current_, {});
        part_characters_ = 0;
        clauses_ = {};
        const bool is_heard = std::ranges::any_of(
            utterance.parts, [](const UtterancePart& part) { return has_speakable(part.text); });
        if (!is_heard) {
            // Marks stay; dashes and dots do not.
            utterance.kind = UtteranceKind::pause;
            utterance.parts.clear();
            if (utterance.marks.empty() && utterance.words.empty()) return;
        }
        utterance.ends_sentence = where == Close::sentence;
        utterances_.push_back(std::move(utterance));
    }

    void add_silence(UtteranceKind kind, const Style& style, std::uint32_t duration_ms) {
        if (duration_ms == 0) return;
        utterances_.push_back({.kind = kind, .style = style, .duration_ms = duration_ms});
    }

    const ComposeOptions& options_;
    std::vector<Utterance> utterances_;
    std::vector<ByteRange> words_;  // Of the run.
    Utterance current_;
    BurmeseClauses clauses_;              // Of the current utterance.
    std::uint32_t part_characters_ = 0;   // Of the current utterance's last part.
    std::optional<SourceSpan> sentence_;  // That no utterance has begun yet.
    std::uint64_t sentences_ = 0;
};

}  // namespace

Result<std::vector<Utterance>> compose(const Pieces& pieces, const ComposeOptions& options) {
    return Composer(options).compose(pieces);
}

}  // namespace onput::tts

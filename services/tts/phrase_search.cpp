#include "services/tts/phrase_search.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/base/check.hpp"

namespace onput::tts {
namespace {

// What the engine does to its process, and would do again.
bool is_fault(const Result<SpeechResult>& result) {
    return !result &&
           (result.error().reason == "job_crashed" || result.error().reason == "job_exited");
}

bool is_white(char c) {
    return c == ' ' || c == '\n';
}
bool is_continuation(char c) {
    return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

}  // namespace

LeftOut left_out_of(const std::vector<LeftOutPhrase>& phrases) {
    LeftOut left_out;
    for (const LeftOutPhrase& phrase : phrases) left_out.add(phrase.text);
    return left_out;
}

std::optional<std::size_t> find_middle(std::string_view phrase) {
    const std::size_t middle = phrase.size() / 2;
    for (std::size_t distance = 0; distance < middle; ++distance) {
        for (const std::size_t at : {middle - distance, middle + distance}) {
            const bool has_words_around = phrase.find_first_not_of(" \n") < at &&
                                          phrase.find_first_not_of(" \n", at) != phrase.npos;
            if (at < phrase.size() && is_white(phrase[at]) && has_words_around) return at;
        }
    }
    if (phrase.size() <= phrase_bytes_whole) return {};
    std::size_t at = middle;
    while (is_continuation(phrase[at])) --at;
    return at;
}

std::optional<Result<SpeechResult>> PhraseSearch::take(Result<SpeechResult> result,
                                                       std::uint64_t segment_begun) {
    if (state_ == State::speaking) return take_speech(std::move(result), segment_begun);
    if (state_ == State::quoting && result) {
        take_quote(*result);
        return {};
    }
    if (state_ == State::probing && (result || is_fault(result))) {
        take_probe(!result);
        return {};
    }
    return std::unexpected(
        std::move(result.error()).with_context("search for what crashes the speech engine"));
}

std::optional<Result<SpeechResult>> PhraseSearch::take_speech(Result<SpeechResult> result,
                                                              std::uint64_t segment_begun) {
    if (!is_fault(result)) {
        const bool is_nothing_left =
            !result && first_fault_ &&
            (result.error().reason == "nothing_to_say" || result.error().reason == "no_such_voice");
        if (is_nothing_left) return std::unexpected(*first_fault_);
        return result;
    }
    if (!first_fault_) first_fault_ = result.error();
    const bool is_again = segment_begun == segment_;
    if (segment_begun == 0 || (is_again && is_segment_gone_)) return result;
    if (left_out_.size() >= phrases_left_out_max) {
        return std::unexpected(Error(*first_fault_)
                                   .with_context(fmt::format(
                                       "more than {} phrases crash the speech engine; the last in "
                                       "segment {}: shorten the text, or choose another voice",
                                       phrases_left_out_max, segment_begun)));
    }
    if (is_again) {
        leave_out_segment();
        speak_again();
        return {};
    }
    segment_ = segment_begun;
    is_segment_gone_ = false;
    state_ = State::quoting;
    next_ = job_;
    next_.quoted_segment = segment_;
    return {};
}

void PhraseSearch::take_quote(const SpeechResult& result) {
    segment_text_ = result.quoted;
    voice_ = result.voice;
    state_ = State::probing;
    probe({.begin = 0, .end = segment_text_.size()});
}

void PhraseSearch::take_probe(bool is_fault) {
    ONPUT_CHECK(!parts_.empty());
    Part& part = parts_.back();
    if (!is_fault) {
        parts_.pop_back();
        return probe_next();
    }
    const std::string_view text =
        std::string_view(segment_text_).substr(part.begin, part.end - part.begin);
    if (const auto middle = find_middle(text)) {
        const std::size_t cut = part.begin + *middle;
        part.halves_left = {{.begin = cut, .end = part.end}, {.begin = part.begin, .end = cut}};
    }
    probe_next();
}

void PhraseSearch::probe_next() {
    const bool is_over = probes_ >= phrase_probes_max;
    while (!is_over && !parts_.empty()) {
        Part& part = parts_.back();
        if (!part.halves_left.empty()) {
            Part half = std::move(part.halves_left.back());
            part.halves_left.pop_back();
            return probe(std::move(half));
        }
        if (!part.has_fault_inside) leave_out(part.begin, part.end);
        parts_.pop_back();
        if (!parts_.empty()) parts_.back().has_fault_inside = true;
    }
    parts_.clear();
    const bool is_found = !left_out_.empty() && left_out_.back().range.segment == segment_;
    if (is_over || !is_found || left_out_.size() > phrases_left_out_max) leave_out_segment();
    speak_again();
}

void PhraseSearch::probe(Part part) {
    ++probes_;
    next_ = job_;
    next_.object_voice = voice_;
    next_.phrase = segment_text_.substr(part.begin, part.end - part.begin);
    parts_.push_back(std::move(part));
}

void PhraseSearch::leave_out(std::size_t begin, std::size_t end) {
    left_out_.push_back({.range = {.segment = segment_, .begin = begin, .end = end},
                         .text = segment_text_.substr(begin, end - begin)});
}

void PhraseSearch::leave_out_segment() {
    std::erase_if(left_out_,
                  [this](const LeftOutPhrase& phrase) { return phrase.range.segment == segment_; });
    is_segment_gone_ = true;
    leave_out(0, segment_text_.size());
}

void PhraseSearch::speak_again() {
    job_.left_out.clear();
    for (const auto& phrase : left_out_) job_.left_out.push_back(phrase.range);
    state_ = State::speaking;
    next_ = job_;
}

}  // namespace onput::tts

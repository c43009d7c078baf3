// PhraseSearch: a text with phrases that crash or hang the speech engine -> the same text without
// them. Decides what the next child does; pure, its owner runs the children.
//
//     speak the text ──ends well──> done
//        ^    └─crash in segment 7──> quote segment 7 ──> speak it alone, its halves, theirs ...
//        └────────leave out what crashed and has no half that crashes──────────┘
//
// A segment that crashes only after what came before it is left out whole. Effort is bounded:
// phrases_left_out_max and phrase_probes_max, and the owner's time for all children together.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/result.hpp"
#include "services/tts/job.hpp"
#include "services/tts/left_out.hpp"

namespace onput::tts {

inline constexpr std::size_t phrases_left_out_max = 32;  // More fail the job.
inline constexpr std::size_t phrase_probes_max = 512;    // Then whole segments are left out.
// A phrase without white space is cut between two letters only above this length.
inline constexpr std::size_t phrase_bytes_whole = 64;

struct LeftOutPhrase {
    TextRange range;
    std::string text;
};

class PhraseSearch {
public:
    explicit PhraseSearch(SpeechJob job) : job_(std::move(job)), next_(job_) {}

    // What the next child is to do.
    [[nodiscard]] const SpeechJob& next() const { return next_; }
    // How that child ended, and the segment that it had begun, from 1; 0: none. Returns the end of
    // the whole job, or nothing: then next() is to be run.
    std::optional<Result<SpeechResult>> take(Result<SpeechResult> result,
                                             std::uint64_t segment_begun);

    [[nodiscard]] const std::vector<LeftOutPhrase>& left_out() const { return left_out_; }

private:
    enum class State : std::uint8_t { speaking, quoting, probing };
    // A part of the segment that has crashed, or is being spoken alone.
    struct Part {
        std::size_t begin = 0;
        std::size_t end = 0;
        std::vector<Part> halves_left = {};  // To be spoken alone; the first is last.
        bool has_fault_inside = false;
    };

    std::optional<Result<SpeechResult>> take_speech(Result<SpeechResult> result,
                                                    std::uint64_t segment_begun);
    void take_quote(const SpeechResult& result);
    void take_probe(bool is_fault);
    void probe_next();
    void probe(Part part);
    void leave_out(std::size_t begin, std::size_t end);
    void leave_out_segment();
    void speak_again();

    SpeechJob job_;
    SpeechJob next_;
    State state_ = State::speaking;
    std::optional<Error> first_fault_;
    std::uint64_t segment_ = 0;  // That is or was searched last.
    bool is_segment_gone_ = false;
    std::string segment_text_;
    std::string voice_;
    std::vector<Part> parts_;  // From the segment down to what is spoken now.
    std::size_t probes_ = 0;
    std::vector<LeftOutPhrase> left_out_;
};

// For people.
LeftOut left_out_of(const std::vector<LeftOutPhrase>& phrases);

// Where a phrase is halved: at the white space next to its middle, else between two characters.
// Nothing when it is to stay whole.
std::optional<std::size_t> find_middle(std::string_view phrase);

}  // namespace onput::tts

// SubRip and WebVTT: the words of the cues, one after the other. Numbers, times and tags are not
// said; where nobody speaks for a while, a paragraph ends.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>

#include "common/base/text.hpp"
#include "services/tts/prose/prose.hpp"

namespace onput::tts {
namespace {

constexpr std::chrono::milliseconds paragraph_pause{2000};

// "01:02:03,004", "02:03.004".
std::optional<std::chrono::milliseconds> parse_time(std::string_view text) {
    std::int64_t total = 0;
    std::int64_t millis = 0;
    int fields = 0;
    while (true) {
        std::int64_t number = 0;
        const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
        if (end.ec != std::errc() || number < 0 || number > 100'000 || ++fields > 4) return {};
        text.remove_prefix(static_cast<std::size_t>(end.ptr - text.data()));
        total = total * 60 + number;
        if (text.empty()) break;
        const char mark = text.front();
        text.remove_prefix(1);
        if (mark == ':') continue;
        if (mark != ',' && mark != '.') return {};
        const auto last = std::from_chars(text.data(), text.data() + text.size(), millis);
        if (last.ec != std::errc() || millis < 0 || millis > 999) return {};
        break;
    }
    return std::chrono::milliseconds(total * 1000 + millis);
}

bool is_number(std::string_view line) {
    return !line.empty() && std::ranges::all_of(line, [](char c) { return c >= '0' && c <= '9'; });
}

class SubtitleReader final : public LineReader {
    void take_line(std::string_view line) override {
        line = trimmed(line);
        const std::size_t arrow = line.find("-->");
        if (arrow != line.npos) return take_times(line.substr(0, arrow), line.substr(arrow + 3));
        say_held();
        if (line.empty()) {
            is_in_cue_ = false;
        } else if (is_in_cue_) {
            say_line(line);
        } else if (is_number(line)) {
            held_ = line;  // The number of the next cue, unless no times follow.
        } else if (has_cues_) {
            say_line(line);
        }
    }
    void end_lines() override { say_held(); }

    void take_times(std::string_view from, std::string_view to) {
        held_.clear();
        is_in_cue_ = true;
        has_cues_ = true;
        const auto begin = parse_time(trimmed(from));
        to = trimmed(to);
        const auto end = parse_time(to.substr(0, to.find(' ')));
        if (begin && last_end_ && *begin - *last_end_ >= paragraph_pause) end_paragraph();
        if (end) last_end_ = end;
    }

    void say_held() {
        if (has_cues_ && !held_.empty()) say_line(held_);
        held_.clear();
    }

    // Without "<i>" and "{\an8}".
    void say_line(std::string_view line) {
        while (!line.empty()) {
            const std::size_t open = std::min(line.find('<'), line.find("{\\"));
            say(line.substr(0, open));
            if (open == line.npos) break;
            const std::size_t close = line.find(line[open] == '<' ? '>' : '}', open);
            if (close == line.npos) {
                say(line.substr(open));
                break;
            }
            line.remove_prefix(close + 1);
        }
        end_line();
    }

    std::string held_;
    bool is_in_cue_ = false;
    bool has_cues_ = false;
    std::optional<std::chrono::milliseconds> last_end_;
};

}  // namespace

std::unique_ptr<ProseReader> make_subtitle_reader() {
    return std::make_unique<SubtitleReader>();
}

}  // namespace onput::tts

// What commands print: tables for people, JSON for programs, progress on a terminal only. What
// comes from others (keys, names, messages) is made printable (common/base/printable.hpp) here, or
// by the command that prints it otherwise than in a table.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "services/ctl/exit_code.hpp"

namespace onput::ctl {

// What a line says at a glance, where there are colours.
enum class Tone : std::uint8_t { plain, good, warning, bad };

// Colours are for terminals, and for none where NO_COLOR or TERM=dumb forbids them.
struct ColourTerms {
    bool is_terminal = false;
    const char* no_color = nullptr;  // The variable; null: not set.
    const char* term = nullptr;      // Likewise.
};
bool has_colours(const ColourTerms& terms);
// Of stdout, now.
bool has_colours();
// Unchanged without colours.
std::string painted(std::string_view text, Tone tone, bool is_coloured = has_colours());

// How wide the terminal of stdout is; 0 when it is none.
std::size_t columns_of_stdout();

// Columns aligned, the header in capitals; nothing but the header when there are no rows.
class Table {
public:
    explicit Table(std::vector<std::string> header) : rows_{std::move(header)} {}
    // Cells are made printable.
    void add(std::vector<std::string> row, Tone tone = Tone::plain);
    // On a terminal of so many columns the last cell of a row continues below itself, or below the
    // row where little room is left beside it; 0: every row is one line, for pipes.
    [[nodiscard]] std::string text(bool is_coloured = has_colours(),
                                   std::size_t columns = columns_of_stdout()) const;

private:
    std::vector<std::vector<std::string>> rows_;
    std::vector<Tone> tones_{Tone::plain};  // Of each row.
};

// Columns that people's terminals have at least; tables fit where they can.
inline constexpr std::size_t terminal_columns = 80;

// Made printable, and no wider than this: what is too long loses its middle to "...".
std::string shortened(std::string_view text, std::size_t columns);
// Made printable, in lines that are no wider than `columns` where its words allow, each indented
// and ended.
std::string wrapped(std::string_view text, std::size_t indent,
                    std::size_t columns = terminal_columns);

// One line of stderr, rewritten; silent when stderr is no terminal or `quiet`.
class Progress {
public:
    struct Options {
        bool quiet = false;
    };
    explicit Progress(Options options);
    ~Progress();
    void show(std::string_view line);
    void clear();

private:
    bool is_shown_ = false;
    bool is_enabled_;
    std::chrono::steady_clock::time_point last_{};
};

// "onput trace: ..." to stderr, and the exit code for it.
ExitCode report(std::string_view command, const Error& error);

// "12.3 ms", "4.1 s", "2 min 5 s".
std::string human_duration(Duration duration);
// "512 B", "4.2 kB", "1.3 MB".
std::string human_bytes(std::uint64_t bytes);

// An ARN of Onput without what is the same in all of them: "sqs:jobs", "function:speech",
// "sns:media". Anything else as it is.
std::string short_arn(std::string_view arn);

// s3://bucket/key to its parts; invalid_argument otherwise.
struct ObjectUrl {
    std::string bucket;
    std::string key;
};
Result<ObjectUrl> parse_object_url(std::string_view text);
std::string to_string(const ObjectUrl& url);

}  // namespace onput::ctl

#include "services/ctl/output.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <sys/ioctl.h>
#include <unistd.h>

#include <fmt/format.h>

#include "common/base/printable.hpp"

namespace onput::ctl {
namespace {

// Columns of a text on a terminal: code points, which is right for all but wide scripts.
std::size_t columns_of(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(
        text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80; }));
}

// The first, or last, `columns` code points.
std::string_view head_of(std::string_view text, std::size_t columns) {
    std::size_t end = 0;
    while (end < text.size() && columns_of(text.substr(0, end + 1)) <= columns) ++end;
    return text.substr(0, end);
}
std::string_view tail_of(std::string_view text, std::size_t columns) {
    std::size_t begin = text.size();
    while (begin > 0 && columns_of(text.substr(begin - 1)) <= columns) --begin;
    // Not inside a code point.
    while (begin < text.size() && columns_of(text.substr(begin, 1)) == 0) ++begin;
    return text.substr(begin);
}

// Beside the other cells a last one has at least so much room, or goes below them.
constexpr std::size_t last_cell_columns_min = 24;
constexpr std::size_t below_row_indent = 4;

// Lines of a row, the last without its end.
std::string with_last_cell(std::string row, const std::string& cell, std::size_t columns) {
    const std::size_t begin = columns_of(row);
    if (columns == 0 || begin + columns_of(cell) <= columns) return row + cell;
    const bool is_beside = begin + last_cell_columns_min <= columns;
    std::string lines = wrapped(cell, is_beside ? begin : below_row_indent, columns);
    if (!lines.empty()) lines.pop_back();
    if (is_beside) return row + lines.substr(begin);
    row.erase(row.find_last_not_of(' ') + 1);
    return row.empty() ? lines : fmt::format("{}\n{}", row, lines);
}

}  // namespace

std::string shortened(std::string_view text, std::size_t columns) {
    constexpr std::string_view gap = "...";
    std::string whole = printable(text);
    if (columns_of(whole) <= columns) return whole;
    if (columns <= gap.size()) return std::string(head_of(whole, columns));
    const std::size_t kept = columns - gap.size();
    return fmt::format("{}{}{}", head_of(whole, kept / 2), gap, tail_of(whole, kept - kept / 2));
}

std::string wrapped(std::string_view text, std::size_t indent, std::size_t columns) {
    const std::string whole = printable(text);
    std::string out;
    std::string line;
    for (std::size_t from = 0; from <= whole.size();) {
        const std::size_t end = std::min(whole.find(' ', from), whole.size());
        const std::string word = whole.substr(from, end - from);
        from = end + 1;
        if (word.empty()) continue;
        if (!line.empty() && columns_of(line) + 1 + columns_of(word) + indent > columns) {
            out += fmt::format("{}{}\n", std::string(indent, ' '), line);
            line.clear();
        }
        line += fmt::format("{}{}", line.empty() ? "" : " ", word);
    }
    if (!line.empty()) out += fmt::format("{}{}\n", std::string(indent, ' '), line);
    return out;
}

std::size_t columns_of_stdout() {
    winsize size{};
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

bool has_colours(const ColourTerms& terms) {
    const bool is_forbidden = terms.no_color != nullptr && *terms.no_color != '\0';
    const bool is_dumb = terms.term == nullptr || std::string_view(terms.term) == "dumb";
    return terms.is_terminal && !is_forbidden && !is_dumb;
}

bool has_colours() {
    // NOLINTBEGIN(concurrency-mt-unsafe): commands have one thread that reads the environment.
    return has_colours({.is_terminal = isatty(STDOUT_FILENO) == 1,
                        .no_color = std::getenv("NO_COLOR"),
                        .term = std::getenv("TERM")});
    // NOLINTEND(concurrency-mt-unsafe)
}

std::string painted(std::string_view text, Tone tone, bool is_coloured) {
    if (!is_coloured || tone == Tone::plain) return std::string(text);
    const int colour = tone == Tone::good ? 32 : tone == Tone::warning ? 33 : 31;
    return fmt::format("\033[{}m{}\033[0m", colour, text);
}

void Table::add(std::vector<std::string> row, Tone tone) {
    for (std::string& cell : row) cell = printable(cell);
    rows_.push_back(std::move(row));
    tones_.push_back(tone);
}

std::string Table::text(bool is_coloured, std::size_t columns) const {
    std::vector<std::size_t> widths;
    for (const auto& row : rows_) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths[i], columns_of(row[i]));
    }
    std::string out;
    for (std::size_t at = 0; at < rows_.size(); ++at) {
        const auto& row = rows_[at];
        std::string line;
        for (std::size_t i = 0; i + 1 < row.size(); ++i) {
            line += row[i];
            line.append(widths[i] - columns_of(row[i]) + 2, ' ');
        }
        line = row.empty() ? "" : with_last_cell(std::move(line), row.back(), columns);
        for (std::size_t from = 0; from <= line.size();) {
            const std::size_t end = std::min(line.find('\n', from), line.size());
            const std::string_view part = std::string_view(line).substr(from, end - from);
            out += fmt::format("{}\n", painted(part, tones_[at], is_coloured));
            from = end + 1;
        }
    }
    return out;
}

Progress::Progress(Options options) : is_enabled_(!options.quiet && isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
    clear();
}

void Progress::show(std::string_view line) {
    if (!is_enabled_) return;
    const auto now = std::chrono::steady_clock::now();
    if (is_shown_ && now - last_ < std::chrono::milliseconds(50)) return;
    last_ = now;
    is_shown_ = true;
    fmt::print(stderr, "\r\033[K{}", printable(line));
    std::fflush(stderr);
}

void Progress::clear() {
    if (is_shown_) fmt::print(stderr, "\r\033[K");
    is_shown_ = false;
}

ExitCode report(std::string_view command, const Error& error) {
    fmt::print(stderr, "onput {}: {}\n", command, printable_lines(error.message));
    return exit_code_of(error);
}

std::string human_duration(Duration duration) {
    const double seconds = std::chrono::duration<double>(duration).count();
    if (seconds < 1) return fmt::format("{:.1f} ms", seconds * 1000);
    if (seconds < 60) return fmt::format("{:.1f} s", seconds);
    return fmt::format("{} min {} s", static_cast<long>(seconds) / 60,
                       static_cast<long>(seconds) % 60);
}

std::string human_bytes(std::uint64_t bytes) {
    if (bytes < 1000) return fmt::format("{} B", bytes);
    const double value = static_cast<double>(bytes);
    if (bytes < 1'000'000) return fmt::format("{:.1f} kB", value / 1e3);
    if (bytes < 1'000'000'000) return fmt::format("{:.1f} MB", value / 1e6);
    return fmt::format("{:.1f} GB", value / 1e9);
}

std::string short_arn(std::string_view arn) {
    // arn:aws:<service>:<region>:<account>:<name>
    std::string_view rest = arn;
    std::string_view service;
    for (int part = 0; part < 5; ++part) {
        const auto colon = rest.find(':');
        if (colon == std::string_view::npos || (part == 0 && !rest.starts_with("arn:"))) {
            return std::string(arn);
        }
        if (part == 2) service = rest.substr(0, colon);
        rest.remove_prefix(colon + 1);
    }
    return service == "lambda" ? std::string(rest) : fmt::format("{}:{}", service, rest);
}

Result<ObjectUrl> parse_object_url(std::string_view text) {
    constexpr std::string_view scheme = "s3://";
    const auto slash = text.find('/', scheme.size());
    if (!text.starts_with(scheme) || slash == std::string_view::npos || slash == scheme.size() ||
        slash + 1 == text.size()) {
        return fail(ErrorCode::invalid_argument, fmt::format("'{}' is not s3://BUCKET/KEY", text));
    }
    return ObjectUrl{.bucket = std::string(text.substr(scheme.size(), slash - scheme.size())),
                     .key = std::string(text.substr(slash + 1))};
}

std::string to_string(const ObjectUrl& url) {
    return fmt::format("s3://{}/{}", url.bucket, url.key);
}

}  // namespace onput::ctl

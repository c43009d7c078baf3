#include "common/worker/large_pages.hpp"

#include <charconv>
#include <fstream>
#include <istream>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <sys/mman.h>

#include "common/base/sanitizers.hpp"

namespace onput::worker {
namespace {

#ifndef MADV_COLLAPSE
constexpr int MADV_COLLAPSE = 25;  // NOLINT: as <linux/mman.h> has it, which is older here.
#endif

std::optional<std::uint64_t> hexadecimal(std::string_view digits) {
    std::uint64_t value = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    if (error != std::errc() || end != digits.data() + digits.size()) return {};
    return value;
}

// The first line of a mapping begins with its addresses, the others with a name.
bool is_head(std::string_view line) {
    return line.find('-') < line.find(' ') && line.find(':') > line.find(' ');
}

// Of the line "Rss:   1234 kB"; 0: of another one.
std::uint64_t resident_bytes(const std::string& line) {
    std::istringstream fields(line);
    std::string name;
    std::uint64_t kilobytes = 0;
    fields >> name >> kilobytes;
    return name == "Rss:" ? kilobytes * 1024 : 0;
}

// "7f12..-7f34.. rw-p 00000000 00:00 0", and a name in brackets.
std::optional<PageRange> private_memory(const std::string& line) {
    std::istringstream fields(line);
    std::string range;
    std::string rights;
    std::string offset;
    std::string device;
    std::string inode;
    fields >> range >> rights >> offset >> device >> inode;
    const std::size_t dash = range.find('-');
    if (rights != "rw-p" || inode != "0" || dash == range.npos) return {};
    const auto begin = hexadecimal(std::string_view(range).substr(0, dash));
    const auto end = hexadecimal(std::string_view(range).substr(dash + 1));
    if (!begin || !end) return {};
    return PageRange{.begin = *begin, .end = *end};
}

// What is reserved only, as most of a stack, is not to take memory.
bool is_mostly_used(const PageRange& memory, std::uint64_t resident) {
    return resident >= large_page_bytes && resident * 2 >= memory.end - memory.begin;
}

}  // namespace

std::vector<PageRange> large_page_ranges(std::istream& smaps) {
    std::vector<PageRange> ranges;
    std::optional<PageRange> memory;  // That the lines are of.
    std::string line;
    while (std::getline(smaps, line)) {
        if (is_head(line)) memory = private_memory(line);
        if (!memory || !is_mostly_used(*memory, resident_bytes(line))) continue;
        const PageRange range{
            .begin = (memory->begin + large_page_bytes - 1) / large_page_bytes * large_page_bytes,
            .end = memory->end / large_page_bytes * large_page_bytes};
        if (range.begin < range.end) ranges.push_back(range);
    }
    return ranges;
}

void collapse_into_large_pages() {
    if (has_shadow_memory) return;
    std::ifstream smaps("/proc/self/smaps");
    for (const PageRange& range : large_page_ranges(smaps)) {
        // One by one: a page that cannot be had ends a call.
        for (std::uint64_t at = range.begin; at < range.end; at += large_page_bytes) {
            auto* const address = reinterpret_cast<void*>(at);  // NOLINT: as the kernel names it.
            static_cast<void>(::madvise(address, large_page_bytes, MADV_COLLAPSE));
        }
    }
}

}  // namespace onput::worker

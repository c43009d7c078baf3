#include "common/worker/large_pages.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <istream>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <unistd.h>

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

// What is reserved only, as most of a stack, is not to take memory.
bool is_mostly_used(void* page) {
    static const auto small_bytes = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    std::vector<unsigned char> resident(large_page_bytes / small_bytes);
    if (::mincore(page, large_page_bytes, resident.data()) != 0) return false;
    const auto used = std::ranges::count_if(resident, [](auto flags) { return (flags & 1) != 0; });
    return static_cast<std::size_t>(used) * 2 >= resident.size();
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

}  // namespace

std::vector<PageRange> large_page_ranges(std::istream& maps) {
    std::vector<PageRange> ranges;
    std::string line;
    while (std::getline(maps, line)) {
        const auto memory = private_memory(line);
        if (!memory) continue;
        const PageRange range{
            .begin = (memory->begin + large_page_bytes - 1) / large_page_bytes * large_page_bytes,
            .end = memory->end / large_page_bytes * large_page_bytes};
        if (range.begin < range.end) ranges.push_back(range);
    }
    return ranges;
}

void collapse_into_large_pages() {
    std::ifstream maps("/proc/self/maps");
    for (const PageRange& range : large_page_ranges(maps)) {
        // One by one: a page that cannot be had ends a call.
        for (std::uint64_t at = range.begin; at < range.end; at += large_page_bytes) {
            auto* const address = reinterpret_cast<void*>(at);  // NOLINT: as the kernel names it.
            if (is_mostly_used(address))
                static_cast<void>(::madvise(address, large_page_bytes, MADV_COLLAPSE));
        }
    }
}

}  // namespace onput::worker

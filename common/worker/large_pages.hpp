// Large pages for what a zygote has loaded, so that a fork copies one entry where it would copy
// 512.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <vector>

namespace onput::worker {

inline constexpr std::uint64_t large_page_bytes = 2ULL << 20;

struct PageRange {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;

    friend bool operator==(const PageRange&, const PageRange&) = default;
};

// Of /proc/self/smaps: the private memory of no file that may be written and of which half is in
// use, one large page at least, rounded inwards to large pages. Pure.
std::vector<PageRange> large_page_ranges(std::istream& smaps);

// Makes large pages of this process's memory that is in use, where the kernel can (MADV_COLLAPSE,
// Linux 6.1). Costs a copy of that memory, once. Where it cannot, forks are slower, and nothing
// else. Nothing under sanitizers, whose shadow memory has no end.
void collapse_into_large_pages();

}  // namespace onput::worker

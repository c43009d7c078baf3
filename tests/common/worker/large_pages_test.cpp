#include "common/worker/large_pages.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <memory>
#include <span>
#include <sstream>
#include <string>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

#include "common/base/sanitizers.hpp"

namespace onput::worker {
namespace {

TEST(LargePages, memory_of_no_file_is_found_and_rounded_inwards) {
    const std::string used = "Size:  6144 kB\nRss:   4096 kB\nPss:  4096 kB\nVmFlags: rd wr mr-x\n";
    const std::string little = "Rss:   2044 kB\n";
    std::istringstream smaps(
        "55d000000000-55d000400000 r-xp 00000000 fe:00 1234    /usr/bin/program\n" + used +
        "55d000600000-55d000a00000 rw-p 00000000 fe:00 1234    /usr/bin/program\n" + used +
        "55d000f00000-55d001500000 rw-p 00000000 00:00 0       [heap]\n" + used +
        "7f0000000000-7f0000100000 rw-p 00000000 00:00 0 \n" + used +
        "7f0000200000-7f0000400000 ---p 00000000 00:00 0 \n" + used +
        "7f0000600000-7f0000a00000 rw-s 00000000 00:01 77      /memfd:input (deleted)\n" + used +
        "7f0000c00000-7f0001000000 rw-p 00000000 00:00 0 \n" + used +
        "7f0001000000-7f0001400000 rw-p 00000000 00:00 0 \n" + little +
        "7f0002000000-7f000a000000 rw-p 00000000 00:00 0 \n" + used + "not a line of it\n\n");
    EXPECT_EQ(large_page_ranges(smaps),
              (std::vector<PageRange>{{.begin = 0x55d001000000, .end = 0x55d001400000},
                                      {.begin = 0x7f0000c00000, .end = 0x7f0001000000}}));
}

// As stacks and the arenas of an allocator are.
class Reserved : public testing::Test {
protected:
    static constexpr std::size_t bytes = 32UL << 20;

    void SetUp() override {
        void* const begin = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        ASSERT_NE(begin, MAP_FAILED);
        memory = {static_cast<unsigned char*>(begin), bytes};
    }
    void TearDown() override { ::munmap(memory.data(), memory.size()); }

    [[nodiscard]] std::size_t resident_bytes() const {
        const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
        std::vector<unsigned char> pages(bytes / page);
        EXPECT_EQ(::mincore(memory.data(), bytes, pages.data()), 0);
        return page * static_cast<std::size_t>(std::ranges::count_if(
                          pages, [](unsigned char flags) { return (flags & 1) != 0; }));
    }

    std::span<unsigned char> memory;
};

TEST_F(Reserved, what_is_reserved_only_takes_no_memory) {
    memory[0] = 1;
    memory[bytes / 2] = 1;
    const std::size_t before = resident_bytes();
    collapse_into_large_pages();
    EXPECT_EQ(resident_bytes(), before);
}

// The line of /proc/self/smaps about the mapping that this address is in.
std::string large_pages_of(const void* address) {
    std::ifstream smaps("/proc/self/smaps");
    const auto wanted = reinterpret_cast<std::uintptr_t>(address);
    bool is_it = false;
    for (std::string line; std::getline(smaps, line);) {
        std::uintptr_t begin = 0;
        std::uintptr_t end = 0;
        if (std::sscanf(line.c_str(), "%zx-%zx ", &begin, &end) == 2)
            is_it = begin <= wanted && wanted < end;
        if (is_it && line.starts_with("AnonHugePages:")) return line;
    }
    return "";
}

// Asked for directly, of memory of its own.
bool kernel_makes_large_pages() {
    if (has_shadow_memory) return false;
    constexpr int collapse = 25;  // MADV_COLLAPSE.
    std::vector<unsigned char> bytes(3 * large_page_bytes, 1);
    void* page = bytes.data();
    std::size_t room = bytes.size();
    return std::align(large_page_bytes, large_page_bytes, page, room) != nullptr &&
           ::madvise(page, large_page_bytes, collapse) == 0;
}

TEST_F(Reserved, what_is_in_use_lies_in_large_pages) {
    std::ranges::fill(memory, 1);
    collapse_into_large_pages();
    const std::string huge = large_pages_of(memory.data());
    if (huge.find_first_of("123456789") == huge.npos && !kernel_makes_large_pages())
        GTEST_SKIP() << "neither this kernel nor sanitizers make large pages at will";
    EXPECT_NE(huge.find_first_of("123456789"), huge.npos) << huge;
}

TEST_F(Reserved, what_was_written_stays) {
    for (std::size_t i = 0; i < bytes; ++i) memory[i] = static_cast<unsigned char>(i * 31 >> 4);
    collapse_into_large_pages();
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < bytes; ++i)
        wrong += memory[i] == static_cast<unsigned char>(i * 31 >> 4) ? 0 : 1;
    EXPECT_EQ(wrong, 0U);
}

}  // namespace
}  // namespace onput::worker

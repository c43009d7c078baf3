#include "common/worker/large_pages.hpp"

#include <algorithm>
#include <cstring>
#include <span>
#include <sstream>
#include <sys/mman.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace onput::worker {
namespace {

TEST(LargePages, memory_of_no_file_is_found_and_rounded_inwards) {
    std::istringstream maps(
        "55d000000000-55d000400000 r-xp 00000000 fe:00 1234    /usr/bin/program\n"
        "55d000600000-55d000a00000 rw-p 00000000 fe:00 1234    /usr/bin/program\n"
        "55d000f00000-55d001500000 rw-p 00000000 00:00 0       [heap]\n"
        "7f0000000000-7f0000100000 rw-p 00000000 00:00 0 \n"
        "7f0000200000-7f0000400000 ---p 00000000 00:00 0 \n"
        "7f0000600000-7f0000a00000 rw-s 00000000 00:01 77      /memfd:input (deleted)\n"
        "7f0000c00000-7f0001000000 rw-p 00000000 00:00 0 \n"
        "not a line of it\n"
        "\n");
    EXPECT_EQ(large_page_ranges(maps),
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

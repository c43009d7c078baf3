#include "services/function/log_tail.hpp"

#include <gtest/gtest.h>

#include "common/schema/invoke.hpp"
#include "services/function/limits.hpp"

namespace onput::function {
namespace {

TEST(LogTail, the_lines_of_one_record_become_lines) {
    LogTail tail;
    EXPECT_EQ(tail.take("[ERROR] x\rTraceback\r  File\n"), "[ERROR] x\rTraceback\r  File\n");
    EXPECT_EQ(tail.last(), "[ERROR] x\nTraceback\n  File\n");
}

TEST(LogTail, the_last_bytes_are_kept) {
    LogTail tail;
    for (int i = 0; i < 1000; ++i) tail.take("line " + std::to_string(i) + "\n");
    tail.add("END\n");
    EXPECT_EQ(tail.last().size(), schema::log_tail_bytes_max);
    EXPECT_TRUE(tail.last().ends_with("line 999\nEND\n"));
}

TEST(LogTail, a_flood_is_cut_off_once_and_our_own_lines_are_not) {
    LogTail tail;
    std::size_t kept = 0;
    const std::string piece(100'000, 'x');
    for (int i = 0; i < 100; ++i) kept += tail.take(piece).size();
    EXPECT_GT(kept, log_bytes_per_invocation_max);
    EXPECT_LT(kept, log_bytes_per_invocation_max + 100);
    tail.add("REPORT\n");
    EXPECT_TRUE(tail.last().ends_with("is cut off at 1048576 bytes\nREPORT\n"));
}

TEST(LogTail, one_that_is_full_to_the_byte_says_so_with_the_next) {
    LogTail tail;
    EXPECT_EQ(tail.take(std::string(log_bytes_per_invocation_max, 'x')).size(),
              log_bytes_per_invocation_max);
    EXPECT_EQ(tail.take("y"), "\n[onput] the log of one invocation is cut off at 1048576 bytes\n");
    EXPECT_EQ(tail.take("y"), "");
}

}  // namespace
}  // namespace onput::function

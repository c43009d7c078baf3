// Digests whose pieces are made on another thread.
#include "services/gateway/side_thread.hpp"

#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace onput::gateway {
namespace {

constexpr auto md5 = DigestAlgorithm::md5;

std::string piece_of(std::size_t number) {
    return std::string(1 + number * 37 % 5'000, static_cast<char>('a' + number % 26));
}

// Pieces of differing sizes, each overwritten as soon as the digest has it.
bool is_right(SideThread& side, std::size_t pieces) {
    SideDigest digest(md5);
    Digest here(md5);
    for (std::size_t i = 0; i < pieces; ++i) {
        std::string piece = piece_of(i);
        here.update(piece);
        digest.update(piece, side);
        piece.assign(piece.size(), '-');
    }
    return digest.finish() == here.finish();
}

TEST(SideThreadTest, a_digest_made_over_there_is_the_one_made_here) {
    SideThread side;
    EXPECT_TRUE(is_right(side, 5'000));
}

TEST(SideThreadTest, pieces_here_and_over_there_keep_their_order) {
    SideThread side;
    SideDigest digest(md5);
    const std::string large(1'000'000, 'a');
    for (int i = 0; i < 20; ++i) {
        digest.update(large, side);
        digest.update("b");
    }
    Digest here(md5);
    for (int i = 0; i < 20; ++i) {
        here.update(large);
        here.update("b");
    }
    EXPECT_EQ(digest.finish(), here.finish());
}

TEST(SideThreadTest, several_callers_are_all_served) {
    SideThread side;
    std::vector<int> right(4);
    {
        std::vector<std::jthread> callers;
        for (int& is : right) callers.emplace_back([&] { is = is_right(side, 2'000) ? 1 : 0; });
    }
    EXPECT_EQ(right, std::vector<int>(4, 1));
}

TEST(SideThreadTest, a_digest_that_nobody_finishes_frees_the_thread) {
    SideThread side;
    const std::string large(4'000'000, 'x');
    for (int i = 0; i < 3; ++i) {
        SideDigest digest(md5);
        digest.update(large, side);
        const SideDigest moved = std::move(digest);
    }
    EXPECT_TRUE(is_right(side, 100));
}

TEST(SideThreadTest, one_that_was_never_used_ends) {
    const SideThread side;
}

}  // namespace
}  // namespace onput::gateway

#include "common/async/frame_cache.hpp"

#include <cstring>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace onput::detail {
namespace {

TEST(FrameCache, frames_in_use_are_apart_whatever_was_given_back) {
    std::vector<std::pair<unsigned char*, std::size_t>> held;
    unsigned char mark = 0;
    for (int round = 0; round < 50; ++round) {
        for (const std::size_t bytes : {1, 255, 256, 257, 1032, 4000, 8192, 8193, 100'000}) {
            auto* frame = static_cast<unsigned char*>(take_frame(bytes));
            std::memset(frame, ++mark, bytes);
            held.emplace_back(frame, bytes);
        }
        // Every other one ends; what the others hold is theirs still.
        std::vector<std::pair<unsigned char*, std::size_t>> kept;
        for (std::size_t i = 0; i < held.size(); ++i) {
            const auto [frame, bytes] = held[i];
            for (std::size_t at = 1; at < bytes; ++at) ASSERT_EQ(frame[at], frame[0]);
            if (i % 2 == 0) {
                give_frame(frame, bytes);
            } else {
                kept.push_back(held[i]);
            }
        }
        held = std::move(kept);
    }
    for (const auto& [frame, bytes] : held) give_frame(frame, bytes);
}

TEST(FrameCache, a_frame_may_end_on_another_thread_and_after_the_threads_own_objects) {
    void* frame = take_frame(2000);
    std::thread([frame] {
        // Made before the thread keeps anything, so it ends after its lists.
        struct Late {
            void* frame = nullptr;
            ~Late() { give_frame(frame, 3000); }
        };
        static thread_local Late late;
        late.frame = take_frame(3000);
        give_frame(frame, 2000);
    }).join();
    give_frame(take_frame(2000), 2000);
}

TEST(FrameCache, keeps_no_more_than_its_bound) {
    std::vector<void*> frames;
    const std::size_t count = 16 * frame_cache_bytes_max / frame_cached_bytes_max;
    for (std::size_t i = 0; i < count; ++i) frames.push_back(take_frame(frame_cached_bytes_max));
    for (void* frame : frames) {
        give_frame(frame, frame_cached_bytes_max);
        ASSERT_LE(frame_cache_bytes_kept(), frame_cache_bytes_max);
    }
}

}  // namespace
}  // namespace onput::detail

// SideThread: a thread that makes digests of large pieces of bytes while whoever has them goes on.
//
//     digest.update(a, side)   a is copied, and goes on over there
//     digest.update(b, side)   waits for the end of a, then the same for b
//     digest.finish()          waits for the end of b
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "common/base/digest.hpp"

namespace onput::gateway {

class SideThread;

// A digest that may have its pieces made on a SideThread. Not thread-safe; movable.
class SideDigest {
public:
    explicit SideDigest(DigestAlgorithm algorithm);
    ~SideDigest();  // Waits for the piece that is under way.
    SideDigest(SideDigest&&) noexcept = default;
    SideDigest& operator=(SideDigest&&) noexcept = default;

    void update(std::string_view bytes);
    // Made here while the thread has another's piece. The bytes need not outlive the call.
    void update(std::string_view bytes, SideThread& side);
    // The raw bytes. Call once, last.
    std::string finish();

private:
    friend class SideThread;
    struct Running {
        Digest digest;
        std::atomic<bool> is_under_way = false;
    };
    void wait();

    std::shared_ptr<Running> running_;  // Null: moved away.
};

class SideThread {
public:
    SideThread();
    ~SideThread();  // No digest's piece may be under way.
    SideThread(const SideThread&) = delete;
    SideThread& operator=(const SideThread&) = delete;

private:
    friend class SideDigest;
    enum class State : int { free, taken, begun, stopping };

    // False: it has another's piece. Any thread; takes the copy and some 10 us.
    bool try_begin(const std::shared_ptr<SideDigest::Running>& digest, std::string_view bytes);
    void run();

    std::atomic<State> state_ = State::free;
    std::shared_ptr<SideDigest::Running> digest_;  // These two while begun.
    std::string bytes_;
    std::jthread thread_;
};

}  // namespace onput::gateway

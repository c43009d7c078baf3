// Http2Load: what all HTTP/2 connections of a server have together. A connection of HTTP/1.1 has
// one request at a time; a hundred streams of each of ten thousand connections would be another
// matter. Any thread; no lock.
#pragma once

#include <atomic>
#include <cstddef>
#include <utility>

#include "services/gateway/http/byte_budget.hpp"

namespace onput::http {

// Streams at once. Further ones are refused with REFUSED_STREAM: their clients try again.
inline constexpr std::size_t http2_server_streams_max = 4'000;
// Streams with a wide window. Further bodies come through narrow ones, and slower.
inline constexpr std::size_t http2_wide_windows_max = 256;

// Bodies that wait for their handlers. Streams within their windows cannot reach it together; those
// of clients that have not acknowledged the settings have larger ones. A stream beyond it is reset
// with ENHANCE_YOUR_CALM.
inline constexpr std::size_t http2_unread_bytes_max = 128 * 1024 * 1024;

struct Http2Load {
    std::atomic<std::size_t> streams = 0;
    std::atomic<std::size_t> wide_windows = 0;
    ByteBudget unread{http2_unread_bytes_max};
};

// One of so many, for as long as it lives; outlived by the count.
class Http2Place {
public:
    Http2Place() = default;
    // Empty when all are taken.
    Http2Place(std::atomic<std::size_t>& count, std::size_t most) : count_(&count) {
        if (count.fetch_add(1) < most) return;
        --count;
        count_ = nullptr;
    }
    Http2Place(Http2Place&& from) noexcept : count_(std::exchange(from.count_, nullptr)) {}
    Http2Place& operator=(Http2Place&& from) noexcept {
        std::swap(count_, from.count_);
        return *this;
    }
    ~Http2Place() {
        if (count_ != nullptr) --*count_;
    }

    explicit operator bool() const { return count_ != nullptr; }

private:
    std::atomic<std::size_t>* count_ = nullptr;
};

}  // namespace onput::http

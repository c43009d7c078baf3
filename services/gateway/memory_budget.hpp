// MemoryBudget: how many bytes all requests together may hold of one kind: bodies in flight, or
// downloads read ahead. Any thread; no lock.
//
//     0 ............................ three quarters ............ bytes_max
//     essential and ahead                       | essential only
//
// `essential` is the little that a request cannot go on without, `ahead` what only makes it
// faster. The last quarter is kept for the former: requests that hold as much as they may for as
// long as they can slow each other down, and shut nobody out.
#pragma once

#include <atomic>
#include <cstddef>
#include <optional>
#include <utility>

#include "services/gateway/http/exchange.hpp"

namespace onput::gateway {

// The most that may be taken as `essential` at once.
inline constexpr std::size_t essential_bytes_max = 64 * 1024;
// How long a request waits for memory before it is refused with `slow_down`.
inline constexpr Duration memory_wait_max = std::chrono::seconds(5);

class MemoryBudget {
public:
    explicit MemoryBudget(std::size_t bytes_max) : bytes_max_(bytes_max) {}
    MemoryBudget(const MemoryBudget&) = delete;
    MemoryBudget& operator=(const MemoryBudget&) = delete;

    // Gives its bytes back when it ends. Outlived by the budget.
    class Reservation {
    public:
        Reservation() = default;
        Reservation(Reservation&& other) noexcept
            : budget_(std::exchange(other.budget_, nullptr)), bytes_(other.bytes_) {}
        Reservation& operator=(Reservation&& other) noexcept {
            std::swap(budget_, other.budget_);
            std::swap(bytes_, other.bytes_);
            return *this;
        }
        ~Reservation();

        [[nodiscard]] std::size_t bytes() const { return bytes_; }

    private:
        friend class MemoryBudget;
        Reservation(MemoryBudget& budget, std::size_t bytes) : budget_(&budget), bytes_(bytes) {}

        MemoryBudget* budget_ = nullptr;
        std::size_t bytes_ = 0;
    };

    // Up to essential_bytes_max are essential, more are ahead. Nothing when they are not free.
    std::optional<Reservation> try_reserve(std::size_t bytes);
    // `bytes` if they are free, else essential_bytes_max of them, else nothing.
    std::optional<Reservation> try_reserve_some(std::size_t bytes);

    [[nodiscard]] std::size_t bytes_in_use() const { return in_use_; }
    [[nodiscard]] std::size_t bytes_max() const { return bytes_max_; }
    [[nodiscard]] std::size_t ahead_bytes_max() const { return bytes_max_ / 4 * 3; }
    [[nodiscard]] std::uint64_t refused_total() const { return refused_total_; }
    void note_refused() { ++refused_total_; }

private:
    const std::size_t bytes_max_;
    std::atomic<std::size_t> in_use_ = 0;
    std::atomic<std::uint64_t> refused_total_ = 0;
};

// Waits until so much is free. resource_exhausted, reason `slow_down`, when it is not within
// memory_wait_max; the errors of exchange.hpp when the client leaves meanwhile.
http::Task<Result<MemoryBudget::Reservation>> reserve(http::Exchange& exchange,
                                                      MemoryBudget& budget, std::size_t bytes);
// As MemoryBudget::try_reserve_some, waiting.
http::Task<Result<MemoryBudget::Reservation>> reserve_some(http::Exchange& exchange,
                                                           MemoryBudget& budget,
                                                           std::size_t bytes);

}  // namespace onput::gateway

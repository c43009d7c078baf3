// MemoryBudget: how many bytes all requests together may hold of one kind: bodies in flight, or
// downloads read ahead. Any thread; no lock.
//
//     0 .............. half .................. seven eighths .......... bytes_max
//     ahead, whole and essential | whole and essential | essential only
//
// What only makes a request faster ends first, and what none can go on without ends last: requests
// that hold as much as they may for as long as they can slow each other down, and shut nobody out.
#pragma once

#include <atomic>
#include <cstddef>
#include <optional>
#include <utility>

#include "services/gateway/http/exchange.hpp"

namespace onput::gateway {

// The most that is essential to one request.
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
        // Takes over what another one of the same budget holds.
        void add(Reservation other);
        // Gives back what is beyond so many bytes.
        void shrink(std::size_t bytes);

    private:
        friend class MemoryBudget;
        Reservation(MemoryBudget& budget, std::size_t bytes) : budget_(&budget), bytes_(bytes) {}

        MemoryBudget* budget_ = nullptr;
        std::size_t bytes_ = 0;
    };

    enum class Use {
        ahead,      // Pieces of a body or a download beyond the one that it needs.
        whole,      // What cannot be taken in pieces: the body of a call, a small object.
        essential,  // essential_bytes_max at most.
    };
    // Nothing when so much is not free for this use. At most essential_bytes_max count as essential
    // whatever the use.
    std::optional<Reservation> try_reserve(std::size_t bytes, Use use);
    // `bytes` for Use::ahead if they are free, else essential_bytes_max of them, else nothing.
    std::optional<Reservation> try_reserve_some(std::size_t bytes);

    [[nodiscard]] std::size_t bytes_max(Use use) const;
    [[nodiscard]] std::size_t bytes_in_use() const { return in_use_; }
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
                                                      MemoryBudget& budget, std::size_t bytes,
                                                      MemoryBudget::Use use);
// As MemoryBudget::try_reserve_some, waiting for the least.
http::Task<Result<MemoryBudget::Reservation>> reserve_some(http::Exchange& exchange,
                                                           MemoryBudget& budget, std::size_t bytes);

}  // namespace onput::gateway

#include "services/gateway/memory_budget.hpp"

#include <algorithm>

#include "common/base/check.hpp"

namespace onput::gateway {
namespace {

// Between two looks at a budget that is used up: first and longest.
constexpr Duration pause_min = std::chrono::milliseconds(5);
constexpr Duration pause_max = std::chrono::milliseconds(100);

using Reservation = MemoryBudget::Reservation;
using Use = MemoryBudget::Use;

}  // namespace

MemoryBudget::Reservation::~Reservation() {
    if (budget_ == nullptr) return;
    const std::size_t before = budget_->in_use_.fetch_sub(bytes_);
    ONPUT_CHECK(before >= bytes_);
}

void MemoryBudget::Reservation::add(Reservation other) {
    if (budget_ == nullptr) return std::swap(*this, other);
    bytes_ += std::exchange(other.bytes_, 0);
}

void MemoryBudget::Reservation::shrink(std::size_t bytes) {
    if (budget_ == nullptr || bytes >= bytes_) return;
    budget_->in_use_.fetch_sub(bytes_ - bytes);
    bytes_ = bytes;
}

std::size_t MemoryBudget::bytes_max(Use use) const {
    switch (use) {
        case Use::ahead: return bytes_max_ / 2;
        case Use::whole: return bytes_max_ / 8 * 7;
        case Use::essential: break;
    }
    return bytes_max_;
}

std::optional<Reservation> MemoryBudget::try_reserve(std::size_t bytes, Use use) {
    const std::size_t bound = bytes_max(bytes <= essential_bytes_max ? Use::essential : use);
    std::size_t before = in_use_;
    do {
        if (bytes > bound || before > bound - bytes) return {};
    } while (!in_use_.compare_exchange_weak(before, before + bytes));
    return Reservation(*this, bytes);
}

std::optional<Reservation> MemoryBudget::try_reserve_some(std::size_t bytes) {
    if (auto all = try_reserve(bytes, Use::ahead)) return all;
    if (bytes <= essential_bytes_max) return {};
    return try_reserve(essential_bytes_max, Use::essential);
}

http::Task<Result<Reservation>> reserve(http::Exchange& exchange, MemoryBudget& budget,
                                        std::size_t bytes, Use use) {
    Duration waited{};
    Duration pause = pause_min;
    while (true) {
        if (auto reserved = budget.try_reserve(bytes, use)) co_return *std::move(reserved);
        if (waited >= memory_wait_max) break;
        auto slept = co_await exchange.sleep(pause);
        if (!slept) co_return std::unexpected(std::move(slept).error());
        waited += pause;
        pause = std::min(pause * 2, pause_max);
    }
    budget.note_refused();
    co_return fail(ErrorCode::resource_exhausted, "Please reduce your request rate.", "slow_down");
}

http::Task<Result<Reservation>> reserve_some(http::Exchange& exchange, MemoryBudget& budget,
                                             std::size_t bytes) {
    if (auto reserved = budget.try_reserve_some(bytes)) co_return *std::move(reserved);
    co_return co_await reserve(exchange, budget, std::min(bytes, essential_bytes_max),
                               Use::essential);
}

}  // namespace onput::gateway

#include "services/gateway/memory_budget.hpp"

#include <algorithm>

#include "common/base/check.hpp"

namespace onput::gateway {
namespace {

// Between two looks at a budget that is used up: first and longest.
constexpr Duration pause_min = std::chrono::milliseconds(5);
constexpr Duration pause_max = std::chrono::milliseconds(100);

using Reservation = MemoryBudget::Reservation;
using Try = std::optional<Reservation> (MemoryBudget::*)(std::size_t);

http::Task<Result<Reservation>> keep_trying(http::Exchange& exchange, MemoryBudget& budget,
                                            std::size_t bytes, Try attempt) {
    Duration waited{};
    Duration pause = pause_min;
    while (true) {
        if (auto reserved = (budget.*attempt)(bytes)) co_return *std::move(reserved);
        if (waited >= memory_wait_max) break;
        auto slept = co_await exchange.sleep(pause);
        if (!slept) co_return std::unexpected(std::move(slept).error());
        waited += pause;
        pause = std::min(pause * 2, pause_max);
    }
    budget.note_refused();
    co_return fail(ErrorCode::resource_exhausted, "Please reduce your request rate.", "slow_down");
}

}  // namespace

MemoryBudget::Reservation::~Reservation() {
    if (budget_ == nullptr) return;
    const std::size_t before = budget_->in_use_.fetch_sub(bytes_);
    ONPUT_CHECK(before >= bytes_);
}

std::optional<Reservation> MemoryBudget::try_reserve(std::size_t bytes) {
    const std::size_t bound = bytes <= essential_bytes_max ? bytes_max_ : ahead_bytes_max();
    std::size_t before = in_use_;
    do {
        if (bytes > bound || before > bound - bytes) return {};
    } while (!in_use_.compare_exchange_weak(before, before + bytes));
    return Reservation(*this, bytes);
}

std::optional<Reservation> MemoryBudget::try_reserve_some(std::size_t bytes) {
    if (auto all = try_reserve(bytes)) return all;
    if (bytes <= essential_bytes_max) return {};
    return try_reserve(essential_bytes_max);
}

http::Task<Result<Reservation>> reserve(http::Exchange& exchange, MemoryBudget& budget,
                                        std::size_t bytes) {
    return keep_trying(exchange, budget, bytes, &MemoryBudget::try_reserve);
}

http::Task<Result<Reservation>> reserve_some(http::Exchange& exchange, MemoryBudget& budget,
                                             std::size_t bytes) {
    return keep_trying(exchange, budget, bytes, &MemoryBudget::try_reserve_some);
}

}  // namespace onput::gateway

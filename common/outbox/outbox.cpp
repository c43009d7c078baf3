#include "common/outbox/outbox.hpp"

#include <algorithm>

#include "common/base/check.hpp"

namespace onput::outbox {
namespace {

constexpr std::size_t stored_rows_max = 256;  // Read in one go when the cache does not have them.
constexpr std::uint32_t delay_doublings_max = 16;

Duration delay_after(std::uint32_t failures) {
    const auto doublings = std::min(failures - 1, delay_doublings_max);
    return std::min(relay_delay_min * (1U << doublings), relay_delay_max);
}

}  // namespace

void Outbox::restore(Position position) {
    ONPUT_CHECK(last_ == 0 && position.relayed_through <= position.last);
    last_ = durable_ = position.last;
    sent_ = relayed_ = removed_ = position.relayed_through;
}

void Outbox::add(std::uint64_t number, const std::string& encoded) {
    ONPUT_CHECK(number == last_ + 1);
    last_ = number;
    // The cache has no holes: it goes on at its end, or begins with the event to be sent next.
    const bool continues = sent_ + cache_.size() + 1 == number;
    if (!continues || cache_bytes_ + encoded.size() > outbox_cache_bytes_max) return;
    cache_.push_back(encoded);
    cache_bytes_ += encoded.size();
}

void Outbox::take_back(std::uint64_t number) {
    ONPUT_CHECK(number == last_ && number > durable_);
    if (sent_ + cache_.size() == number) {
        cache_bytes_ -= cache_.back().size();
        cache_.pop_back();
    }
    --last_;
}

void Outbox::on_durable(std::uint64_t number) {
    ONPUT_CHECK(number <= last_);
    durable_ = std::max(durable_, number);
}

Result<std::optional<Outbox::RelayBatch>> Outbox::next(const store::View& view, Timestamp now) {
    // A clock that went backwards must not stretch the delay.
    const bool is_delayed = failures_ > 0 && now >= failed_at_ && now < retry_at_;
    if (sent_ != relayed_ || durable_ == sent_ || is_delayed) return std::optional<RelayBatch>();

    RelayBatch out;
    take_cached(out);
    if (out.numbers.empty()) ONPUT_TRY_VOID(take_stored(view, out));
    sent_ = out.numbers.back();
    check_invariants();
    return out;
}

void Outbox::take_cached(RelayBatch& out) {
    std::size_t bytes = 0;
    std::uint64_t number = sent_;
    while (!cache_.empty() && number < durable_ && out.numbers.size() < schema::append_events_max) {
        const std::size_t size = cache_.front().size();
        if (!out.numbers.empty() && bytes + size > relay_batch_bytes_max) break;
        bytes += size;
        cache_bytes_ -= size;
        out.numbers.push_back(++number);
        out.events.push_back(std::move(cache_.front()));
        cache_.pop_front();
    }
}

Result<void> Outbox::take_stored(const store::View& view, RelayBatch& out) {
    const store::Range range{.from = rows_.key(sent_ + 1), .to = rows_.key(durable_ + 1)};
    ONPUT_TRY(auto rows,
              view.scan(rows_.partition, range, {stored_rows_max, relay_batch_bytes_max}));
    std::size_t bytes = 0;
    for (auto& row : rows) {
        if (!out.numbers.empty() && bytes + row.value.size() > relay_batch_bytes_max) break;
        ONPUT_TRY(const std::uint64_t number, rows_.number_of(row.key));
        bytes += row.value.size();
        out.numbers.push_back(number);
        out.events.push_back(std::move(row.value));
    }
    if (out.numbers.empty()) {
        return fail(ErrorCode::corruption, "outbox row " + std::to_string(sent_ + 1) + " is gone");
    }
    return {};
}

void Outbox::on_appended(std::uint64_t through, Timestamp now) {
    if (sent_ == relayed_) return;  // A second answer to one hand-over.
    const std::uint64_t taken = std::min(through, sent_);
    if (taken <= relayed_) {
        // An answer that confirms nothing of what was sent: trying at once would spin.
        on_failed(now);
        return;
    }
    if (taken < sent_) forget_cache();
    sent_ = relayed_ = taken;
    failures_ = 0;
    check_invariants();
}

void Outbox::on_failed(Timestamp now) {
    if (sent_ == relayed_) return;
    forget_cache();
    sent_ = relayed_;
    if (failures_ < delay_doublings_max) ++failures_;
    failed_at_ = now;
    retry_at_ = now + delay_after(failures_);
    check_invariants();
}

std::optional<Timestamp> Outbox::next_wakeup() const {
    if (failures_ == 0 || sent_ != relayed_ || durable_ == sent_) return std::nullopt;
    return retry_at_;
}

std::uint64_t Outbox::trim(store::Batch& batch) {
    const std::uint64_t through = std::min(relayed_, removed_ + trim_rows_max);
    while (removed_ < through) batch.remove(rows_.key(++removed_));
    check_invariants();
    return removed_;
}

void Outbox::forget_cache() {
    cache_.clear();
    cache_bytes_ = 0;
}

void Outbox::check_invariants() const {
    ONPUT_CHECK(removed_ <= relayed_ && relayed_ <= sent_);
    ONPUT_CHECK(sent_ <= durable_ && durable_ <= last_);
    ONPUT_CHECK(sent_ + cache_.size() <= last_);
    ONPUT_CHECK(cache_bytes_ <= outbox_cache_bytes_max);
}

}  // namespace onput::outbox

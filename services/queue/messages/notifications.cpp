#include "services/queue/messages/notifications.hpp"

namespace onput::queue {
namespace {

constexpr std::size_t source_digits = 32;
constexpr std::size_t event_id_digits = 32;

}  // namespace

Result<void> Notifications::restore(const store::View& view) {
    ONPUT_TRY(const auto row, view.get(partition, outbox_key()));
    is_recorded_ = row.has_value();
    if (row) {
        ONPUT_TRY(record_, schema::decode<OutboxRecord>(*row));
    } else {
        record_.source = random_.hex(source_digits);
        ONPUT_TRY(record_.relayed_through, outbox::find_before_first(view, outbox_rows()));
    }
    ONPUT_TRY(const std::uint64_t last,
              outbox::find_last(view, outbox_rows(), record_.relayed_through));
    outbox_.restore({.relayed_through = record_.relayed_through, .last = last});
    if (view.is_complete()) return {};
    // Numbers that only missing rows had may be given again: to the notifier they are another's.
    record_.source = random_.hex(source_digits);
    is_recorded_ = false;
    return {};
}

void Notifications::add(const JobEnd& end, store::Batch& batch) {
    if (topic_of(end).empty()) return;
    add(notification_of(end), batch);
}

void Notifications::add(schema::TopicMessage message, store::Batch& batch) {
    message.event_id = random_.hex(event_id_digits);
    message.message_id = random_.uuid();
    add_row(schema::encode(message), batch);
    ++added_;
}

void Notifications::add(schema::BusEvent event, store::Batch& batch) {
    event.event_id = random_.hex(event_id_digits);
    add_row(schema::encode(event), batch);
    ++added_;
}

void Notifications::add(schema::JobFailed failed, store::Batch& batch) {
    if (topics_ == Topics::unreachable) return;
    failed.event_id = random_.hex(event_id_digits);
    add_row(schema::encode(failed), batch);
}

void Notifications::add(const JobAdvance& advance, store::Batch& batch) {
    if (topics_ == Topics::unreachable || !advance.is_told()) return;
    schema::JobProgress progress = job_progress_of(advance);
    progress.event_id = random_.hex(event_id_digits);
    add_row(schema::encode(progress), batch);
}

void Notifications::add_row(std::string encoded, store::Batch& batch) {
    // A source is recorded with its first event: numbers of an unknown one would be taken for new.
    if (!is_recorded_) batch.put(outbox_key(), schema::encode(record_));
    is_recorded_ = true;
    const std::uint64_t number = outbox_.next_number();
    outbox_.add(number, encoded);
    batch.put(outbox_rows().key(number), std::move(encoded));
}

void Notifications::on_time(Timestamp now, store::Batch& batch) {
    const auto due = next_time(now);
    if (!due || *due > now) return;
    trimmed_at_ = now;
    record_.relayed_through = outbox_.trim(batch);
    batch.put(outbox_key(), schema::encode(record_));
}

std::optional<Timestamp> Notifications::next_time(Timestamp now) const {
    if (outbox_.trimmable() == 0) return {};
    // At once as well after the clock was set back.
    if (outbox_.trimmable() >= outbox::trim_rows_max || trimmed_at_ > now) return now;
    return trimmed_at_ + notifications_trim_period;
}

}  // namespace onput::queue

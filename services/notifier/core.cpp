#include "services/notifier/core.hpp"

#include <algorithm>

#include "common/base/check.hpp"
#include "services/notifier/trace.hpp"

namespace onput::notifier {
namespace {

Result<void> check_request(const schema::AppendEvents& request,
                           std::span<const std::string_view> events) {
    const auto invalid = [](std::string what) {
        return fail(ErrorCode::invalid_argument, "append to the journal: " + std::move(what));
    };
    if (request.source.empty() || request.source.size() > source_bytes_max) {
        return invalid("the source's name is empty or too long");
    }
    if (request.numbers.size() != events.size()) {
        return invalid("there are not as many events as numbers");
    }
    if (events.size() > schema::append_events_max) return invalid("there are too many events");
    if (!std::ranges::is_sorted(request.numbers, std::ranges::less_equal{})) {
        return invalid("the numbers do not rise");
    }
    for (const auto event : events) {
        if (event.size() > event_bytes_max) return invalid("an event is too large");
    }
    return {};
}

Result<void> check_event(const schema::ObjectEvent& event) {
    const auto invalid = [](std::string what) {
        return fail(ErrorCode::invalid_argument, "append to the journal: " + std::move(what));
    };
    if (event.event_id.empty()) return invalid("an event has no id");
    if (event.owed.size() > owed_per_event_max) {
        return invalid("event " + event.event_id + " is owed to too many");
    }
    for (const auto& owed : event.owed) {
        // A zero byte would end the name early in the rows' keys.
        if (owed.arn.empty() || owed.arn.size() > arn_bytes_max ||
            owed.arn.find('\0') != std::string::npos) {
            return invalid("event " + event.event_id + " is owed to an impossible name");
        }
    }
    return {};
}

}  // namespace

NotifierCore::NotifierCore(const CoreOptions& options, const store::View& view, Random random)
    : options_(options),
      view_(view),
      random_(random),
      journal_(view),
      deliveries_(options.deliveries, view, journal_, Random(random_.next())) {}

Result<void> NotifierCore::restore(Effects& effects) {
    store::Batch batch{std::string(partition)};
    ONPUT_TRY_VOID(journal_.restore(random_.hex(32), batch));
    ONPUT_TRY_VOID(deliveries_.restore());
    effects.writes.push_back(std::move(batch));
    check_invariants();
    return {};
}

Result<std::vector<schema::ObjectEvent>> NotifierCore::decode_new(
    const schema::AppendEvents& request, std::span<const std::string_view> events) const {
    const std::uint64_t through = journal_.through(request.source);
    std::vector<schema::ObjectEvent> decoded;
    for (std::size_t i = 0; i < events.size(); ++i) {
        if (request.numbers[i] <= through) continue;
        ONPUT_TRY(auto event, schema::decode<schema::ObjectEvent>(events[i]));
        ONPUT_TRY_VOID(check_event(event));
        ONPUT_TRY_VOID(deliveries_.admit(event));
        decoded.push_back(std::move(event));
    }
    return decoded;
}

Result<schema::EventsAppended> NotifierCore::append(const schema::AppendEvents& request,
                                                    std::span<const std::string_view> events,
                                                    const Caller& caller, Effects& effects) {
    ONPUT_TRY_VOID(check_request(request, events));
    ONPUT_TRY_VOID(journal_.admit(request.source));
    // Everything that can fail comes before the first change.
    ONPUT_TRY(auto decoded, decode_new(request, events));
    repeated_ += events.size() - decoded.size();
    if (decoded.empty()) return schema::EventsAppended{journal_.through(request.source)};

    store::Batch batch{std::string(partition)};
    std::size_t batch_events = 0;
    std::size_t batch_bytes = 0;
    // Numbers rise, so the new ones are the last ones.
    const auto bytes = events.last(decoded.size());
    const auto numbers = std::span(request.numbers).last(decoded.size());
    for (std::size_t i = 0; i < decoded.size(); ++i) {
        auto record = journal_.append(std::move(decoded[i]), bytes[i], caller.now, batch);
        const JournalEntry* entry = journal_.recent(record.sequence);
        ONPUT_CHECK(entry != nullptr);
        deliveries_.owe(*entry);
        count(record.type);
        effects.published.push_back(std::move(record));
        batch_bytes += bytes[i].size();
        const bool is_full =
            ++batch_events == batch_events_max || batch_bytes >= batch_event_bytes_max;
        if (!is_full && i + 1 < decoded.size()) continue;
        close_batch(request.source, numbers[i], std::move(batch), effects);
        batch = store::Batch{std::string(partition)};
        batch_events = 0;
        batch_bytes = 0;
    }
    return schema::EventsAppended{.through = request.numbers.back()};
}

void NotifierCore::close_batch(const std::string& source, std::uint64_t through, store::Batch batch,
                               Effects& effects) {
    journal_.write_state(batch);
    journal_.set_through(source, through, batch);
    deliveries_.write_owed(batch);
    effects.writes.push_back(std::move(batch));
}

void NotifierCore::on_durable(std::uint64_t sequence) {
    ONPUT_CHECK(sequence <= journal_.head());
    durable_ = std::max(durable_, sequence);
    deliveries_.set_durable(durable_);
}

Result<void> NotifierCore::on_time(Timestamp now, Effects& effects) {
    ONPUT_TRY_VOID(deliveries_.give_up_old(now, effects));
    const bool is_time = now >= trimmed_at_ + trim_interval || now < trimmed_at_;
    if (!is_time && !has_more_to_trim_) return {};
    trimmed_at_ = now;
    store::Batch batch{std::string(partition)};
    // Readers of the bus may still be on their way to what is not durable.
    const std::uint64_t needed_from =
        std::min(deliveries_.needed_from().value_or(durable_ + 1), durable_ + 1);
    ONPUT_TRY(const bool has_more_records,
              journal_.trim({.older_than = now - options_.retention_age,
                             .records_max = options_.retention_records_max,
                             .needed_from = needed_from},
                            batch));
    ONPUT_TRY(const bool has_more_rows, deliveries_.sweep(batch));
    has_more_to_trim_ = has_more_records || has_more_rows;
    if (!batch.empty()) effects.writes.push_back(std::move(batch));
    return {};
}

Timestamp NotifierCore::next_wakeup(Timestamp now) const {
    if (has_more_to_trim_ || now < trimmed_at_) return now;
    const Timestamp trim_at = trimmed_at_ + trim_interval;
    return std::max(now, std::min(trim_at, deliveries_.next_wakeup(now).value_or(trim_at)));
}

Result<schema::TraceStory> NotifierCore::trace(const schema::TraceQuery& query) const {
    return tell_trace(view_, journal_, deliveries_, query.trace_id);
}

schema::BusHead NotifierCore::durable_head(Timestamp now) const {
    return {.epoch = journal_.epoch(), .sequence = durable_, .time = now, .type = "head"};
}

void NotifierCore::count(const std::string& type) {
    const auto found = appended_by_type_.find(type);
    if (found != appended_by_type_.end()) {
        ++found->second;
    } else if (appended_by_type_.size() < counted_types_max) {
        appended_by_type_.emplace(type, 1);
    }
}

std::vector<schema::Metric> NotifierCore::metrics(Timestamp now) const {
    std::vector<schema::Metric> metrics;
    const auto add = [&metrics](std::string name, std::uint64_t value) {
        metrics.push_back({.name = std::move(name), .value = static_cast<double>(value)});
    };
    for (const auto& [type, appended] : appended_by_type_) {
        add("onput_journal_appended_total{type=\"" + escape_label(type) + "\"}", appended);
    }
    add("onput_journal_repeated_total", repeated_);
    add("onput_journal_head_sequence", journal_.head());
    add("onput_journal_records", journal_.head() + 1 - journal_.first());
    deliveries_.add_metrics(now, metrics);
    return metrics;
}

void NotifierCore::check_invariants() const {
    ONPUT_CHECK(durable_ <= journal_.head());
    journal_.check_invariants();
    deliveries_.check_invariants();
}

}  // namespace onput::notifier

#include "services/queue/commands/event_sources.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/schema/trace_header.hpp"
#include "services/queue/messages/event_batch.hpp"
#include "services/queue/messages/receipt.hpp"
#include "services/queue/messages/rows.hpp"
#include "services/queue/messages/text.hpp"

namespace onput::queue {
namespace {

constexpr std::size_t shown_arn_bytes_max = 256;

std::unexpected<Error> invalid(std::string message) {
    return fail(ErrorCode::invalid_argument, std::move(message), "InvalidParameterValue");
}

schema::ReceivedMessage show(const Queue& queue, const Leased& leased,
                             std::string_view receipt_key) {
    const MessageRecord& record = leased.record;
    return {.message_id = record.message_id,
            .receipt_handle = format_receipt(
                {.queue = queue.number, .message = leased.number, .lease = leased.status.lease},
                receipt_key),
            .body = record.body,
            .attributes = record.attributes,
            .receive_count = leased.status.receive_count,
            .sent_at = leased.status.sent_at,
            .first_received_at = leased.status.first_received_at,
            .sender_id = record.sender_id,
            .trace_header = record.trace_header};
}

}  // namespace

// --- Commands -----------------------------------------------------------------------------------

Result<void> EventSources::restore() {
    return for_each_row(
        parts_.view, event_source_rows(), [this](const store::Row& row) -> Result<void> {
            ONPUT_TRY(auto record, schema::decode<schema::EventSourceMapping>(row.value));
            auto mapping = make(record);
            // With filters that are none any more it hands out nothing.
            if (!mapping) {
                record.is_enabled = false;
                mapping = Mapping{.record = record, .filters = {}};
            }
            mark_function(*mapping);
            mappings_.emplace(record.id, *std::move(mapping));
            return {};
        });
}

// Its jobs may be batches: they are looked at when they end.
void EventSources::mark_function(const Mapping& mapping) {
    const auto address = parts_.catalogue.parse_function_arn(mapping.record.function_arn);
    if (!address) return;
    for (Queue* queue : parts_.catalogue.versions_of(address->account, address->name))
        queue->has_batches = true;
}

Result<EventSources::Mapping> EventSources::make(const schema::EventSourceMapping& record) const {
    Mapping mapping{.record = record, .filters = {}};
    for (const std::string& filter : record.filters) {
        auto parsed = pattern::FilterPolicy::parse(filter, pattern::FilterScope::message_body);
        if (!parsed) {
            return invalid("Invalid filter pattern definition. (Service: Lambda) " +
                           parsed.error().message);
        }
        mapping.filters.push_back(*std::move(parsed));
    }
    return mapping;
}

Result<void> EventSources::check_numbers(const schema::EventSourceMapping& mapping) const {
    if (mapping.batch_messages < 1 || mapping.batch_messages > schema::batch_messages_max)
        return invalid("a batch has 1 to 10000 messages");
    if (mapping.batch_window_s > schema::batch_window_s_max)
        return invalid("a batch's window is 0 to 300 seconds");
    if (mapping.batch_messages > schema::batch_messages_without_window_max &&
        mapping.batch_window_s == 0) {
        return invalid(
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is "
            "greater than 10");
    }
    const bool is_limited = mapping.concurrency != 0;
    if (is_limited && (mapping.concurrency < schema::mapping_concurrency_min ||
                       mapping.concurrency > schema::mapping_concurrency_max))
        return invalid("a mapping's maximum concurrency is 2 to 1000");
    if (mapping.filters.size() > schema::mapping_filters_max)
        return invalid("a mapping has at most 10 filters");
    for (const std::string& filter : mapping.filters) {
        if (filter.size() > schema::mapping_filter_bytes_max)
            return invalid("a filter's pattern has at most 4096 bytes");
    }
    return {};
}

Result<void> EventSources::check(const schema::EventSourceMapping& mapping) const {
    ONPUT_TRY_VOID(check_numbers(mapping));
    const Queue* source = parts_.catalogue.find_arn(mapping.queue_arn);
    if (source == nullptr || source->function || source->account != mapping.account) {
        return invalid(
            fmt::format("Error occurred while ReceiveMessage. SQS Error Code: "
                        "AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: "
                        "The queue {} is not there, or not yours.",
                        cut_bytes(mapping.queue_arn, shown_arn_bytes_max)));
    }
    const Queue* target = parts_.catalogue.find_arn(mapping.function_arn);
    if (target == nullptr || !target->function || target->account != mapping.account) {
        return fail(ErrorCode::not_found, "Function not found: " + mapping.function_arn,
                    "ResourceNotFound");
    }
    if (target->function->function.worker != "function")
        return invalid("only functions of the worker 'function' can be mapped to a queue");
    const std::uint32_t timeout_s = target->function->function.timeout_s;
    if (source->settings.visibility_s < timeout_s) {
        return invalid(
            fmt::format("Queue visibility timeout: {} seconds is less than Function "
                        "timeout: {} seconds",
                        source->settings.visibility_s, timeout_s));
    }
    return {};
}

Result<const EventSources::Mapping*> EventSources::find(const std::string& id,
                                                        const Caller& caller) const {
    const auto found = mappings_.find(id);
    if (found != mappings_.end() && found->second.record.account == caller.principal.account)
        return &found->second;
    return fail(ErrorCode::not_found, "The resource you requested does not exist.",
                "ResourceNotFound");
}

Result<schema::EventSourceMapping> EventSources::put(const schema::PutEventSourceMapping& request,
                                                     const Caller& caller, Effects& effects) {
    schema::EventSourceMapping record = request.mapping;
    record.account = caller.principal.account;
    record.modified_at = caller.now;
    const bool is_new = record.id.empty();
    if (!is_new) ONPUT_TRY_VOID(find(record.id, caller));
    std::size_t of_account = 0;
    for (const auto& [id, mapping] : mappings_) {
        if (mapping.record.account == record.account) ++of_account;
        const bool is_same = id != record.id && mapping.record.queue_arn == record.queue_arn &&
                             mapping.record.function_arn == record.function_arn;
        if (!is_same) continue;
        return fail(ErrorCode::conflict,
                    fmt::format("An event source mapping with SQS arn (\" {} \") and function (\" "
                                "{} \") already exists. Please update or delete the existing "
                                "mapping with UUID {}",
                                record.queue_arn, record.function_arn, id),
                    "ResourceConflict");
    }
    if (is_new && of_account >= schema::mappings_per_account_max) {
        return fail(ErrorCode::resource_exhausted,
                    "this account has too many event source mappings", "OverLimit");
    }
    ONPUT_TRY_VOID(check(record));
    if (is_new) record.id = parts_.random.uuid();
    ONPUT_TRY(Mapping mapping, make(record));
    mark_function(mapping);
    const auto before = mappings_.find(record.id);
    if (before != mappings_.end()) mapping.running = std::move(before->second.running);
    mappings_.insert_or_assign(record.id, std::move(mapping));
    effects.batch().put(event_source_key(record.id), schema::encode(record));
    return record;
}

Result<schema::EventSourceMapping> EventSources::get(const schema::GetEventSourceMapping& request,
                                                     const Caller& caller) const {
    ONPUT_TRY(const Mapping* mapping, find(request.id, caller));
    return mapping->record;
}

Result<schema::EventSourceMappingList> EventSources::list(const schema::ListEventSourceMappings&,
                                                          const Caller& caller) const {
    schema::EventSourceMappingList list;
    for (const auto& [id, mapping] : mappings_) {
        if (mapping.record.account == caller.principal.account)
            list.mappings.push_back(mapping.record);
    }
    return list;
}

Result<schema::EventSourceMapping> EventSources::remove(
    const schema::DeleteEventSourceMapping& request, const Caller& caller, Effects& effects) {
    ONPUT_TRY(const Mapping* mapping, find(request.id, caller));
    schema::EventSourceMapping record = mapping->record;
    mappings_.erase(record.id);
    effects.batch().remove(event_source_key(record.id));
    return record;
}

// --- Batches ------------------------------------------------------------------------------------

bool EventSources::has_worker_for(const Queue& function) const {
    return std::ranges::any_of(parts_.workers.all(), [&function](const auto& entry) {
        return entry.second->serves(function) && entry.second->can_take();
    });
}

bool EventSources::is_due(Mapping& mapping, const Queue& source, Timestamp now) {
    const schema::EventSourceMapping& record = mapping.record;
    if (source.messages.count(MessageState::visible) >= record.batch_messages) return true;
    if (!mapping.waiting_since) mapping.waiting_since = now;
    return *mapping.waiting_since + std::chrono::seconds(record.batch_window_s) <= now;
}

Queue* EventSources::target_of(Mapping& mapping, Queue& source, Timestamp now) {
    const auto address = parts_.catalogue.parse_function_arn(mapping.record.function_arn);
    if (!address) return nullptr;
    std::erase_if(mapping.running, [this](const auto& batch) {
        const Queue* queue = parts_.catalogue.find(batch.first);
        return queue == nullptr || queue->messages.find(batch.second) == nullptr;
    });
    const std::uint32_t most = mapping.record.concurrency;
    if (most != 0 && mapping.running.size() >= most) return nullptr;
    Queue* target = parts_.catalogue.draw_version(address->account, address->name,
                                                  address->qualifier, parts_.random);
    const bool is_free = target != nullptr && target->messages.count(MessageState::visible) == 0 &&
                         parts_.dispatcher.free_concurrency(*target) > 0 && has_worker_for(*target);
    return is_free && is_due(mapping, source, now) ? target : nullptr;
}

Result<bool> EventSources::serve(Timestamp now, Effects& effects) {
    bool has_made = false;
    for (auto& [id, mapping] : mappings_) {
        if (!mapping.record.is_enabled) continue;
        Queue* source = parts_.catalogue.find_arn(mapping.record.queue_arn);
        const bool has_messages = source != nullptr && !source->function &&
                                  source->messages.count(MessageState::visible) > 0 &&
                                  source->messages.count(MessageState::in_flight) < in_flight_max;
        if (!has_messages) {
            mapping.waiting_since.reset();
            continue;
        }
        Queue* target = target_of(mapping, *source, now);
        if (target == nullptr) continue;
        mapping.waiting_since.reset();
        ONPUT_TRY(const bool made, make_batch(mapping, *source, *target, now, effects));
        has_made = has_made || made;
    }
    return has_made;
}

Result<bool> EventSources::make_batch(Mapping& mapping, Queue& source, Queue& target, Timestamp now,
                                      Effects& effects) {
    const schema::EventSourceMapping& settings = mapping.record;
    MessageRecord job;
    job.batch_queue = source.number.get();
    job.reports_failures = settings.reports_failures;
    std::vector<std::string> records;
    std::size_t bytes = 0;
    std::size_t looked_at = 0;
    while (records.size() < settings.batch_messages && bytes < batch_bytes_max &&
           looked_at < batch_looked_at_max) {
        ONPUT_TRY(const auto leased,
                  parts_.messages.lease_oldest(
                      source, {.now = now, .visibility = source.lane_visibility()}, effects));
        if (!leased) break;
        ++looked_at;
        ONPUT_TRY(const bool was_in_loop,
                  parts_.messages.end_loop(source, *leased, target, now, effects));
        if (was_in_loop) continue;
        std::string record =
            batch_record(show(source, *leased, parts_.counters.receipt_key()),
                         {.queue_arn = source.arn, .region = parts_.catalogue.region()});
        if (!passes(mapping.filters, record, leased->record.body)) {
            ONPUT_TRY_VOID(
                parts_.messages.remove(source, leased->number, now, schema::JobOutcome{}, effects));
            continue;
        }
        bytes += record.size();
        job.batch.push_back({.message = leased->number.get(),
                             .lease = leased->status.lease.get(),
                             .id = leased->record.message_id});
        job.trace = leased->record.trace;
        // The one that is nearest to a loop speaks for all.
        const auto loops = [&target](const std::string& header) {
            return schema::loops_in(header, target.arn);
        };
        if (job.trace_header.empty() ||
            loops(leased->record.trace_header) > loops(job.trace_header))
            job.trace_header = leased->record.trace_header;
        job.is_logged = job.is_logged || leased->record.is_logged;
        records.push_back(std::move(record));
    }
    if (records.empty()) return looked_at > 0;
    job.message_id = parts_.random.uuid();
    job.body = batch_event(records);
    ++job.trace.depth;
    target.has_batches = true;
    const MessageNumber number =
        parts_.messages.add(target, std::move(job), now, Duration::zero(), effects);
    mapping.running.emplace(target.number, number);
    return true;
}

std::optional<Timestamp> EventSources::next_time(Timestamp now) const {
    std::optional<Timestamp> next;
    for (const auto& [id, mapping] : mappings_) {
        if (!mapping.waiting_since) continue;
        const Timestamp end =
            *mapping.waiting_since + std::chrono::seconds(mapping.record.batch_window_s);
        if (end > now && (!next || end < *next)) next = end;
    }
    return next;
}

void EventSources::shift(Duration by) {
    for (auto& [id, mapping] : mappings_) {
        if (mapping.waiting_since) *mapping.waiting_since += by;
    }
}

}  // namespace onput::queue

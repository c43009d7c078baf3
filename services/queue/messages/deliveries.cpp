#include "services/queue/messages/deliveries.hpp"

#include <algorithm>

#include "common/base/check.hpp"

namespace onput::queue {
namespace {

MessageRecord record_of(const schema::Deliver& request, const schema::DeliverItem& item) {
    MessageRecord record;
    record.message_id = item.message_id;
    record.body = item.body;
    record.attributes = item.attributes;
    record.sender_id = request.service;
    record.trace_header = item.trace_header;
    record.group_id = item.group_id;
    record.event_id = item.event_id;
    record.is_logged = !item.trace.trace_id.empty();
    // Whoever works on it acts because of this event.
    record.trace = {.trace_id = item.trace.trace_id,
                    .cause_event_id = item.event_id,
                    .depth = item.trace.depth + 1};
    return record;
}

}  // namespace

Result<Queue*> Deliveries::find(const std::string& arn) const {
    if (Queue* queue = catalogue_.find_arn(arn)) return queue;
    if (arn.starts_with("arn:aws:lambda:")) {
        return fail(ErrorCode::not_found, "Function not found: " + arn, "ResourceNotFound");
    }
    return fail(ErrorCode::not_found, "The specified queue does not exist.", "QueueDoesNotExist");
}

Result<schema::Empty> Deliveries::authorize(const schema::AuthorizeDelivery& request,
                                            const Caller& caller) const {
    ONPUT_TRY(const Queue* queue, find(request.destination_arn));
    ONPUT_TRY_VOID(check_sender(*queue, request.destination_arn,
                                {.service = request.service,
                                 .source_arn = request.source_arn,
                                 .source_account = request.source_account,
                                 .now = caller.now}));
    return schema::Empty{};
}

Result<void> Deliveries::check_sender(const Queue& queue, const std::string& arn,
                                      const ServiceOrigin& call) const {
    if (!queue.function) return check_service(queue, call);
    const auto address = catalogue_.parse_function_arn(arn);
    ONPUT_CHECK(address.has_value());
    const Queue* function = catalogue_.find_function(address->account, address->name);
    ONPUT_CHECK(function != nullptr);
    return check_service(*function, address->qualifier, call);
}

Queue& Deliveries::pick(Queue& found, const std::string& arn) {
    const auto address = catalogue_.parse_function_arn(arn);
    if (!address) return found;
    return *catalogue_.draw_version(address->account, address->name, address->qualifier, random_);
}

Result<void> Deliveries::check_item(const Queue& queue, const schema::Deliver& request,
                                    const schema::DeliverItem& item, const Caller& caller) const {
    ONPUT_TRY_VOID(check_sender(queue, request.destination_arn,
                                {.service = request.service,
                                 .source_arn = item.source_arn,
                                 .source_account = item.source_account,
                                 .now = caller.now}));
    const std::size_t bytes_max =
        queue.function ? schema::message_body_bytes_max : queue.settings.message_bytes_max;
    ONPUT_TRY_VOID(check_body(item.body, bytes_max));
    return check_attributes(item.attributes, item.body.size(), bytes_max);
}

Result<schema::Delivered> Deliveries::deliver(const schema::Deliver& request, const Caller& caller,
                                              Effects& effects) {
    ONPUT_TRY(Queue * queue, find(request.destination_arn));
    // By the ARN that was named: the version behind an alias may be another one by the next time.
    const std::string key =
        delivery_mark_key(request.source, queue->function ? request.destination_arn : queue->arn);
    if (key.size() > store::key_bytes_max) {
        return fail(ErrorCode::invalid_argument, "the name of the source is too long");
    }
    ONPUT_TRY(const auto row, view_.get(partition, key));
    DeliveryMarkRecord mark;
    if (row) {
        ONPUT_TRY(mark, schema::decode<DeliveryMarkRecord>(*row));
    }
    schema::Delivered delivered{.through = mark.through, .refused = {}};
    const auto delay = std::chrono::seconds(queue->function ? 0 : queue->settings.delay_s);
    for (const schema::DeliverItem& item : request.items) {
        if (item.number <= mark.through) {
            const auto before =
                std::ranges::find(mark.refused, item.event_id, &schema::EntryResult::id);
            if (before != mark.refused.end()) delivered.refused.push_back(*before);
            continue;
        }
        if (const auto room = messages_.check_room(); !room) {
            // What fits is taken; the rest stays with the notifier.
            if (delivered.through == mark.through) return std::unexpected(room.error());
            break;
        }
        delivered.through = item.number;
        const auto checked = check_item(*queue, request, item, caller);
        if (checked) {
            Queue& target = pick(*queue, request.destination_arn);
            MessageRecord record = record_of(request, item);
            record.alias = catalogue_.alias_of(request.destination_arn);
            messages_.add(target, std::move(record), caller.now, delay, effects);
            continue;
        }
        delivered.refused.push_back({.id = item.event_id,
                                     .message_id = {},
                                     .error_reason = checked.error().reason,
                                     .error_message = checked.error().message});
    }
    if (delivered.through == mark.through) return delivered;
    mark = {.through = delivered.through,
            .refused = delivered.refused,
            .taken_at = messages_.stamp(caller.now)};
    effects.batch().put(key, schema::encode(mark));
    return delivered;
}

Result<void> Deliveries::on_time(Timestamp age_now, store::Batch& batch) {
    if (next_mark_.empty()) {
        if (age_now >= round_at_ && age_now < round_at_ + marks_round_interval) return {};
        round_at_ = age_now;
        next_mark_ = delivery_mark_rows().from;
    }
    const store::Range range{.from = next_mark_, .to = delivery_mark_rows().to};
    ONPUT_TRY(const auto rows,
              view_.scan(partition, range, {marks_pruned_at_once, marks_bytes_at_once}));
    next_mark_.clear();
    for (const store::Row& row : rows) {
        next_mark_ = row.key + '\0';
        ONPUT_TRY(auto mark, schema::decode<DeliveryMarkRecord>(row.value));
        if (mark.taken_at == Timestamp{}) {
            // Of a release that did not say when.
            mark.taken_at = age_now;
            batch.put(row.key, schema::encode(mark));
        } else if (mark.taken_at + delivery_mark_age_max <= age_now) {
            batch.remove(row.key);
        }
    }
    return {};
}

}  // namespace onput::queue

#include "services/notifier/delivery/one_by_one.hpp"

#include <algorithm>
#include <variant>

#include <fmt/format.h>

#include "common/base/check.hpp"
#include "services/notifier/delivery/retry.hpp"
#include "services/notifier/destinations/api_request.hpp"
#include "services/notifier/rules/event_document.hpp"
#include "services/notifier/rules/target_input.hpp"

namespace onput::notifier {
namespace {

Result<ApiCall> call_for(const DeliveryContext& context) {
    const BusTarget& owner = *context.target;
    return context.parts.connections.find_call(owner.target.arn, owner.account);
}

EndpointLimits limits_of(const DeliveryContext& context) {
    if (context.target != nullptr) {
        const auto call = call_for(context);
        if (!call) return {.open_max = http_open_max};
        return {.open_max = http_open_max,
                .receives_per_second_max = call->destination.rate_per_second,
                .rate = &call->rate};
    }
    const Subscription& subscription = *context.subscription;
    const bool is_http = subscription.protocol == "http" || subscription.protocol == "https";
    return {.open_max = is_http ? http_open_max : mail_open_max,
            .receives_per_second_max = subscription.delivery_policy.receives_per_second_max};
}

// What is missing to reach the endpoint; empty: nothing.
std::string lack_of(const DeliveryContext& context) {
    if (context.target != nullptr) {
        const auto call = call_for(context);
        const bool is_lacking = !call && call.error().code == ErrorCode::unavailable;
        return is_lacking ? call.error().message : std::string();
    }
    const auto found = context.unconfigured.find(context.subscription->protocol);
    return found == context.unconfigured.end() ? std::string() : found->second;
}

Duration age_max_of(const DeliveryContext& context) {
    if (context.target == nullptr) return context.age_max;
    return std::chrono::seconds(
        context.target->target.age_seconds_max.value_or(schema::target_age_seconds_max));
}

OutboundAnswer refused(std::string error) {
    return {.verdict = OutboundVerdict::refused, .error = std::move(error)};
}

// When a target's message that failed is tried again: by the target's policy, and not before the
// endpoint wants it. Nothing: not at all, and the outcome says which limit ended it.
std::optional<Duration> target_delay(AttemptOutcome& outcome, const OutboundAnswer& answer,
                                     const DeliveryContext& context, Random& random) {
    constexpr std::int32_t too_many_requests = 429;
    const schema::EventTarget& target = context.target->target;
    if (outcome.attempt > target.retries_max.value_or(schema::target_retries_max)) {
        outcome.exhausted = "MaximumRetryAttempts";
        return std::nullopt;
    }
    const std::int64_t wanted_s = answer.retry_after_s.value_or(0);
    if (wanted_s < 0) return std::nullopt;
    const FailureKind kind =
        answer.status_code == too_many_requests ? FailureKind::refused : FailureKind::unreachable;
    const Duration age_max = age_max_of(context);
    // Beyond the age there is no retry, however much was asked for.
    const Duration wanted =
        std::chrono::seconds(std::min<std::int64_t>(wanted_s, schema::target_age_seconds_max + 1));
    const Duration delay = std::max(retry_delay(kind, outcome.attempt - 1, random), wanted);
    if (context.parts.age.at(context.now) + delay - outcome.item.time > age_max) {
        outcome.exhausted = "MaximumEventAgeInSeconds";
        return std::nullopt;
    }
    return delay;
}

Result<Sending> call_of(const NextAttempt& attempt, const DeliveryContext& context) {
    const BusTarget& owner = *context.target;
    Sending sending{.number = attempt.item.number};
    const auto call = call_for(context);
    if (!call) {
        sending.known_answer = refused(call.error().message);
        return sending;
    }
    ONPUT_TRY(const auto entry,
              context.parts.recorder.journal().load(sequence_of(attempt.item.number)));
    ONPUT_CHECK(entry->bus_event() != nullptr);
    const schema::BusEvent& event = *entry->bus_event();
    const std::string body = target_input(owner.target, event,
                                          {.rule_arn = owner.rule_arn,
                                           .rule_name = owner.rule_name,
                                           .ingested_at = entry->time,
                                           .is_of_schedule = owner.is_of_schedule()});
    auto request =
        api_request(*call, owner.target, {.document = event_document(event), .body = body});
    if (!request) {
        sending.known_answer = refused(request.error().message);
        return sending;
    }
    OutboundMessage message = *std::move(request);
    sending.bytes = bytes_of(message);
    sending.message = std::move(message);
    return sending;
}

}  // namespace

OneByOne::OneByOne(DestinationRecord record, std::map<std::uint64_t, AttemptRecord> waiting)
    : Destination(std::move(record)), waiting_(std::move(waiting)) {
    for (const auto& [number, attempt] : waiting_) by_time_.emplace(attempt.next_at, number);
    if (owed() > waiting_.size()) window_ = OwedWindow(sequence_of(record_.settled_number));
}

Result<std::optional<Sending>> OneByOne::begin_next(const DeliveryContext& context) {
    const EndpointLimits limits = limits_of(context);
    const auto attempt = next(context.steady, limits, context.durable);
    if (!attempt) return std::nullopt;
    const std::string lack = lack_of(context);
    const Timestamp age = context.parts.age.at(context.now);
    if (!lack.empty() && age < attempt->item.time + age_max_of(context)) {
        last_error = fmt::format("waiting: {}", lack);
        return std::nullopt;
    }
    begin(*attempt, context.steady, limits);
    if (!lack.empty()) {
        return Sending{
            .number = attempt->item.number,
            .known_answer = refused(fmt::format("too old; it waited in vain: {}", lack))};
    }
    ONPUT_TRY(Sending sending, sending_of(*attempt, context));
    return sending;
}

Result<Sending> OneByOne::sending_of(const NextAttempt& attempt,
                                     const DeliveryContext& context) const {
    if (context.target != nullptr) return call_of(attempt, context);
    const Subscription& subscription = *context.subscription;
    Sending sending{.number = attempt.item.number};
    ONPUT_TRY(const auto entry,
              context.parts.recorder.journal().load(sequence_of(attempt.item.number)));
    ONPUT_CHECK(entry->message() != nullptr);
    if (entry->message()->type == schema::TopicMessageType::subscription_confirmation &&
        subscription.is_confirmed) {
        sending.known_answer = OutboundAnswer{.verdict = OutboundVerdict::unneeded};
        return sending;
    }
    const Topic* topic = context.parts.topics.find(subscription.topic_arn);
    ONPUT_CHECK(topic != nullptr);
    auto message = context.parts.writer.outbound(*entry->message(), *topic, subscription);
    if (!message) {
        sending.known_answer = refused(message.error().message);
        return sending;
    }
    sending.bytes = bytes_of(*message);
    sending.message = *std::move(message);
    return sending;
}

NextAttempt OneByOne::attempt_in_flight(std::uint64_t number) const {
    if (const auto first = first_.find(number); first != first_.end()) {
        return {.item = {.number = number, .time = first->second}, .attempt = 1};
    }
    ONPUT_CHECK(again_.contains(number));
    const AttemptRecord& record = waiting_.at(number);
    return {.item = {.number = number, .time = record.time}, .attempt = record.attempts + 1};
}

Result<Settlement> OneByOne::on_answer(std::uint64_t number, const Answer& any_answer,
                                       const DeliveryContext& context, Random& random,
                                       store::Batch& batch) {
    const auto& answer = std::get<OutboundAnswer>(any_answer);
    const NextAttempt attempt = attempt_in_flight(number);
    AttemptOutcome outcome{.item = attempt.item,
                           .attempt = attempt.attempt,
                           .is_delivered = answer.verdict == OutboundVerdict::delivered,
                           .error = answer.error,
                           .status_code = answer.status_code,
                           .latency = answer.latency};
    if (outcome.is_delivered) {
        ++counts.delivered;
        note_success(context.now, attempt.item.time);
    } else if (answer.verdict == OutboundVerdict::refused) {
        ++counts.failed;
        ++counts.refused;
        note_failure(context.now, answer.error);
    } else if (answer.verdict == OutboundVerdict::failed) {
        fail_or_give_up(outcome, answer, context, random, batch);
    }
    Settlement settlement{.has_changed_row = true, .attempts = {}};
    if (!outcome.next_at) {
        settle(number);
        if (outcome.attempt > 1) batch.remove(attempt_key(arn(), number));
    }
    if (answer.verdict != OutboundVerdict::unneeded) {
        settlement.attempts.push_back(std::move(outcome));
    }
    return settlement;
}

void OneByOne::fail_or_give_up(AttemptOutcome& outcome, const OutboundAnswer& answer,
                               const DeliveryContext& context, Random& random,
                               store::Batch& batch) {
    ++counts.failed;
    note_failure(context.now, outcome.error);
    const auto delay =
        context.target != nullptr
            ? target_delay(outcome, answer, context, random)
            : delay_after(context.subscription->delivery_policy, outcome.attempt, random);
    if (!delay) {
        ++counts.given_up;
        return;
    }
    outcome.next_at = context.now + *delay;
    AttemptRecord record{.attempts = outcome.attempt,
                         .time = outcome.item.time,
                         .failed_at = context.steady,
                         .next_at = context.steady + *delay,
                         .last_error = last_error};
    batch.put(attempt_key(arn(), outcome.item.number), schema::encode(record));
    fail(outcome.item.number, std::move(record));
}

std::optional<Timestamp> OneByOne::next_wakeup(const DeliveryContext& context) const {
    if (wants_refill()) return context.steady;
    const EndpointLimits limits = limits_of(context);
    const auto at = next_at(context.steady, limits, context.durable);
    if (!at || lack_of(context).empty()) return at;
    // A start brings a configuration, and who changes a connection wakes its calls: until then
    // messages do nothing but grow too old.
    const auto attempt = next(*at, limits, context.durable);
    if (!attempt) return at;
    const Timestamp age = context.parts.age.at(context.now);
    return std::max(*at, context.steady + (attempt->item.time + age_max_of(context) - age));
}

bool OneByOne::has_fresh(std::uint64_t durable_sequence) const {
    return waiting_.size() < retries_max && !window_.items().empty() &&
           sequence_of(window_.items().front().number) <= durable_sequence;
}

bool OneByOne::is_due(std::uint64_t number, Timestamp now) const {
    const AttemptRecord& record = waiting_.at(number);
    return RetryTimes{.failed_at = record.failed_at, .next_at = record.next_at}.is_due(now);
}

std::optional<NextAttempt> OneByOne::next(Timestamp now, const EndpointLimits& limits,
                                          std::uint64_t durable_sequence) const {
    if (in_flight() >= limits.open_max || is_throttled(now, limits)) return std::nullopt;
    const bool is_fresh = has_fresh(durable_sequence);
    const std::size_t again_max = std::max<std::size_t>(limits.open_max / 2, 1);
    const bool may_retry = !is_fresh || again_.size() < again_max;
    if (may_retry && !by_time_.empty() && is_due(by_time_.begin()->second, now)) {
        const std::uint64_t number = by_time_.begin()->second;
        const AttemptRecord& record = waiting_.at(number);
        return NextAttempt{.item = {.number = number, .time = record.time},
                           .attempt = record.attempts + 1};
    }
    if (!is_fresh) return std::nullopt;
    return NextAttempt{.item = window_.items().front(), .attempt = 1};
}

std::optional<Timestamp> OneByOne::next_at(Timestamp now, const EndpointLimits& limits,
                                           std::uint64_t durable_sequence) const {
    if (in_flight() >= limits.open_max) return std::nullopt;
    const bool is_fresh = has_fresh(durable_sequence);
    if (!is_fresh && by_time_.empty()) return std::nullopt;
    Timestamp at = now;
    if (!is_fresh && !is_due(by_time_.begin()->second, now)) at = by_time_.begin()->first;
    if (is_throttled(now, limits)) at = std::max(at, rate_of(limits).opens_at());
    return at;
}

void OneByOne::begin(const NextAttempt& attempt, Timestamp now, const EndpointLimits& limits) {
    (limits.rate == nullptr ? rate_ : *limits.rate).begin(now);
    if (attempt.attempt == 1) {
        ONPUT_CHECK(!window_.items().empty());
        ONPUT_CHECK(window_.items().front().number == attempt.item.number);
        const Pending item = window_.pop_front();
        first_.emplace(item.number, item.time);
        return;
    }
    const auto found = waiting_.find(attempt.item.number);
    ONPUT_CHECK(found != waiting_.end());
    ONPUT_CHECK(by_time_.erase({found->second.next_at, found->first}) == 1);
    again_.insert(found->first);
}

void OneByOne::settle(std::uint64_t number) {
    if (again_.erase(number) > 0) {
        ONPUT_CHECK(waiting_.erase(number) == 1);
    } else {
        ONPUT_CHECK(first_.erase(number) == 1);
    }
    settled_early_.insert(number);
    advance();
}

void OneByOne::fail(std::uint64_t number, AttemptRecord record) {
    ONPUT_CHECK(first_.erase(number) + again_.erase(number) == 1);
    by_time_.emplace(record.next_at, number);
    waiting_.insert_or_assign(number, std::move(record));
    advance();
}

// Behind the cursor nothing is left that was never begun or is in flight for the first time.
void OneByOne::advance() {
    std::uint64_t cursor = record_.last_number;
    if (!first_.empty()) {
        cursor = first_.begin()->first - 1;
    } else if (!window_.items().empty()) {
        cursor = window_.items().front().number - 1;
    } else if (!window_.is_complete()) {
        cursor = delivery_number(window_.scanned_through() + 1, 0) - 1;
    }
    ONPUT_CHECK(cursor >= record_.settled_number);
    record_.settled_number = cursor;
    // A crash forgets what was settled beyond the cursor: the row does not count it yet.
    const std::size_t known = settled_early_.size();
    settled_early_.erase(settled_early_.begin(), settled_early_.upper_bound(cursor));
    settled_beyond_ = settled_early_.size();
    record_.settled_total += known - settled_beyond_;
}

std::optional<Timestamp> OneByOne::oldest_owed() const {
    std::optional<Timestamp> oldest;
    const auto look = [&oldest](Timestamp time) {
        oldest = oldest ? std::min(*oldest, time) : time;
    };
    if (!window_.items().empty()) look(window_.items().front().time);
    if (!first_.empty()) look(first_.begin()->second);
    if (!waiting_.empty()) look(waiting_.begin()->second.time);
    return oldest;
}

std::optional<std::uint64_t> OneByOne::needed_from() const {
    auto needed = window_.needed_from();
    const auto look = [&needed](std::uint64_t number) {
        const std::uint64_t sequence = sequence_of(number);
        needed = needed ? std::min(*needed, sequence) : sequence;
    };
    if (!first_.empty()) look(first_.begin()->first);
    if (!waiting_.empty()) look(waiting_.begin()->first);
    return needed;
}

std::optional<Timestamp> OneByOne::next_attempt_at() const {
    if (waiting_.empty()) return std::nullopt;
    return std::ranges::min_element(waiting_, {},
                                    [](const auto& one) { return one.second.next_at; })
        ->second.next_at;
}

void OneByOne::check_invariants() const {
    Destination::check_invariants();
    ONPUT_CHECK(settled_beyond_ == settled_early_.size());
    ONPUT_CHECK(by_time_.size() + again_.size() == waiting_.size());
    const std::size_t known = window_.items().size() + first_.size() + waiting_.size();
    ONPUT_CHECK(known <= owed());
    ONPUT_CHECK(!window_.is_complete() || known == owed());
    ONPUT_CHECK(first_.empty() || record_.settled_number < first_.begin()->first);
}

}  // namespace onput::notifier

// Operations on queues themselves.
#include <algorithm>

#include <fmt/format.h>

#include "common/auth/policy.hpp"
#include "common/schema/dead_letters.hpp"
#include "services/gateway/access/principals.hpp"
#include "services/gateway/aws/page_token.hpp"
#include "services/gateway/sqs/operation.hpp"

namespace onput::gateway::sqs {
namespace {

using aws::names_of;
using aws::texts_of;

constexpr std::uint32_t queues_listed_max = 1000;
constexpr NumberRule page_rule{.name = "MaxResults",
                               .low = 1,
                               .high = queues_listed_max,
                               .wanted = "Must be between 1 and 1000, if provided."};

Value chosen_attributes(const schema::QueueInfo& queue, const std::vector<std::string>& names) {
    const bool wants_all = std::ranges::find(names, "All") != names.end();
    Value::Map chosen;
    for (const auto& [name, value] : queue.attributes) {
        if (wants_all || std::ranges::find(names, name) != names.end()) chosen[name] = Value(value);
    }
    if (chosen.empty()) return Value(Value::Map());
    Value result;
    result["Attributes"] = Value(std::move(chosen));
    return result;
}

Result<void> check_attribute_names(const std::vector<std::string>& names) {
    static const std::vector<std::string_view> known{"All",
                                                     "Policy",
                                                     "VisibilityTimeout",
                                                     "MaximumMessageSize",
                                                     "MessageRetentionPeriod",
                                                     "ApproximateNumberOfMessages",
                                                     "ApproximateNumberOfMessagesNotVisible",
                                                     "ApproximateNumberOfMessagesDelayed",
                                                     "CreatedTimestamp",
                                                     "LastModifiedTimestamp",
                                                     "QueueArn",
                                                     "DelaySeconds",
                                                     "ReceiveMessageWaitTimeSeconds",
                                                     "RedrivePolicy",
                                                     "FifoQueue",
                                                     "ContentBasedDeduplication",
                                                     "KmsMasterKeyId",
                                                     "KmsDataKeyReusePeriodSeconds",
                                                     "DeduplicationScope",
                                                     "FifoThroughputLimit",
                                                     "RedriveAllowPolicy",
                                                     "SqsManagedSseEnabled"};
    for (const auto& name : names) {
        if (std::ranges::find(known, name) == known.end()) {
            return fail(ErrorCode::invalid_argument, fmt::format("Unknown Attribute {}.", name),
                        "InvalidAttributeName");
        }
    }
    return {};
}

// An operation that is about no queue cannot be asked of one.
Result<void> check_endpoint(const Call& call) {
    if (call.wire != Wire::query || queue_path(call.context.head().path).empty()) return {};
    return fail(ErrorCode::invalid_argument,
                fmt::format("The action {} is not valid for this endpoint.", call.operation.name),
                "InvalidAction");
}

// Only the gateway knows which users there are; the rest of a policy is the queue service's to
// judge.
http::Task<Result<void>> check_policy(Call& call, std::map<std::string, std::string> attributes) {
    const auto policy = attributes.find("Policy");
    if (policy == attributes.end()) co_return Result<void>();
    auto named = auth::identities_named_in(policy->second);
    const auto missing = co_await find_missing(call.context, std::move(named));
    if (!missing) co_return std::unexpected(missing.error());
    if (missing->empty()) co_return Result<void>();
    co_return fail(ErrorCode::invalid_argument,
                   fmt::format("Invalid value for the parameter Policy. Reason: Invalid principal "
                               "in policy: \"AWS\":\"{}\". {}",
                               *missing, missing_principal),
                   "InvalidAttributeValue");
}

// What a caller asks of a list of queues.
struct Page {
    std::string after;
    std::uint32_t queues_max = queues_listed_max;
    bool is_asked_for = false;
};

Result<Page> page_of(const Value& input) {
    ONPUT_TRY(const auto most, number_of(input, page_rule));
    auto after = aws::place_of(input);
    if (!after) {
        return invalid_value(fmt::format("Value {} for parameter NextToken is invalid. Reason: {}.",
                                         input.text_of("NextToken"), after.error().message));
    }
    return Page{.after = *std::move(after),
                .queues_max = most.value_or(queues_listed_max),
                .is_asked_for = most.has_value()};
}

struct Shown {
    const Page& page;
    std::string urls;  // The member that has them.
};

Value show(const Call& call, const schema::QueueList& list, const Shown& as) {
    Value result{Value::Map()};
    for (const auto& queue : list.queues) {
        result[as.urls].push_back(
            Value(queue_url(call.context.public_address(), {queue.account, queue.name})));
    }
    // Only a caller that asked for pages is told that there are more.
    if (as.page.is_asked_for && !list.next_after.empty())
        result["NextToken"] = aws::to_page_token(list.next_after);
    return result;
}

}  // namespace

Outcome create_queue(Call& call) {
    if (const auto fits = check_endpoint(call); !fits) co_return std::unexpected(fits.error());
    const schema::CreateQueue message{.name = call.input.text_of("QueueName"),
                                      .attributes = texts_of(call.input, "Attributes"),
                                      .tags = texts_of(call.input, "tags")};
    if (message.name.empty()) co_return missing_parameter("QueueName");
    const auto fits = co_await check_policy(call, message.attributes);
    if (!fits) co_return std::unexpected(fits.error());
    auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    Value result;
    result["QueueUrl"] = Value(
        queue_url(call.context.public_address(), {answer->reply.account, answer->reply.name}));
    co_return result;
}

Outcome delete_queue(Call& call) {
    const auto queue = queue_of(call.input);
    if (!queue) co_return std::unexpected(queue.error());
    const schema::DeleteQueue message{.account = queue->account, .name = queue->name};
    auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    co_return Value();
}

Outcome get_queue_url(Call& call) {
    const schema::DescribeQueue message{.account = call.input.text_of("QueueOwnerAWSAccountId"),
                                        .name = call.input.text_of("QueueName")};
    if (message.name.empty()) co_return missing_parameter("QueueName");
    auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    Value result;
    result["QueueUrl"] = Value(
        queue_url(call.context.public_address(), {answer->reply.account, answer->reply.name}));
    co_return result;
}

Outcome list_queues(Call& call) {
    if (const auto fits = check_endpoint(call); !fits) co_return std::unexpected(fits.error());
    const auto page = page_of(call.input);
    if (!page) co_return std::unexpected(page.error());
    const schema::ListQueues message{.name_prefix = call.input.text_of("QueueNamePrefix"),
                                     .after = page->after,
                                     .queues_max = page->queues_max};
    auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    co_return show(call, answer->reply, {.page = *page, .urls = "QueueUrls"});
}

Outcome list_dead_letter_source_queues(Call& call) {
    const auto queue = queue_of(call.input);
    if (!queue) co_return std::unexpected(queue.error());
    const auto page = page_of(call.input);
    if (!page) co_return std::unexpected(page.error());
    const schema::ListDeadLetterSources message{.account = queue->account,
                                                .name = queue->name,
                                                .after = page->after,
                                                .queues_max = page->queues_max};
    auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    Value result = show(call, answer->reply, {.page = *page, .urls = "queueUrls"});
    // The one list of SQS that is there when it is empty.
    if (answer->reply.queues.empty()) result["queueUrls"] = Value(Value::List());
    co_return result;
}

Outcome get_queue_attributes(Call& call) {
    const auto queue = queue_of(call.input);
    if (!queue) co_return std::unexpected(queue.error());
    const auto names = names_of(call.input, "AttributeNames");
    if (const auto known = check_attribute_names(names); !known)
        co_return std::unexpected(known.error());
    const schema::DescribeQueue message{.account = queue->account, .name = queue->name};
    auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    co_return chosen_attributes(answer->reply, names);
}

Outcome set_queue_attributes(Call& call) {
    const auto queue = queue_of(call.input);
    if (!queue) co_return std::unexpected(queue.error());
    const schema::SetQueueAttributes message{.account = queue->account,
                                             .name = queue->name,
                                             .attributes = texts_of(call.input, "Attributes")};
    if (message.attributes.empty()) co_return missing_parameter("Attribute.Name");
    const auto fits = co_await check_policy(call, message.attributes);
    if (!fits) co_return std::unexpected(fits.error());
    auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    co_return Value();
}

Outcome purge_queue(Call& call) {
    const auto queue = queue_of(call.input);
    if (!queue) co_return std::unexpected(queue.error());
    const schema::PurgeQueue message{.account = queue->account, .name = queue->name};
    auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    co_return Value();
}

}  // namespace onput::gateway::sqs

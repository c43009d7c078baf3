#include "services/notifier/delivery/check.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "common/base/check.hpp"
#include "services/notifier/delivery/fanout.hpp"
#include "services/notifier/delivery/s3_record.hpp"

namespace onput::notifier {
namespace {

constexpr std::uint64_t test_number = 1;  // Each test event is the only one of its source.

}  // namespace

Result<DestinationCheck> DestinationCheck::start(const schema::CheckDestinations& request,
                                                 const Caller& caller, Random& random,
                                                 const TopicBook& topics) {
    if (request.arns.size() != request.kinds.size()) {
        return fail(ErrorCode::invalid_argument,
                    "check destinations: there are not as many kinds as names");
    }
    if (request.arns.size() > check_destinations_max) {
        return fail(ErrorCode::invalid_argument, "check destinations: there are too many");
    }
    DestinationCheck check;
    check.request_ = request;
    check.caller_ = caller;
    check.refusals_.resize(request.arns.size());
    for (std::size_t i = 0; i < request.arns.size(); ++i) {
        check.test_ids_.push_back(random.hex(32));
        check.message_ids_.push_back(random.uuid());
        if (request.kinds[i] != schema::DestinationKind::topic) continue;
        const auto allowed = topics.authorize_publish(check.topic_message(i));
        if (!allowed) check.refusals_[i] = check.words_for(i, allowed.error().code);
    }
    return check;
}

// AWS's own words, which storage puts into its answer as they are.
std::string DestinationCheck::words_for(std::size_t index, ErrorCode code) const {
    const bool is_missing = code != ErrorCode::permission_denied;
    switch (request_.kinds[index]) {
        case schema::DestinationKind::function:
            return "Not authorized to invoke function [" + request_.arns[index] + "]";
        case schema::DestinationKind::topic:
            return is_missing ? "The destination topic does not exist"
                              : "Permissions on the destination topic do not allow S3 to publish "
                                "notifications from this bucket";
        default:
            return is_missing ? "The destination queue does not exist"
                              : "Permissions on the destination queue do not allow S3 to publish "
                                "notifications from this bucket";
    }
}

std::vector<CheckCall> DestinationCheck::next_calls() {
    std::vector<CheckCall> calls;
    if (has_given_calls_) return calls;
    has_given_calls_ = true;
    if (stage_ == Stage::authorize) calls = authorize_calls();
    if (stage_ == Stage::test) calls = test_calls();
    open_ = calls.size();
    if (open_ > 0 || stage_ == Stage::done) return calls;
    // A stage without calls is over at once.
    enter_next_stage();
    return next_calls();
}

std::vector<CheckCall> DestinationCheck::authorize_calls() {
    std::vector<CheckCall> calls;
    for (std::size_t i = 0; i < request_.arns.size(); ++i) {
        if (request_.kinds[i] == schema::DestinationKind::topic) continue;
        calls.push_back(
            {.index = i,
             .message = schema::AuthorizeDelivery{.destination_arn = request_.arns[i],
                                                  .service = std::string(delivering_service),
                                                  .source_arn = "arn:aws:s3:::" + request_.bucket,
                                                  .source_account = request_.bucket_account}});
    }
    return calls;
}

schema::TopicMessage DestinationCheck::topic_message(std::size_t index) const {
    schema::TopicMessage message;
    message.event_id = test_ids_[index];
    message.message_id = message_ids_[index];
    message.topic_arn = request_.arns[index];
    message.subject = event_subject;
    message.message = test_body();
    message.time = caller_.now;
    message.service = delivering_service;
    message.source_arn = "arn:aws:s3:::" + request_.bucket;
    message.source_account = request_.bucket_account;
    message.trace = caller_.trace;
    return message;
}

void DestinationCheck::make_topic_messages() {
    std::set<std::string_view> added;  // A topic that several rules name gets one.
    for (std::size_t i = 0; i < request_.arns.size(); ++i) {
        if (request_.kinds[i] != schema::DestinationKind::topic) continue;
        if (added.insert(request_.arns[i]).second) topic_messages_.push_back(topic_message(i));
    }
}

std::vector<schema::TopicMessage> DestinationCheck::take_topic_messages() {
    return std::exchange(topic_messages_, {});
}

std::string DestinationCheck::test_body() const {
    return format_test_event({.time = caller_.now,
                              .bucket = request_.bucket,
                              .request_id = request_.request_id,
                              .host_id = request_.host_id});
}

std::vector<CheckCall> DestinationCheck::test_calls() {
    const std::string body = test_body();
    std::vector<CheckCall> calls;
    std::set<std::string_view> sent;  // A queue that several rules name gets one.
    for (std::size_t i = 0; i < request_.arns.size(); ++i) {
        if (request_.kinds[i] != schema::DestinationKind::queue) continue;
        if (!sent.insert(request_.arns[i]).second) continue;
        schema::Deliver deliver{.source = "test/" + test_ids_[i],
                                .service = std::string(delivering_service),
                                .destination_arn = request_.arns[i],
                                .items = {}};
        deliver.items.push_back({.number = test_number,
                                 .message_id = message_ids_[i],
                                 .event_id = test_ids_[i],
                                 .body = body,
                                 .source_arn = "arn:aws:s3:::" + request_.bucket,
                                 .source_account = request_.bucket_account,
                                 .trace = caller_.trace});
        calls.push_back({.index = i, .message = std::move(deliver)});
    }
    return calls;
}

void DestinationCheck::on_answer(std::size_t index, const Result<schema::Delivered>& answer) {
    ONPUT_CHECK(index < refusals_.size());
    ONPUT_CHECK(open_ > 0);
    --open_;
    if (!answer) {
        switch (answer.error().code) {
            case ErrorCode::not_found:
            case ErrorCode::permission_denied:
            case ErrorCode::invalid_argument:
                refusals_[index] = words_for(index, answer.error().code);
                break;
            default:
                // Whoever asked sees one code for all that is not the destination's own word.
                failure_ =
                    Error{.code = ErrorCode::unavailable,
                          .message = "ask " + request_.arns[index] + ": " + answer.error().message,
                          .reason = answer.error().reason,
                          .details = {}};
        }
    } else if (!answer->refused.empty()) {
        refusals_[index] = words_for(index, ErrorCode::permission_denied);
    } else if (stage_ == Stage::test && answer->through < test_number) {
        failure_ = Error{.code = ErrorCode::unavailable,
                         .message = "ask " + request_.arns[index] + ": it took no test event",
                         .reason = {},
                         .details = {}};
    }
    if (open_ == 0) enter_next_stage();
}

void DestinationCheck::enter_next_stage() {
    const bool has_refusal =
        std::ranges::any_of(refusals_, [](const std::string& words) { return !words.empty(); });
    const bool goes_on = stage_ == Stage::authorize && !has_refusal && !failure_;
    // Topics come last: when a queue refuses its test event, no topic gets one.
    const bool is_agreed = stage_ == Stage::test && !has_refusal && !failure_;
    if (is_agreed) make_topic_messages();
    stage_ = goes_on ? Stage::test : Stage::done;
    has_given_calls_ = false;
}

std::optional<Result<schema::DestinationsChecked>> DestinationCheck::result() const {
    if (stage_ != Stage::done) return std::nullopt;
    if (failure_) return Result<schema::DestinationsChecked>(std::unexpected(*failure_));
    return Result<schema::DestinationsChecked>(schema::DestinationsChecked{.refusals = refusals_});
}

}  // namespace onput::notifier

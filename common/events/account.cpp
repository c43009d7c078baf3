#include "common/events/account.hpp"

namespace onput::events {
namespace {

constexpr int colons_before_account = 4;  // arn:aws:sqs:<region>:<account>:...

std::string_view account_in(std::string_view arn) {
    for (int i = 0; i < colons_before_account; ++i) {
        const auto colon = arn.find(':');
        if (colon == std::string_view::npos) return {};
        arn.remove_prefix(colon + 1);
    }
    return arn.substr(0, arn.find(':'));
}

struct AccountOf {
    std::string_view operator()(const schema::ObjectEvent& event) const {
        return event.bucket_owner;
    }
    std::string_view operator()(const schema::BusEvent& event) const {
        return event.bus_arn.empty() ? std::string_view(event.account) : account_in(event.bus_arn);
    }
    std::string_view operator()(const schema::TopicMessage& message) const {
        return account_in(message.topic_arn);
    }
    std::string_view operator()(const schema::DeliveryAttempt& attempt) const {
        if (!attempt.rule_arn.empty()) return account_in(attempt.rule_arn);
        if (!attempt.topic_arn.empty()) return account_in(attempt.topic_arn);
        // Not the account of the queue: it is another's event.
        return attempt.account;
    }
    std::string_view operator()(const schema::JobFailed& job) const {
        return account_in(job.function_arn);
    }
    std::string_view operator()(const schema::JobProgress& job) const {
        return account_in(job.function_arn);
    }
};

}  // namespace

std::string_view account_of(const RecordBody& body) {
    return std::visit(AccountOf(), body);
}

}  // namespace onput::events

#include "services/ctl/record_body.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/base/printable.hpp"

namespace onput::ctl {
namespace {

// A line of a terminal that is narrower leaves out what its reader knows.
constexpr std::size_t wide_columns = 132;
constexpr std::size_t narrow_rest_min = 24;

struct Subject {
    std::string operator()(const schema::ObjectEvent& event) const {
        return "s3://" + event.bucket + "/" + event.key;
    }
    std::string operator()(const schema::TopicMessage& message) const {
        return fmt::format("topic {}", name_in_arn(message.topic_arn));
    }
    std::string operator()(const schema::DeliveryAttempt& attempt) const {
        return attempt.protocol.starts_with("http") ? attempt.endpoint
                                                    : attempt.protocol + ":" + attempt.endpoint;
    }
    std::string operator()(const schema::JobFailed& job) const { return of_job(job); }
    std::string operator()(const schema::JobProgress& job) const { return of_job(job); }
    std::string operator()(const schema::BusEvent& event) const {
        return fmt::format("{} {}", event.source, event.detail_type);
    }

private:
    static std::string of_job(const auto& job) {
        return job.key.empty() ? "message " + job.message_id
                               : fmt::format("s3://{}/{}", job.bucket, job.key);
    }
};

std::string_view what_of(schema::TopicMessageType type) {
    switch (type) {
        case schema::TopicMessageType::subscription_confirmation: return "confirmation asked for";
        case schema::TopicMessageType::unsubscribe_confirmation: return "end of a subscription";
        case schema::TopicMessageType::notification: break;
    }
    return "message";
}

struct Detail {
    std::string operator()(const schema::ObjectEvent& event) const { return content_of(event); }
    std::string operator()(const schema::TopicMessage& message) const {
        return fmt::format("{}, owed to {}",
                           message.subject.empty() ? what_of(message.type) : message.subject,
                           message.owed.size());
    }
    std::string operator()(const schema::DeliveryAttempt& attempt) const {
        std::string text = attempt.status_code == 0 ? std::string("no answer")
                                                    : std::to_string(attempt.status_code);
        text += fmt::format(" in {}, attempt {}",
                            human_duration(std::chrono::microseconds(attempt.latency_us)),
                            attempt.attempt);
        if (!attempt.error.empty()) text += ": " + attempt.error;
        if (attempt.next_attempt_at) {
            text += ", again at " + format_iso8601_millis(*attempt.next_attempt_at);
        } else if (!attempt.succeeded) {
            text += attempt.dead_letter_arn.empty()
                        ? ", given up"
                        : fmt::format(", to queue {}", name_in_arn(attempt.dead_letter_arn));
        }
        return text;
    }
    std::string operator()(const schema::JobFailed& job) const {
        std::string text =
            fmt::format("function {}, {} {}, {}: {}", job.function, job.attempts,
                        job.attempts == 1 ? "attempt" : "attempts", job.code, job.reason);
        if (!job.disposition.empty()) text += "; " + job.disposition;
        text += job.dead_letter_arn.empty()
                    ? ", given up"
                    : fmt::format(", to queue {}", name_in_arn(job.dead_letter_arn));
        return text;
    }
    std::string operator()(const schema::JobProgress& job) const {
        return fmt::format("function {}, {} of {} parts done", job.function, job.parts_done,
                           job.parts);
    }
    std::string operator()(const schema::BusEvent& event) const {
        return fmt::format("{}, owed to {}", name_in_arn(event.bus_arn), event.owed.size());
    }
};

}  // namespace

std::string content_of(const schema::ObjectEvent& event) {
    std::string text;
    if (event.event_name.starts_with("ObjectCreated:")) text = human_bytes(event.size_bytes);
    if (event.version_id.empty()) return text;
    if (!text.empty()) text += ", ";
    return text + "version " + event.version_id;
}

std::string subject_of(const RecordBody& body) {
    return std::visit(Subject{}, body);
}

std::string detail_of(const RecordBody& body) {
    return std::visit(Detail{}, body);
}

Tone tone_of(const RecordBody& body) {
    switch (events::status_of(body)) {
        case events::RecordStatus::failed: return Tone::bad;
        case events::RecordStatus::retrying: return Tone::warning;
        case events::RecordStatus::succeeded: return Tone::good;
        case events::RecordStatus::none: break;
    }
    return Tone::plain;
}

std::string line_of(const schema::JournalRecord& record, const RecordBody& body, bool is_coloured,
                    std::size_t columns) {
    const std::string time = format_iso8601_millis(record.time);
    const std::string subject = subject_of(body);
    const std::string detail = detail_of(body);
    if (columns == 0 || columns >= wide_columns) {
        const std::string line =
            fmt::format("{:>8}  {}  {:<28} {}  {}", record.sequence, time, printable(record.type),
                        printable(subject), printable(detail));
        return painted(line, tone_of(body), is_coloured);
    }
    // Of the time the hour on, and of the rest what there is room for: the subject before anything.
    const std::string head =
        fmt::format("{}  {:<22} ", time.substr(time.find('T') + 1, 12), printable(record.type));
    const std::size_t room = std::max(columns, head.size() + narrow_rest_min) - head.size();
    std::string rest = shortened(subject, room);
    if (!detail.empty() && rest.size() + 2 + narrow_rest_min / 2 <= room) {
        rest += "  " + shortened(detail, room - rest.size() - 2);
    }
    return painted(head + rest, tone_of(body), is_coloured);
}

std::string address_of(const schema::DestinationState& state) {
    if (state.protocol.empty()) return short_arn(state.arn);
    // An endpoint of http begins with its protocol.
    if (state.protocol.starts_with("http")) return state.endpoint;
    return fmt::format("{}:{}", state.protocol, short_arn(state.endpoint));
}

std::string_view name_in_arn(std::string_view arn) {
    const auto colon = arn.rfind(':');
    return colon == std::string_view::npos ? arn : arn.substr(colon + 1);
}

}  // namespace onput::ctl

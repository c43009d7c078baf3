#include "services/ctl/replay_plan.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "common/base/digest.hpp"
#include "common/base/encoding.hpp"
#include "common/base/text.hpp"
#include "common/events/s3_event.hpp"

namespace onput::ctl {
namespace {

constexpr std::size_t name_digits = 12;
constexpr std::size_t topic_arn_colons = 5;
constexpr std::string_view default_bus = "default";

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    while (true) {
        const auto end = text.find(separator);
        parts.push_back(text.substr(0, end));
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + 1);
    }
}

Result<std::string> target_of(std::string_view text, const NameScope& scope) {
    const auto parts = split(text, '/');
    const bool has_bus = parts.size() == 3;
    if (parts.size() != 2 && !has_bus) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("'rule:{}' is not rule:RULE/TARGET or rule:BUS/RULE/TARGET", text));
    }
    const bool is_default = !has_bus || parts[0] == default_bus;
    const std::string rule = is_default ? std::string(parts[parts.size() - 2])
                                        : fmt::format("{}/{}", parts[0], parts[1]);
    return fmt::format("arn:aws:events:{}:{}:rule/{}#{}", scope.region, scope.account, rule,
                       parts.back());
}

bool is_subscription(std::string_view arn) {
    return arn.starts_with("arn:aws:sns:") &&
           std::ranges::count(arn, ':') > static_cast<std::ptrdiff_t>(topic_arn_colons);
}

}  // namespace

Result<std::string> resolve_destination(std::string_view text, const NameScope& scope) {
    if (text.starts_with("arn:aws:")) return std::string(text);
    const auto colon = text.find(':');
    const std::string_view kind = text.substr(0, colon);
    const std::string_view name =
        colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
    if (!name.empty()) {
        const std::string of = fmt::format("{}:{}", scope.region, scope.account);
        if (kind == "sqs" || kind == "queue") return fmt::format("arn:aws:sqs:{}:{}", of, name);
        if (kind == "sns" || kind == "topic") return fmt::format("arn:aws:sns:{}:{}", of, name);
        if (kind == "function") return fmt::format("arn:aws:lambda:{}:function:{}", of, name);
        if (kind == "rule") return target_of(name, scope);
    }
    return fail(ErrorCode::invalid_argument,
                fmt::format("--to '{}' is no ARN, and not like sqs:NAME, sns:NAME, function:NAME "
                            "or rule:RULE/TARGET",
                            text));
}

bool takes(std::string_view destination, const schema::JournalRecord& record,
           const RecordBody& body) {
    if (record.type.starts_with("replay.")) return false;
    const auto* event = std::get_if<schema::ObjectEvent>(&body);
    if (destination.contains('#')) {
        // Of an upload that a bus was told of the record of the upload itself is sent.
        if (const auto* on_bus = std::get_if<schema::BusEvent>(&body))
            return on_bus->replay_name.empty() && on_bus->source != "aws.s3";
        return event != nullptr && events::bus_event_of(*event).has_value();
    }
    if (is_subscription(destination)) {
        const auto* message = std::get_if<schema::TopicMessage>(&body);
        return message != nullptr && message->replay_name.empty() &&
               destination.substr(0, destination.rfind(':')) == message->topic_arn &&
               message->type == schema::TopicMessageType::notification;
    }
    return event != nullptr;
}

std::string default_replay_name(std::string_view source, std::string_view destination) {
    const std::string text = fmt::format("{}\n{}", source, destination);
    return to_hex(Digest::of(DigestAlgorithm::sha256, text)).substr(0, name_digits);
}

std::string format_span(const ReplaySpan& span) {
    return fmt::format("{} {} {}", span.epoch, span.done, span.last);
}

Result<ReplaySpan> parse_span(std::string_view text) {
    const auto parts = split(text, ' ');
    if (parts.size() == 3 && !parts[0].empty()) {
        const auto done = parse_number<std::uint64_t>(parts[1]);
        const auto last = parse_number<std::uint64_t>(parts[2]);
        if (done && last) {
            return ReplaySpan{.epoch = std::string(parts[0]), .done = *done, .last = *last};
        }
    }
    return fail(ErrorCode::corruption, fmt::format("'{}' is no position in a journal", text));
}

}  // namespace onput::ctl

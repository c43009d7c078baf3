#include "services/gateway/s3/site/logging_rules.hpp"

#include <chrono>

#include <fmt/format.h>

#include "services/gateway/aws/directory.hpp"
#include "services/gateway/aws/xml_document.hpp"
#include "services/gateway/aws/xml_reader.hpp"
#include "services/gateway/s3/errors.hpp"

namespace onput::gateway::s3 {
namespace {

using Format = LogTarget::Format;

struct Moment {
    std::string day;   // "2026-11-29"
    std::string path;  // "2026/11/29"
    std::string time;  // "12-30-05"
};

Moment moment_of(Timestamp time) {
    const std::chrono::sys_seconds seconds{std::chrono::seconds(to_seconds(time))};
    const auto day = std::chrono::floor<std::chrono::days>(seconds);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss clock{seconds - day};
    const auto shown = [&date](std::string_view between) {
        return fmt::format("{:04}{}{:02}{}{:02}", int{date.year()}, between, unsigned{date.month()},
                           between, unsigned{date.day()});
    };
    return {.day = shown("-"),
            .path = shown("/"),
            .time = fmt::format("{:02}-{:02}-{:02}", clock.hours().count(), clock.minutes().count(),
                                clock.seconds().count())};
}

Result<void> check_format(const aws::Value& format) {
    if (format.map() == nullptr || format.map()->size() != 1) return aws::malformed_xml();
    return {};
}

Format format_of(const aws::Value& enabled) {
    const auto* format = enabled.find("TargetObjectKeyFormat");
    const auto* partitioned = format != nullptr ? format->find("PartitionedPrefix") : nullptr;
    if (partitioned == nullptr) return Format::simple;
    return partitioned->text_of("PartitionDateSource") == "EventTime" ? Format::by_event_time
                                                                      : Format::by_delivery_time;
}

}  // namespace

Result<void> check_logging(const aws::Value& document) {
    const auto* enabled = document.find("LoggingEnabled");
    if (enabled == nullptr) return {};
    if (enabled->text_of("TargetBucket").empty()) return aws::malformed_xml();
    const std::string prefix = enabled->text_of("TargetPrefix");
    if (prefix.size() > log_prefix_bytes_max) {
        return invalid_argument(
            fmt::format("The target prefix has at most {} bytes", log_prefix_bytes_max),
            "TargetPrefix", prefix);
    }
    if (const auto* grants = enabled->find("TargetGrants");
        grants != nullptr && grants->list() != nullptr && !grants->list()->empty()) {
        return invalid_argument(
            "Target grants are not supported for buckets whose object ownership is "
            "BucketOwnerEnforced",
            "TargetGrants", "");
    }
    const auto* format = enabled->find("TargetObjectKeyFormat");
    return format != nullptr ? check_format(*format) : Result<void>();
}

Result<std::optional<LogTarget>> read_logging(std::string_view document) {
    if (document.empty()) return std::nullopt;
    constexpr std::string_view name = "BucketLoggingStatus";
    const auto read = aws::read_xml(document, name, *aws::s3_model().find_shape(name));
    if (!read) {
        return onput::fail(ErrorCode::corruption,
                           "the stored logging status cannot be read: put it again");
    }
    const auto* enabled = read->find("LoggingEnabled");
    if (enabled == nullptr) return std::nullopt;
    return LogTarget{.bucket = enabled->text_of("TargetBucket"),
                     .prefix = enabled->text_of("TargetPrefix"),
                     .format = format_of(*enabled)};
}

std::string log_key(const LogTarget& target, const LogObject& object) {
    const bool is_by_event = target.format == Format::by_event_time;
    Moment moment = moment_of(is_by_event ? object.event_time : object.delivery_time);
    // A whole day's records may be in there.
    if (is_by_event) moment.time = "00-00-00";
    const std::string name = fmt::format("{}-{}-{}", moment.day, moment.time, object.unique);
    if (target.format == Format::simple) return target.prefix + name;
    return fmt::format("{}{}/{}/{}/{}/{}", target.prefix, target.owner_account, target.region,
                       object.source_bucket, moment.path, name);
}

}  // namespace onput::gateway::s3

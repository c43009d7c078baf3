#include "services/gateway/s3/lock_document.hpp"

#include <limits>

#include "common/base/text.hpp"
#include "common/base/time.hpp"
#include "services/gateway/aws/directory.hpp"
#include "services/gateway/aws/xml_document.hpp"
#include "services/gateway/aws/xml_writer.hpp"
#include "services/gateway/s3/dates.hpp"
#include "services/gateway/s3/document.hpp"
#include "services/gateway/s3/errors.hpp"

namespace onput::gateway::s3 {
namespace {

constexpr std::string_view mode_header = "x-amz-object-lock-mode";
constexpr std::string_view until_header = "x-amz-object-lock-retain-until-date";
constexpr std::string_view hold_header = "x-amz-object-lock-legal-hold";

bool is_mode(std::string_view mode) {
    return mode == "GOVERNANCE" || mode == "COMPLIANCE";
}

std::unexpected<Error> invalid(std::string message) {
    return onput::fail(ErrorCode::invalid_argument, std::move(message), "invalid_argument");
}

// Days or Years of a default retention. What is too large for storage's number is too large for it.
Result<std::uint32_t> read_period(const aws::Value& retention, std::string_view name) {
    const auto* member = retention.find(name);
    if (member == nullptr) return 0U;
    const auto number = member->number();
    if (!number) return aws::malformed_xml();
    if (*number <= 0) return invalid("Default retention period must be a positive integer value.");
    if (*number > std::numeric_limits<std::uint32_t>::max())
        return invalid("Default retention period too large.");
    return static_cast<std::uint32_t>(*number);
}

}  // namespace

Result<schema::ObjectLock> read_lock_headers(const http::RequestHead& head) {
    schema::ObjectLock lock;
    const auto mode = head.header(mode_header);
    const auto until = head.header(until_header);
    if (mode.has_value() != until.has_value()) {
        return invalid(
            "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be "
            "supplied.");
    }
    if (mode) {
        if (!is_mode(*mode)) return invalid("Unknown wormMode directive.");
        const auto time = parse_date(*until);
        if (!time) return invalid("The retain until date must be provided in ISO 8601 format");
        lock.mode = *mode;
        lock.retain_until = *time;
    }
    if (const auto hold = head.header(hold_header)) {
        if (*hold != "ON" && *hold != "OFF")
            return invalid("Legal Hold must be either of 'ON' or 'OFF'");
        lock.has_legal_hold = *hold == "ON";
        lock.was_hold_set = true;
    }
    return lock;
}

void show_lock(const schema::ObjectLock& lock, Headers& headers) {
    if (!lock.mode.empty()) {
        headers.emplace_back(mode_header, lock.mode);
        headers.emplace_back(until_header, format_iso8601_millis(lock.retain_until));
    }
    if (lock.has_legal_hold || lock.was_hold_set)
        headers.emplace_back(hold_header, lock.has_legal_hold ? "ON" : "OFF");
}

bool asks_for_governance_bypass(const http::RequestHead& head) {
    return equal_ignoring_case(head.header("x-amz-bypass-governance-retention").value_or(""),
                               "true");
}

Result<schema::DefaultRetention> read_lock_configuration(const aws::Value& document) {
    if (document.text_of("ObjectLockEnabled") != "Enabled") return aws::malformed_xml();
    const auto* rule = document.find("Rule");
    if (rule == nullptr) return schema::DefaultRetention{};
    const auto* retention = rule->find("DefaultRetention");
    if (retention == nullptr) return aws::malformed_xml();
    schema::DefaultRetention wanted{.mode = retention->text_of("Mode")};
    const bool has_days = retention->find("Days") != nullptr;
    const bool has_years = retention->find("Years") != nullptr;
    if (!is_mode(wanted.mode) || has_days == has_years) return aws::malformed_xml();
    ONPUT_TRY(wanted.days, read_period(*retention, "Days"));
    ONPUT_TRY(wanted.years, read_period(*retention, "Years"));
    return wanted;
}

std::string render_lock_configuration(const schema::DefaultRetention& retention) {
    aws::XmlWriter xml;
    xml.begin_in_namespace("ObjectLockConfiguration", aws::s3_model().xml_namespace());
    xml.text("ObjectLockEnabled", "Enabled");
    if (!retention.mode.empty()) {
        xml.begin("Rule");
        xml.begin("DefaultRetention");
        xml.text("Mode", retention.mode);
        if (retention.days != 0) xml.number("Days", retention.days);
        if (retention.years != 0) xml.number("Years", retention.years);
        xml.end("DefaultRetention");
        xml.end("Rule");
    }
    xml.end("ObjectLockConfiguration");
    return xml.take();
}

Result<Retention> read_retention(const aws::Value& document) {
    const auto* until = document.find("RetainUntilDate");
    Retention retention{.mode = document.text_of("Mode")};
    if (retention.mode.empty() && until == nullptr) return retention;
    if (!is_mode(retention.mode) || until == nullptr) return aws::malformed_xml();
    const auto time = parse_date(document.text_of("RetainUntilDate"));
    if (!time) return aws::malformed_xml();
    retention.until = *time;
    return retention;
}

std::string render_retention(const schema::ObjectLock& lock) {
    aws::XmlWriter xml;
    xml.begin_in_namespace("Retention", aws::s3_model().xml_namespace());
    xml.text("Mode", lock.mode);
    xml.text("RetainUntilDate", format_iso8601_millis(lock.retain_until));
    xml.end("Retention");
    return xml.take();
}

Result<LegalHold> read_legal_hold(const aws::Value& document) {
    const std::string status = document.text_of("Status");
    if (status == "ON") return LegalHold::on;
    if (status == "OFF") return LegalHold::off;
    return aws::malformed_xml();
}

std::string render_legal_hold(LegalHold hold) {
    aws::XmlWriter xml;
    xml.begin_in_namespace("LegalHold", aws::s3_model().xml_namespace());
    xml.text("Status", hold == LegalHold::on ? "ON" : "OFF");
    xml.end("LegalHold");
    return xml.take();
}

}  // namespace onput::gateway::s3

#include "services/gateway/s3/object_settings.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "common/base/encoding.hpp"
#include "common/base/time.hpp"
#include "services/gateway/s3/document_body.hpp"
#include "services/gateway/s3/errors.hpp"
#include "services/gateway/s3/lock_document.hpp"
#include "services/gateway/s3/tags.hpp"

namespace onput::gateway::s3 {
namespace {

constexpr std::size_t website_redirect_bytes_max = 2048;
constexpr std::string_view default_class = "STANDARD";
constexpr std::array<std::string_view, 7> other_classes{
    "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA",  "INTELLIGENT_TIERING",
    "GLACIER_IR",         "GLACIER",     "DEEP_ARCHIVE"};

Result<std::string> read_storage_class(std::string_view name) {
    if (name == default_class) return std::string();
    if (std::ranges::find(other_classes, name) != other_classes.end()) return std::string(name);
    Error error{.code = ErrorCode::invalid_argument,
                .message = "The storage class you specified is not valid",
                .reason = "invalid_storage_class",
                .details = {{"StorageClassRequested", std::string(name)}}};
    return std::unexpected(std::move(error));
}

Result<std::string> read_website_redirect(std::string_view location) {
    if (location.size() > website_redirect_bytes_max) {
        return onput::fail(ErrorCode::invalid_argument,
                           fmt::format("The length of website redirect location cannot exceed {} "
                                       "characters.",
                                       website_redirect_bytes_max),
                           "invalid_redirect_location");
    }
    if (location.starts_with('/') || location.starts_with("http://") ||
        location.starts_with("https://")) {
        return std::string(location);
    }
    return onput::fail(ErrorCode::invalid_argument,
                       "The website redirect location must have a prefix of 'http://' or "
                       "'https://' or '/'.",
                       "invalid_redirect_location");
}

}  // namespace

Result<void> keep_settings(const http::RequestHead& head, schema::PutObject& object) {
    if (const auto tags = head.header("x-amz-tagging")) {
        ONPUT_TRY(object.tags, read_tagging_header(*tags));
    }
    if (const auto name = head.header("x-amz-storage-class")) {
        ONPUT_TRY(object.storage_class, read_storage_class(*name));
    }
    if (const auto location = head.header("x-amz-website-redirect-location")) {
        ONPUT_TRY(object.website_redirect, read_website_redirect(*location));
    }
    ONPUT_TRY(object.lock, read_lock_headers(head));
    object.is_integrity_stated = states_integrity(head);
    return {};
}

void show_settings(const schema::ObjectInfo& object, Headers& headers) {
    if (!object.tags.empty())
        headers.emplace_back("x-amz-tagging-count", fmt::format("{}", object.tags.size()));
    if (!object.storage_class.empty())
        headers.emplace_back("x-amz-storage-class", object.storage_class);
    if (!object.website_redirect.empty())
        headers.emplace_back("x-amz-website-redirect-location", object.website_redirect);
    show_lock(object.lock, headers);
    show_expiration(object.expiration, headers);
    if (!object.replication_status.empty())
        headers.emplace_back("x-amz-replication-status", object.replication_status);
    if (!object.restore) return;
    headers.emplace_back("x-amz-restore",
                         object.restore->is_ongoing
                             ? std::string("ongoing-request=\"true\"")
                             : fmt::format("ongoing-request=\"false\", expiry-date=\"{}\"",
                                           format_http_date(object.restore->expires_at)));
}

void show_expiration(const std::optional<schema::ScheduledAction>& expiration, Headers& headers) {
    if (!expiration) return;
    headers.emplace_back("x-amz-expiration", fmt::format("expiry-date=\"{}\", rule-id=\"{}\"",
                                                         format_http_date(expiration->at),
                                                         percent_encode(expiration->rule_id)));
}

}  // namespace onput::gateway::s3

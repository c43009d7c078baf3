#include "services/gateway/s3/version_listing.hpp"

#include <fmt/format.h>

#include "common/auth/iam_arn.hpp"
#include "common/base/encoding.hpp"
#include "common/base/time.hpp"
#include "services/gateway/aws/directory.hpp"
#include "services/gateway/aws/xml_writer.hpp"
#include "services/gateway/s3/errors.hpp"
#include "services/gateway/s3/listing.hpp"

namespace onput::gateway::s3 {
namespace {

using Query = std::vector<http::QueryParameter>;

class Writer {
public:
    Writer(const VersionQuery& wanted, const schema::VersionList& list)
        : wanted_(wanted), list_(list) {}

    std::string write() {
        xml_.begin_in_namespace("ListVersionsResult", aws::s3_model().xml_namespace());
        write_head();
        for (const auto& version : list_.versions) write_version(version);
        for (const auto& prefix : list_.common_prefixes) {
            xml_.begin("CommonPrefixes");
            name("Prefix", prefix);
            xml_.end("CommonPrefixes");
        }
        xml_.end("ListVersionsResult");
        return xml_.take();
    }

private:
    void name(std::string_view element, std::string_view text) {
        xml_.text(element, wanted_.is_url_encoded ? form_encode(text, "/") : std::string(text));
    }

    void write_head() {
        const auto& asked = wanted_.message;
        xml_.text("Name", asked.bucket);
        name("Prefix", asked.prefix);
        if (!asked.delimiter.empty()) name("Delimiter", asked.delimiter);
        name("KeyMarker", asked.after_key);
        xml_.text("VersionIdMarker", asked.after_version_id);
        if (list_.is_truncated) {
            name("NextKeyMarker", list_.next_key);
            if (!list_.next_version_id.empty())
                xml_.text("NextVersionIdMarker", list_.next_version_id);
        }
        xml_.number("MaxKeys", asked.keys_max);
        if (wanted_.is_url_encoded) xml_.text("EncodingType", "url");
        xml_.flag("IsTruncated", list_.is_truncated);
    }

    void write_version(const schema::VersionSummary& version) {
        const std::string_view element = version.is_delete_marker ? "DeleteMarker" : "Version";
        xml_.begin(element);
        name("Key", version.object.key);
        xml_.text("VersionId", version.version_id);
        xml_.flag("IsLatest", version.is_latest);
        xml_.text("LastModified", format_iso8601_millis(std::chrono::floor<std::chrono::seconds>(
                                      version.object.last_modified)));
        if (!version.is_delete_marker) write_object(version.object);
        const std::string& owner = version.object.owner_account;
        xml_.begin("Owner");
        xml_.text("ID", auth::canonical_user_id(owner.empty() ? list_.owner_account : owner));
        xml_.end("Owner");
        xml_.end(element);
    }

    void write_object(const schema::ObjectSummary& object) {
        xml_.text("ETag", fmt::format("\"{}\"", object.etag));
        if (!object.checksum_algorithm.empty()) {
            xml_.text("ChecksumAlgorithm", object.checksum_algorithm);
            xml_.text("ChecksumType", object.checksum_type.empty()
                                          ? std::string_view("FULL_OBJECT")
                                          : std::string_view(object.checksum_type));
        }
        xml_.number("Size", object.size_bytes);
        xml_.text("StorageClass", shown_storage_class(object.storage_class));
        if (wanted_.wants_restore && is_archived(object)) write_restore(object.restore);
    }

    void write_restore(const std::optional<schema::RestoreStatus>& restore) {
        xml_.begin("RestoreStatus");
        xml_.flag("IsRestoreInProgress", restore && restore->is_ongoing);
        if (restore && !restore->is_ongoing)
            xml_.text("RestoreExpiryDate", format_iso8601_millis(restore->expires_at));
        xml_.end("RestoreStatus");
    }

    const VersionQuery& wanted_;
    const schema::VersionList& list_;
    aws::XmlWriter xml_;
};

}  // namespace

Result<VersionQuery> read_version_query(const std::string& bucket, const Query& query) {
    // What all listings have is read in one place.
    ONPUT_TRY(auto common, read_list_v1(bucket, query));
    VersionQuery wanted{.message = {.bucket = bucket,
                                    .prefix = std::move(common.message.prefix),
                                    .delimiter = std::move(common.message.delimiter),
                                    .keys_max = common.message.keys_max},
                        .is_url_encoded = common.is_url_encoded};
    if (const auto* key = http::find_parameter(query, "key-marker"))
        wanted.message.after_key = key->value;
    if (const auto* version = http::find_parameter(query, "version-id-marker"))
        wanted.message.after_version_id = version->value;
    if (!wanted.message.after_version_id.empty() && wanted.message.after_key.empty()) {
        return invalid_argument("A version-id marker cannot be specified without a key marker.",
                                "version-id-marker", wanted.message.after_version_id);
    }
    return wanted;
}

std::string render_versions(const VersionQuery& wanted, const schema::VersionList& list) {
    return Writer(wanted, list).write();
}

}  // namespace onput::gateway::s3

#include "services/gateway/s3/delete_document.hpp"

#include "common/base/check.hpp"
#include "services/gateway/aws/directory.hpp"
#include "services/gateway/aws/xml_document.hpp"
#include "services/gateway/aws/xml_writer.hpp"
#include "services/gateway/s3/errors.hpp"

namespace onput::gateway::s3 {
namespace {

Result<schema::DeleteEntry> read_entry(const aws::Value& object) {
    const auto* key = object.find("Key");
    if (key == nullptr || object.text_of("Key").empty()) return aws::malformed_xml();
    for (const std::string_view name : {"LastModifiedTime", "Size"}) {
        if (object.find(name) != nullptr) return not_implemented("conditions of directory buckets");
    }
    return schema::DeleteEntry{.key = object.text_of("Key"),
                               .version_id = object.text_of("VersionId"),
                               .if_match = object.text_of("ETag")};
}

void write_deleted(aws::XmlWriter& xml, const schema::DeleteEntry& asked,
                   const schema::ObjectDeleted& deleted) {
    xml.begin("Deleted");
    xml.text("Key", asked.key);
    if (!asked.version_id.empty()) xml.text("VersionId", asked.version_id);
    if (deleted.is_delete_marker) {
        xml.flag("DeleteMarker", true);
        xml.text("DeleteMarkerVersionId", deleted.version_id);
    }
    xml.end("Deleted");
}

// Storage's reasons have a code of their own; what has none is the caller's mistake or ours.
ErrorCode code_of(std::string_view reason) {
    return reason == "invalid_argument" ? ErrorCode::invalid_argument : ErrorCode::internal;
}

void write_error(aws::XmlWriter& xml, const schema::DeleteEntry& asked,
                 const schema::DeletedEntry& entry) {
    const ErrorName name = name_of({.code = code_of(entry.error_reason),
                                    .message = entry.error_message,
                                    .reason = entry.error_reason,
                                    .details = {}});
    xml.begin("Error");
    xml.text("Key", asked.key);
    if (!asked.version_id.empty()) xml.text("VersionId", asked.version_id);
    xml.text("Code", name.code);
    xml.text("Message",
             name.message.empty() ? std::string_view(entry.error_message) : name.message);
    xml.end("Error");
}

}  // namespace

Result<Deletion> read_deletion(const aws::Value& document) {
    Deletion deletion;
    const std::string quiet = document.text_of("Quiet");
    if (!quiet.empty() && quiet != "true" && quiet != "false") return aws::malformed_xml();
    deletion.is_quiet = quiet == "true";
    const auto* objects = document.find("Objects");
    if (objects == nullptr || objects->list() == nullptr) return aws::malformed_xml();
    if (objects->list()->size() > schema::delete_keys_max) return aws::malformed_xml();
    for (const auto& object : *objects->list()) {
        ONPUT_TRY(auto entry, read_entry(object));
        deletion.entries.push_back(std::move(entry));
    }
    return deletion;
}

std::string render_deletion(const Deletion& asked, const schema::ObjectsDeleted& deleted) {
    ONPUT_CHECK(asked.entries.size() == deleted.entries.size());
    aws::XmlWriter xml;
    xml.begin_in_namespace("DeleteResult", aws::s3_model().xml_namespace());
    for (std::size_t i = 0; i < asked.entries.size(); ++i) {
        const auto& entry = deleted.entries[i];
        if (!entry.error_reason.empty()) {
            write_error(xml, asked.entries[i], entry);
        } else if (!asked.is_quiet) {
            write_deleted(xml, asked.entries[i], entry.deleted);
        }
    }
    xml.end("DeleteResult");
    return xml.take();
}

}  // namespace onput::gateway::s3

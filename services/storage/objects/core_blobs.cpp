// Where the bytes of objects are: which rows refer to which blobs, and which blobs have a range.
#include <algorithm>

#include "common/base/check.hpp"
#include "common/service/rows.hpp"
#include "services/storage/core.hpp"
#include "services/storage/objects/records.hpp"

namespace onput::storage {
namespace {

using Visit = store::BlobReferences::Visit;

Result<void> visit_blob(const std::string& text, const Visit& visit) {
    if (text.empty()) return {};
    ONPUT_TRY(const auto blob, store::parse_blob_ref(text));
    visit(blob);
    return {};
}

// Every row of a range, whose record has one blob at most.
template <typename Record>
Result<void> visit_rows(const store::View& view, const store::Range& range, const Visit& visit) {
    return service::for_each_row(
        view, partition, range, [&visit](const store::Row& row) -> Result<void> {
            ONPUT_TRY(const auto record, schema::decode<Record>(row.value));
            return visit_blob(record.blob, visit);
        });
}

template <typename Record>
Result<bool> row_refers(const store::View& view, const std::string& row, const std::string& blob) {
    ONPUT_TRY(const auto value, view.get(partition, row));
    if (!value) return false;
    ONPUT_TRY(const auto record, schema::decode<Record>(*value));
    return record.blob == blob;
}

std::unexpected<Error> invalid_part_number(std::uint32_t number) {
    return std::unexpected(Error{.code = ErrorCode::invalid_argument,
                                 .message = "The requested partnumber is not satisfiable",
                                 .reason = "invalid_part_number",
                                 .details = {{"PartNumberRequested", std::to_string(number)}}});
}

}  // namespace

// The owner of an object's blob is its object row, wherever the version has gone meanwhile; that of
// a part's blob is the part's row, and later it is in the manifest of the upload.
Result<bool> StorageCore::refers(const store::Owner& owner, const store::BlobRef& blob) const {
    const std::string text = store::to_text(blob);
    const std::string_view key = owner.key;
    if (key.starts_with(schema::part_rows_prefix)) {
        ONPUT_TRY(const bool is_part, row_refers<PartRecord>(view_, owner.key, text));
        if (is_part) return true;
        const std::string_view upload =
            key.substr(schema::part_rows_prefix.size()).substr(0, upload_id_digits);
        ONPUT_TRY(const auto row, view_.get(partition, manifest_row(upload)));
        if (!row) return false;
        ONPUT_TRY(const auto manifest, schema::decode<ManifestRecord>(*row));
        return std::ranges::find(manifest.parts, text, &schema::ManifestPart::blob) !=
               manifest.parts.end();
    }
    ONPUT_TRY(const bool is_current, row_refers<ObjectRecord>(view_, owner.key, text));
    if (is_current || !key.starts_with(schema::object_rows_prefix)) return is_current;
    bool is_found = false;
    const auto name = key.substr(schema::object_rows_prefix.size());
    const auto bucket = name.substr(0, name.find('/'));
    if (bucket.size() == name.size()) return false;
    ONPUT_TRY_VOID(visit_rows<ObjectRecord>(
        view_, version_rows(bucket, name.substr(bucket.size() + 1)),
        [&](const store::BlobRef& other) { is_found = is_found || other == blob; }));
    return is_found;
}

Result<void> StorageCore::for_each_blob(const Visit& visit) const {
    ONPUT_TRY_VOID(visit_rows<ObjectRecord>(view_, object_rows(), visit));
    ONPUT_TRY_VOID(visit_rows<ObjectRecord>(view_, version_rows(), visit));
    ONPUT_TRY_VOID(
        visit_rows<PartRecord>(view_, store::Range::of_prefix(schema::part_rows_prefix), visit));
    return service::for_each_row(
        view_, partition, store::Range::of_prefix(schema::manifest_rows_prefix),
        [&visit](const store::Row& row) -> Result<void> {
            ONPUT_TRY(const auto manifest, schema::decode<ManifestRecord>(row.value));
            for (const auto& part : manifest.parts) ONPUT_TRY_VOID(visit_blob(part.blob, visit));
            return {};
        });
}

std::vector<store::BlobRef> StorageCore::blobs_of(const store::View& view,
                                                  const StoredBytes& bytes) {
    if (bytes.blob) return {*bytes.blob};
    std::vector<store::BlobRef> blobs;
    const auto row = view.get(partition, manifest_row(bytes.manifest));
    if (!row || !*row) return blobs;
    const auto manifest = schema::decode<ManifestRecord>(**row);
    if (!manifest) return blobs;
    for (const auto& part : manifest->parts) {
        if (const auto blob = store::parse_blob_ref(part.blob)) blobs.push_back(*blob);
    }
    return blobs;
}

Result<ManifestRecord> StorageCore::read_manifest(const std::string& upload_id) const {
    ONPUT_TRY(const auto row, view_.get(partition, manifest_row(upload_id)));
    if (!row) return fail(ErrorCode::corruption, "the manifest of an object is gone");
    return schema::decode<ManifestRecord>(*row);
}

Result<std::vector<Segment>> StorageCore::segments_of(const ObjectRecord& record,
                                                      const Span& span) const {
    std::vector<Segment> segments;
    if (record.manifest.empty()) {
        ONPUT_TRY(const auto blob, store::parse_blob_ref(record.blob));
        segments.push_back({.offset = 0, .blob = blob});
        return segments;
    }
    ONPUT_TRY(const auto manifest, read_manifest(record.manifest));
    std::uint64_t offset = 0;
    for (const auto& part : manifest.parts) {
        const std::uint64_t end = offset + part.size_bytes;
        if (end > span.offset && offset < span.offset + span.length) {
            ONPUT_TRY(const auto blob, store::parse_blob_ref(part.blob));
            segments.push_back({.offset = offset, .blob = blob});
        }
        offset = end;
    }
    if (offset == record.size_bytes) return segments;
    return fail(ErrorCode::corruption, "the manifest of an object has another size than its row");
}

Result<Span> StorageCore::span_of_part(const ObjectRecord& record, std::uint32_t number) const {
    if (record.manifest.empty()) {
        if (number != 1) return invalid_part_number(number);
        return Span{.offset = 0, .length = record.size_bytes, .is_partial = record.size_bytes > 0};
    }
    ONPUT_TRY(const auto manifest, read_manifest(record.manifest));
    std::uint64_t offset = 0;
    for (const auto& part : manifest.parts) {
        if (part.number == number) {
            return Span{.offset = offset, .length = part.size_bytes, .is_partial = true};
        }
        offset += part.size_bytes;
    }
    return invalid_part_number(number);
}

}  // namespace onput::storage

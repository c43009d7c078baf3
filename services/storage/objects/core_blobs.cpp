// Where the bytes of objects are: which blobs have a range of them.
#include "services/storage/core.hpp"
#include "services/storage/objects/records.hpp"

namespace onput::storage {
namespace {

std::unexpected<Error> invalid_part_number(std::uint32_t number) {
    return std::unexpected(Error{.code = ErrorCode::invalid_argument,
                                 .message = "The requested partnumber is not satisfiable",
                                 .reason = "invalid_part_number",
                                 .details = {{"PartNumberRequested", std::to_string(number)}}});
}

}  // namespace

std::vector<store::BlobRef> StorageCore::blobs_of(const store::View& view,
                                                  const StoredBytes& bytes) {
    std::vector<store::BlobRef> blobs;
    if (bytes.blob) blobs.push_back(*bytes.blob);
    if (bytes.manifest.empty()) return blobs;
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
    const std::string& copy = record.archive.copy;
    if (record.manifest.empty()) {
        ONPUT_TRY(const auto blob, store::parse_blob_ref(copy.empty() ? record.blob : copy));
        segments.push_back({.offset = 0, .blob = blob, .nonce = record.nonce});
        return segments;
    }
    ONPUT_TRY(const auto manifest, read_manifest(record.manifest));
    std::uint64_t offset = 0;
    for (const auto& part : manifest.parts) {
        const std::uint64_t end = offset + part.size_bytes;
        if (end > span.offset && offset < span.offset + span.length) {
            // What was restored is one blob, and encrypted as its parts were.
            ONPUT_TRY(const auto blob, store::parse_blob_ref(copy.empty() ? part.blob : copy));
            segments.push_back({.offset = offset,
                                .blob = blob,
                                .nonce = part.nonce,
                                .begin = copy.empty() ? 0 : offset,
                                .end = copy.empty() ? 0 : end});
        }
        offset = end;
    }
    if (offset == record.size_bytes) return segments;
    return fail(ErrorCode::corruption, "the manifest of an object has another size than its row");
}

StoredBytes StorageCore::stored_bytes_of(const ObjectRecord& record,
                                         const std::vector<Segment>& segments) {
    if (!record.manifest.empty() && record.archive.copy.empty())
        return {.blob = {}, .manifest = record.manifest};
    return {.blob = segments.front().blob, .manifest = {}};
}

Result<Span> StorageCore::narrow_to_part(std::uint32_t number, ObjectRecord& record) const {
    if (record.manifest.empty()) {
        if (number != 1) return invalid_part_number(number);
        return Span{.offset = 0, .length = record.size_bytes, .is_partial = record.size_bytes > 0};
    }
    ONPUT_TRY(const auto manifest, read_manifest(record.manifest));
    std::uint64_t offset = 0;
    for (const auto& part : manifest.parts) {
        if (part.number == number) {
            record.checksums.clear();
            if (!part.checksum.empty()) {
                record.checksums.push_back(
                    {.algorithm = manifest.checksum_algorithm, .value = part.checksum});
            }
            return Span{.offset = offset, .length = part.size_bytes, .is_partial = true};
        }
        offset += part.size_bytes;
    }
    return invalid_part_number(number);
}

}  // namespace onput::storage

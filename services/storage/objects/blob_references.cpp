#include "services/storage/objects/blob_references.hpp"

#include "common/service/rows.hpp"
#include "services/storage/objects/records.hpp"

namespace onput::storage {
namespace {

using Visit = store::BlobReferences::Visit;
using Directory = ReferenceReader::Directory;

Result<void> visit_blob(const std::string& text, const Visit& visit) {
    if (text.empty()) return {};
    ONPUT_TRY(const auto blob, store::parse_blob_ref(text));
    visit(blob);
    return {};
}

// The blobs in a directory that a version refers to: at most two.
Result<void> visit_version(const ObjectRecord& record, Directory directory, const Visit& visit) {
    if (directory == Directory::cold) return visit_blob(record.archive.blob, visit);
    ONPUT_TRY_VOID(visit_blob(record.blob, visit));
    return visit_blob(record.archive.copy, visit);
}

Result<void> visit_versions(const store::View& view, const store::Range& range, Directory directory,
                            const Visit& visit) {
    return service::for_each_row(
        view, partition, range, [&visit, directory](const store::Row& row) -> Result<void> {
            ONPUT_TRY(const auto record, schema::decode<ObjectRecord>(row.value));
            return visit_version(record, directory, visit);
        });
}

Result<void> visit_parts(const store::View& view, const Visit& visit) {
    return service::for_each_row(view, partition, store::Range::of_prefix(schema::part_rows_prefix),
                                 [&visit](const store::Row& row) -> Result<void> {
                                     ONPUT_TRY(const auto record,
                                               schema::decode<PartRecord>(row.value));
                                     return visit_blob(record.blob, visit);
                                 });
}

Result<void> visit_manifest(const std::string& value, const Visit& visit) {
    ONPUT_TRY(const auto manifest, schema::decode<ManifestRecord>(value));
    for (const auto& part : manifest.parts) ONPUT_TRY_VOID(visit_blob(part.blob, visit));
    return {};
}

Result<bool> part_refers(const store::View& view, const std::string& row,
                         const store::BlobRef& blob) {
    ONPUT_TRY(const auto value, view.get(partition, row));
    if (!value) return false;
    ONPUT_TRY(const auto record, schema::decode<PartRecord>(*value));
    return record.blob == store::to_text(blob);
}

struct RowOfVersion {
    const std::string& row;
    Directory directory;
};
Result<bool> version_refers(const store::View& view, const RowOfVersion& version,
                            const store::BlobRef& blob) {
    ONPUT_TRY(const auto value, view.get(partition, version.row));
    if (!value) return false;
    ONPUT_TRY(const auto record, schema::decode<ObjectRecord>(*value));
    bool refers = false;
    ONPUT_TRY_VOID(visit_version(record, version.directory, [&](const store::BlobRef& found) {
        refers = refers || found == blob;
    }));
    return refers;
}

}  // namespace

Result<bool> ReferenceReader::refers(const store::Owner& owner, const store::BlobRef& blob) {
    const std::string_view row = owner.key;
    const Place place{blob.segment, blob.id};
    if (row.starts_with(schema::part_rows_prefix)) {
        ONPUT_TRY(const bool is_part, part_refers(view_, owner.key, blob));
        if (is_part) return true;
        ONPUT_TRY(const Places* const manifest,
                  manifest_of(row.substr(schema::part_rows_prefix.size(), upload_id_digits)));
        return manifest->contains(place);
    }
    ONPUT_TRY(const bool is_current,
              version_refers(view_, {.row = owner.key, .directory = directory_}, blob));
    if (is_current || !row.starts_with(schema::object_rows_prefix)) return is_current;
    ONPUT_TRY(const Places* const history,
              history_of(row.substr(schema::object_rows_prefix.size())));
    return history->contains(place);
}

Result<const ReferenceReader::Places*> ReferenceReader::history_of(std::string_view name) {
    const std::size_t slash = name.find('/');
    if (slash == std::string_view::npos) {
        return fail(ErrorCode::corruption, "the owner of a blob is no object");
    }
    const store::Range range = version_rows(name.substr(0, slash), name.substr(slash + 1));
    if (const auto found = remembered_.find(range.from); found != remembered_.end()) {
        return &found->second;
    }
    Places places;
    ONPUT_TRY_VOID(visit_versions(view_, range, directory_, [&places](const store::BlobRef& blob) {
        places.emplace(blob.segment, blob.id);
    }));
    return remember(range.from, std::move(places));
}

Result<const ReferenceReader::Places*> ReferenceReader::manifest_of(std::string_view upload_id) {
    std::string row = manifest_row(upload_id);
    if (const auto found = remembered_.find(row); found != remembered_.end()) {
        return &found->second;
    }
    Places places;
    ONPUT_TRY(const auto value, view_.get(partition, row));
    if (value) {
        ONPUT_TRY_VOID(visit_manifest(*value, [&places](const store::BlobRef& blob) {
            places.emplace(blob.segment, blob.id);
        }));
    }
    return remember(std::move(row), std::move(places));
}

const ReferenceReader::Places* ReferenceReader::remember(std::string key, Places places) {
    // A key without older versions costs as much as a blob.
    const std::size_t cost = places.size() + 1;
    if (remembered_blobs_ + cost > remembered_blobs_max) {
        remembered_.clear();
        remembered_blobs_ = 0;
    }
    remembered_blobs_ += cost;
    return &remembered_.emplace(std::move(key), std::move(places)).first->second;
}

Result<void> ReferenceReader::for_each(const Visit& visit) const {
    ONPUT_TRY_VOID(visit_versions(view_, object_rows(), directory_, visit));
    ONPUT_TRY_VOID(visit_versions(view_, version_rows(), directory_, visit));
    if (directory_ == Directory::cold) return {};
    ONPUT_TRY_VOID(visit_parts(view_, visit));
    return service::for_each_row(
        view_, partition, store::Range::of_prefix(schema::manifest_rows_prefix),
        [&visit](const store::Row& row) { return visit_manifest(row.value, visit); });
}

}  // namespace onput::storage

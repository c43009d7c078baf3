#include "services/storage/objects/blob_references.hpp"

#include "common/service/rows.hpp"
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

Result<void> visit_manifest(const std::string& value, const Visit& visit) {
    ONPUT_TRY(const auto manifest, schema::decode<ManifestRecord>(value));
    for (const auto& part : manifest.parts) ONPUT_TRY_VOID(visit_blob(part.blob, visit));
    return {};
}

template <typename Record>
Result<bool> row_refers(const store::View& view, const std::string& row,
                        const store::BlobRef& blob) {
    ONPUT_TRY(const auto value, view.get(partition, row));
    if (!value) return false;
    ONPUT_TRY(const auto record, schema::decode<Record>(*value));
    return record.blob == store::to_text(blob);
}

}  // namespace

Result<bool> ReferenceReader::refers(const store::Owner& owner, const store::BlobRef& blob) {
    const std::string_view row = owner.key;
    const Place place{blob.segment, blob.id};
    if (row.starts_with(schema::part_rows_prefix)) {
        ONPUT_TRY(const bool is_part, row_refers<PartRecord>(view_, owner.key, blob));
        if (is_part) return true;
        ONPUT_TRY(const Places* const manifest,
                  manifest_of(row.substr(schema::part_rows_prefix.size(), upload_id_digits)));
        return manifest->contains(place);
    }
    ONPUT_TRY(const bool is_current, row_refers<ObjectRecord>(view_, owner.key, blob));
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
    ONPUT_TRY_VOID(visit_rows<ObjectRecord>(view_, range, [&places](const store::BlobRef& blob) {
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
    ONPUT_TRY_VOID(visit_rows<ObjectRecord>(view_, object_rows(), visit));
    ONPUT_TRY_VOID(visit_rows<ObjectRecord>(view_, version_rows(), visit));
    ONPUT_TRY_VOID(
        visit_rows<PartRecord>(view_, store::Range::of_prefix(schema::part_rows_prefix), visit));
    return service::for_each_row(
        view_, partition, store::Range::of_prefix(schema::manifest_rows_prefix),
        [&visit](const store::Row& row) { return visit_manifest(row.value, visit); });
}

}  // namespace onput::storage

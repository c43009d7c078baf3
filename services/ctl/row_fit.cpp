#include "services/ctl/row_fit.hpp"

#include <functional>

#include <fmt/format.h>

#include "common/store/blobs.hpp"

namespace onput::ctl {
namespace {

using schema::ObjectRecord;
using schema::Usage;

std::uint64_t hash_of(std::string_view name) {
    return std::hash<std::string_view>()(name);
}

std::string_view behind(std::string_view key, std::string_view prefix) {
    return key.substr(prefix.size());
}

std::string_view bucket_of(std::string_view name) {
    return name.substr(0, name.find('/'));
}

// Of a version's name, without its age.
std::string_view without_age(std::string_view name) {
    return name.substr(0, name.find('\0'));
}

bool has_bytes_beside(const ObjectRecord& record) {
    return record.size_bytes > 0 && record.blob.empty() && record.manifest.empty() &&
           record.archive.blob.empty();
}

// What lies in a blob is as long as the bytes that were put, encrypted or not.
bool has_length(const std::string& blob, std::uint64_t bytes) {
    if (blob.empty()) return true;
    const auto ref = store::parse_blob_ref(blob);
    return ref && ref->length == bytes;
}

std::string shown(const Usage& usage) {
    return fmt::format("{} objects, {} older versions, {} bytes, {} uploads", usage.objects,
                       usage.versions, usage.bytes, usage.uploads);
}

}  // namespace

void RowFit::find(std::string fault) {
    ++fault_count_;
    if (faults_.size() < faults_max) faults_.push_back(std::move(fault));
}

void RowFit::see(std::string_view key, std::string_view value) {
    if (key.starts_with(schema::data_rows_prefix)) {
        data_.emplace(hash_of(key), value.size());
    } else if (key.starts_with(schema::object_rows_prefix)) {
        see_object(key, value);
    } else if (key.starts_with(schema::part_rows_prefix)) {
        see_part(key, value);
    } else if (key.starts_with(schema::upload_rows_prefix)) {
        ++counted_[std::string(bucket_of(behind(key, schema::upload_rows_prefix)))].uploads;
    } else if (key.starts_with(schema::version_rows_prefix)) {
        see_version(key, value);
    } else if (key.starts_with(schema::version_data_rows_prefix)) {
        const auto wanted = wanted_.find(hash_of(key));
        if (wanted == wanted_.end()) {
            data_.emplace(hash_of(key), value.size());
        } else {
            if (wanted->second.second != value.size()) {
                find(fmt::format("{} has {} bytes and its row says {}", wanted->second.first,
                                 value.size(), wanted->second.second));
            }
            wanted_.erase(wanted);
        }
    } else if (key.starts_with(schema::manifest_rows_prefix)) {
        see_manifest(key, value);
    } else if (key == schema::usage_mark_key) {
        is_counted_ = true;
    } else if (key.starts_with(schema::usage_rows_prefix)) {
        const std::string bucket(behind(key, schema::usage_rows_prefix));
        const auto record = schema::decode<schema::UsageRecord>(value);
        if (record) {
            kept_[bucket] = record->usage;
        } else {
            find(fmt::format("the row of the usage of bucket {} is damaged", bucket));
        }
    }
}

void RowFit::see_object(std::string_view key, std::string_view value) {
    const auto name = behind(key, schema::object_rows_prefix);
    const std::string data = fmt::format("{}{}", schema::data_rows_prefix, name);
    const auto record = schema::decode<ObjectRecord>(value);
    Usage& usage = counted_[std::string(bucket_of(name))];
    if (!record) {
        data_.erase(hash_of(data));
        return find(fmt::format("the row of {} is damaged: {}", name, record.error().message));
    }
    usage.objects += 1;
    usage.bytes += static_cast<std::int64_t>(record->size_bytes);
    see_record(std::string(name), *record);
    if (!has_bytes_beside(*record)) return;
    const auto found = data_.find(hash_of(data));
    if (found == data_.end()) {
        return find(
            fmt::format("the bytes of {} are missing: put the object again, or delete it", name));
    }
    if (found->second != record->size_bytes) {
        find(fmt::format("{} has {} bytes and its row says {}", name, found->second,
                         record->size_bytes));
    }
    data_.erase(found);
}

void RowFit::see_version(std::string_view key, std::string_view value) {
    const auto name = behind(key, schema::version_rows_prefix);
    std::string object = fmt::format("an old version of {}", without_age(name));
    const auto record = schema::decode<ObjectRecord>(value);
    Usage& usage = counted_[std::string(bucket_of(name))];
    if (!record) return find(fmt::format("the row of {} is damaged", object));
    usage.versions += 1;
    usage.bytes += static_cast<std::int64_t>(record->size_bytes);
    see_record(object, *record);
    if (!has_bytes_beside(*record)) return;
    const std::string data = fmt::format("{}{}", schema::version_data_rows_prefix, name);
    wanted_.emplace(hash_of(data), std::pair(std::move(object), record->size_bytes));
}

void RowFit::see_record(const std::string& object, const ObjectRecord& record) {
    if (!record.manifest.empty()) {
        manifests_.insert_or_assign(record.manifest,
                                    Multipart{.object = object, .size_bytes = record.size_bytes});
    } else if (!has_length(record.blob, record.size_bytes)) {
        find(fmt::format("the row of {} contradicts itself: {} bytes, blob {}", object,
                         record.size_bytes, record.blob));
    }
}

void RowFit::see_part(std::string_view key, std::string_view value) {
    const auto upload = bucket_of(behind(key, schema::part_rows_prefix));
    const auto record = schema::decode<schema::PartRecord>(value);
    if (!record) return find(fmt::format("the row of a part of upload {} is damaged", upload));
    if (has_length(record->blob, record->size_bytes)) return;
    find(fmt::format("the row of a part of upload {} contradicts itself: {} bytes, blob {}", upload,
                     record->size_bytes, record->blob));
}

std::string RowFit::owner_of_manifest(std::string_view key) const {
    const auto id = behind(key, schema::manifest_rows_prefix);
    const auto wanted = manifests_.find(id);
    if (wanted != manifests_.end()) return wanted->second.object;
    return fmt::format("the object of upload {}", id);
}

void RowFit::see_manifest(std::string_view key, std::string_view value) {
    const std::string object = owner_of_manifest(key);
    const auto wanted = manifests_.find(behind(key, schema::manifest_rows_prefix));
    const auto manifest = schema::decode<schema::ManifestRecord>(value);
    if (!manifest) {
        find(fmt::format("the manifest of {} is damaged: put the object again, or delete it",
                         object));
    }
    std::uint64_t bytes = 0;
    for (const auto& part : manifest ? manifest->parts : std::vector<schema::ManifestPart>()) {
        bytes += part.size_bytes;
        if (has_length(part.blob, part.size_bytes)) continue;
        find(fmt::format("the manifest of {} contradicts itself: part {} has {} bytes, blob {}",
                         object, part.number, part.size_bytes, part.blob));
    }
    if (wanted == manifests_.end()) return;
    if (manifest && bytes != wanted->second.size_bytes) {
        find(fmt::format("the parts of {} have {} bytes and its row says {}", object, bytes,
                         wanted->second.size_bytes));
    }
    manifests_.erase(wanted);
}

void RowFit::finish(bool is_complete) {
    for (const auto& [hash, wanted] : wanted_) {
        find(fmt::format("the bytes of {} are missing: delete it", wanted.first));
    }
    for (const auto& [id, wanted] : manifests_) {
        find(
            fmt::format("the manifest of {} is missing (upload {}): put the object again, or "
                        "delete it",
                        wanted.object, id));
    }
    // A store of an older Onput is counted at its next start.
    if (!is_complete || !is_counted_) return;
    for (const auto& [bucket, usage] : kept_) counted_.try_emplace(bucket);
    for (const auto& [bucket, usage] : counted_) {
        const auto kept = kept_.find(bucket);
        const Usage said = kept == kept_.end() ? Usage{} : kept->second;
        if (said == usage) continue;
        find(fmt::format("bucket {} has {}, and its usage says {}", bucket, shown(usage),
                         shown(said)));
    }
}

void RowFit::name(std::string_view key) {
    const bool is_version = key.starts_with(schema::version_data_rows_prefix);
    if (!is_version && !key.starts_with(schema::data_rows_prefix)) return;
    if (data_.erase(hash_of(key)) == 0) return;
    find(fmt::format("bytes without an object, once of {}{}",
                     is_version ? "an old version of " : "",
                     without_age(behind(key, schema::data_rows_prefix))));
}

}  // namespace onput::ctl

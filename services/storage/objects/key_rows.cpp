#include "services/storage/objects/key_rows.hpp"

#include <fmt/format.h>

#include "common/base/text.hpp"

namespace onput::storage {
namespace {

constexpr std::size_t version_id_digits = 16;

}  // namespace

Result<VersionId> parse_version_id(std::string_view text) {
    if (text == null_version) return VersionId{};
    const auto sequencer = parse_number<std::uint64_t>(text, 16);
    if (sequencer && text.size() == version_id_digits) return VersionId{.sequencer = *sequencer};
    return std::unexpected(
        Error{.code = ErrorCode::invalid_argument,
              .message = "Invalid version id specified",
              .reason = "invalid_version_id",
              .details = {{"ArgumentName", "versionId"}, {"ArgumentValue", std::string(text)}}});
}

std::string version_id_of(const ObjectRecord& record) {
    return record.has_version_id ? sequencer_text(record.sequencer) : std::string(null_version);
}

bool has_data_row(const ObjectRecord& record) {
    return record.blob.empty() && record.manifest.empty() && record.archive.blob.empty() &&
           record.size_bytes > 0;
}

// --- Reading ----------------------------------------------------------------------------------

// A row that is damaged costs its object, and the error says which.
template <typename T>
Result<T> KeyRows::named(Result<T> read) const {
    if (read) return read;
    return std::unexpected(
        std::move(read).error().with_context(fmt::format("read s3://{}/{}", bucket_, key_)));
}

Result<std::optional<std::string>> KeyRows::get(const std::string& row) const {
    return named(view_.get(partition, row));
}

Result<std::vector<store::Row>> KeyRows::history(std::size_t rows_max) const {
    return named(view_.scan(partition, version_rows(bucket_, key_), rows_max));
}

Result<ObjectRecord> KeyRows::decode(const std::string& value) const {
    return named(schema::decode<ObjectRecord>(value));
}

Result<std::optional<ObjectRecord>> KeyRows::read(const std::string& row) const {
    ONPUT_TRY(const auto value, get(row));
    if (!value) return std::optional<ObjectRecord>();
    return decode(*value);
}

Result<std::optional<ObjectRecord>> KeyRows::current() const {
    return read(object_row(bucket_, key_));
}

Result<std::optional<std::uint64_t>> KeyRows::null_in_history() const {
    ONPUT_TRY(const auto value, get(null_version_row(bucket_, key_)));
    if (!value) return std::optional<std::uint64_t>();
    ONPUT_TRY(const std::uint64_t sequencer, named(parse_number_bytes(*value)));
    return std::optional(sequencer);
}

Result<std::optional<KeyRows::Version>> KeyRows::find(const VersionId& id) const {
    ONPUT_TRY(auto object, current());
    if (object && object->has_version_id == id.sequencer.has_value() &&
        (!id.sequencer || *id.sequencer == object->sequencer)) {
        return std::optional(Version{.record = *std::move(object), .is_current = true});
    }
    std::optional<std::uint64_t> sequencer = id.sequencer;
    if (!sequencer) {
        ONPUT_TRY(sequencer, null_in_history());
        if (!sequencer) return std::optional<Version>();
    }
    ONPUT_TRY(auto record, read(row_of(*sequencer)));
    // The null version goes by its name alone.
    if (!record || record->has_version_id != id.sequencer.has_value()) {
        return std::optional<Version>();
    }
    return std::optional(Version{.record = *std::move(record), .is_current = false});
}

Result<std::optional<ObjectRecord>> KeyRows::newest_in_history() const {
    ONPUT_TRY(const auto rows, history(1));
    if (rows.empty()) return std::optional<ObjectRecord>();
    return decode(rows.front().value);
}

Result<std::string> KeyRows::bytes_of(const Version& version) const {
    const std::string row = version.is_current
                                ? data_row(bucket_, key_)
                                : version_data_row(bucket_, key_, version.record.sequencer);
    ONPUT_TRY(auto bytes, get(row));
    if (bytes && bytes->size() == version.record.size_bytes) return *std::move(bytes);
    return named(Result<std::string>(
        fail(ErrorCode::corruption, "its bytes are not as many as its row says")));
}

// --- Changes ----------------------------------------------------------------------------------

Result<KeyRows::ThrownAway> KeyRows::put(schema::Versioning versioning,
                                         const std::optional<ObjectRecord>& current,
                                         const ObjectRecord& after, std::string bytes,
                                         store::Batch& batch) const {
    ONPUT_TRY(auto thrown_away, displace(versioning, current, batch));
    batch.put(object_row(bucket_, key_), schema::encode(after));
    if (!bytes.empty()) {
        batch.put(data_row(bucket_, key_), std::move(bytes));
    } else if (current && has_data_row(*current)) {
        batch.remove(data_row(bucket_, key_));
    }
    return thrown_away;
}

Result<KeyRows::ThrownAway> KeyRows::put_marker(schema::Versioning versioning,
                                                const std::optional<ObjectRecord>& current,
                                                const ObjectRecord& marker,
                                                store::Batch& batch) const {
    ONPUT_TRY(auto thrown_away, displace(versioning, current, batch));
    if (current) batch.remove(object_row(bucket_, key_));
    if (current && has_data_row(*current)) batch.remove(data_row(bucket_, key_));
    batch.put(row_of(marker.sequencer), schema::encode(marker));
    if (!marker.has_version_id) {
        batch.put(null_version_row(bucket_, key_), number_bytes(marker.sequencer));
    }
    return thrown_away;
}

Result<void> KeyRows::insert(const ObjectRecord& version, std::string bytes,
                             store::Batch& batch) const {
    using enum schema::Versioning;
    ONPUT_TRY(const auto object, current());
    ONPUT_TRY(const auto newest, newest_in_history());
    const bool is_newest = (!object || object->sequencer < version.sequencer) &&
                           (!newest || newest->sequencer < version.sequencer);
    if (is_newest && version.is_delete_marker) {
        ONPUT_TRY_VOID(put_marker(enabled, object, version, batch));
        return {};
    }
    if (is_newest) {
        ONPUT_TRY_VOID(put(enabled, object, version, std::move(bytes), batch));
        return {};
    }
    batch.put(row_of(version.sequencer), schema::encode(version));
    if (!bytes.empty())
        batch.put(version_data_row(bucket_, key_, version.sequencer), std::move(bytes));
    if (!version.has_version_id)
        batch.put(null_version_row(bucket_, key_), number_bytes(version.sequencer));
    return {};
}

Result<KeyRows::ThrownAway> KeyRows::displace(schema::Versioning versioning,
                                              const std::optional<ObjectRecord>& current,
                                              store::Batch& batch) const {
    if (versioning == schema::Versioning::unset) return current;
    const bool is_null_put = versioning == schema::Versioning::suspended;
    if (current && is_null_put && !current->has_version_id) return current;
    if (current) ONPUT_TRY_VOID(retire(*current, batch));
    if (!is_null_put) return ThrownAway();
    return drop_null_version(batch);
}

Result<void> KeyRows::retire(const ObjectRecord& current, store::Batch& batch) const {
    batch.put(row_of(current.sequencer), schema::encode(current));
    if (has_data_row(current)) {
        ONPUT_TRY(auto bytes, bytes_of({.record = current, .is_current = true}));
        batch.put(version_data_row(bucket_, key_, current.sequencer), std::move(bytes));
    }
    if (!current.has_version_id) {
        batch.put(null_version_row(bucket_, key_), number_bytes(current.sequencer));
    }
    return {};
}

Result<KeyRows::ThrownAway> KeyRows::drop_null_version(store::Batch& batch) const {
    ONPUT_TRY(const auto sequencer, null_in_history());
    if (!sequencer) return ThrownAway();
    ONPUT_TRY(auto record, read(row_of(*sequencer)));
    if (!record) {
        return named(
            Result<ThrownAway>(fail(ErrorCode::corruption, "its null version is not in its row")));
    }
    forget_history_row(*record, batch);
    if (record->is_delete_marker) return ThrownAway();
    return record;
}

void KeyRows::forget_history_row(const ObjectRecord& record, store::Batch& batch) const {
    batch.remove(row_of(record.sequencer));
    if (has_data_row(record)) batch.remove(version_data_row(bucket_, key_, record.sequencer));
    if (!record.has_version_id) batch.remove(null_version_row(bucket_, key_));
}

Result<void> KeyRows::remove(const Version& version, store::Batch& batch) const {
    if (version.is_current) {
        batch.remove(object_row(bucket_, key_));
        if (has_data_row(version.record)) batch.remove(data_row(bucket_, key_));
        return promote_newest({}, batch);
    }
    forget_history_row(version.record, batch);
    ONPUT_TRY(const auto object, current());
    if (object) return {};
    return promote_newest(version.record.sequencer, batch);
}

// The newest version in v/ but `except`, which is being removed, becomes the current one, if it is
// an object's.
Result<void> KeyRows::promote_newest(std::optional<std::uint64_t> except,
                                     store::Batch& batch) const {
    ONPUT_TRY(const auto rows, history(2));
    for (const auto& row : rows) {
        ONPUT_TRY(const auto record, decode(row.value));
        if (record.sequencer == except) continue;
        if (record.is_delete_marker) return {};
        if (has_data_row(record)) {
            ONPUT_TRY(auto bytes, bytes_of({.record = record, .is_current = false}));
            batch.put(data_row(bucket_, key_), std::move(bytes));
        }
        batch.put(object_row(bucket_, key_), schema::encode(record));
        forget_history_row(record, batch);
        return {};
    }
    return {};
}

Result<std::optional<KeyRows::Version>> KeyRows::at(std::uint64_t sequencer) const {
    ONPUT_TRY(auto object, current());
    if (object && object->sequencer == sequencer)
        return std::optional(Version{.record = *std::move(object), .is_current = true});
    ONPUT_TRY(auto record, read(row_of(sequencer)));
    if (!record) return std::optional<Version>();
    return std::optional(Version{.record = *std::move(record), .is_current = false});
}

void KeyRows::drop_bytes(const Version& version, store::Batch& batch) const {
    if (!has_data_row(version.record)) return;
    batch.remove(version.is_current ? data_row(bucket_, key_)
                                    : version_data_row(bucket_, key_, version.record.sequencer));
}

void KeyRows::rewrite(const Version& version, store::Batch& batch) const {
    batch.put(version.is_current ? object_row(bucket_, key_) : row_of(version.record.sequencer),
              schema::encode(version.record));
}

}  // namespace onput::storage

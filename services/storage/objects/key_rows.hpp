// KeyRows: the versions of one key as rows, and what each change of the key makes of them. Pure.
//
//                     versioning unset       enabled                  suspended
//     put             replaces the current   the current moves to v/  replaces the null version,
//                                                                     another current moves to v/
//     put_marker      (never)                the same, and a marker   the same, and a null marker
//                                            in v/                    in v/
//     remove          of one version; when it was the newest, the next one becomes the current
//
// The current version has the object row, unless it is a delete marker; so listings of objects cost
// nothing for versions and markers. Versions go by their sequencers, the newest first: that of a
// new one is above all others. At most one version of a key is the null version, made while
// versioning was unset or suspended.
//
// Every error of a row names the object: "read s3://bucket/key: ...".
//
// A change answers the version that no row refers to any more, if there is one: its bytes are
// useless once the batch is durable. Bytes in rows go with the batch.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/schema/storage.hpp"
#include "services/storage/objects/records.hpp"

namespace onput::storage {

inline constexpr std::string_view null_version = "null";

// The version that a request names.
struct VersionId {
    std::optional<std::uint64_t> sequencer;  // Nothing: the null version.
};
// "null" or 16 hexadecimal digits; anything else is `invalid_version_id`.
Result<VersionId> parse_version_id(std::string_view text);

std::string version_id_of(const ObjectRecord& record);

class KeyRows {
public:
    KeyRows(const store::View& view, std::string_view bucket, std::string_view key)
        : view_(view), bucket_(bucket), key_(key) {}

    struct Version {
        ObjectRecord record;
        bool is_current = false;  // It has the object row.
    };

    // Nothing without an object row: there is none, or a delete marker is the newest version.
    [[nodiscard]] Result<std::optional<ObjectRecord>> current() const;
    [[nodiscard]] Result<std::optional<Version>> find(const VersionId& id) const;
    // The version of this sequencer, whatever its name is.
    [[nodiscard]] Result<std::optional<Version>> at(std::uint64_t sequencer) const;
    // The newest row in v/: a delete marker there, and no current version, hides the key.
    [[nodiscard]] Result<std::optional<ObjectRecord>> newest_in_history() const;
    // Those in a row; `corruption` when they are not what the record says.
    [[nodiscard]] Result<std::string> bytes_of(const Version& version) const;

    using ThrownAway = std::optional<ObjectRecord>;
    // `current`: as `current()` has it. `after` has its sequencer; `bytes` if they go in a row.
    Result<ThrownAway> put(schema::Versioning versioning,
                           const std::optional<ObjectRecord>& current, const ObjectRecord& after,
                           std::string bytes, store::Batch& batch) const;
    Result<ThrownAway> put_marker(schema::Versioning versioning,
                                  const std::optional<ObjectRecord>& current,
                                  const ObjectRecord& marker, store::Batch& batch) const;
    // A version that may be older than others goes where its sequencer says; none has it yet. Only
    // where versioning is enabled; a null version only where there is no other.
    Result<void> insert(const ObjectRecord& version, std::string bytes, store::Batch& batch) const;
    // The version is thrown away itself.
    Result<void> remove(const Version& version, store::Batch& batch) const;
    // The same version with other tags or another lock.
    void rewrite(const Version& version, store::Batch& batch) const;
    // Its bytes in a row, if they are in one: they are in a blob from now on.
    void drop_bytes(const Version& version, store::Batch& batch) const;

private:
    // The sequencer of the null version, when it is in v/.
    [[nodiscard]] Result<std::optional<std::uint64_t>> null_in_history() const;
    // Takes the current version out of the way of a newer one that is written behind this.
    Result<ThrownAway> displace(schema::Versioning versioning,
                                const std::optional<ObjectRecord>& current,
                                store::Batch& batch) const;
    Result<void> retire(const ObjectRecord& current, store::Batch& batch) const;
    Result<void> promote_newest(std::optional<std::uint64_t> except, store::Batch& batch) const;
    Result<ThrownAway> drop_null_version(store::Batch& batch) const;
    // Of rows, for all the above: an error names the object.
    template <typename T>
    Result<T> named(Result<T> read) const;
    [[nodiscard]] Result<std::optional<std::string>> get(const std::string& row) const;
    [[nodiscard]] Result<std::vector<store::Row>> history(std::size_t rows_max) const;
    [[nodiscard]] Result<ObjectRecord> decode(const std::string& value) const;
    [[nodiscard]] Result<std::optional<ObjectRecord>> read(const std::string& row) const;
    [[nodiscard]] std::string row_of(std::uint64_t sequencer) const {
        return version_row(bucket_, key_, sequencer);
    }
    void forget_history_row(const ObjectRecord& record, store::Batch& batch) const;

    const store::View& view_;
    std::string_view bucket_;
    std::string_view key_;
};

// Its bytes are in a row beside it.
bool has_data_row(const ObjectRecord& record);

}  // namespace onput::storage

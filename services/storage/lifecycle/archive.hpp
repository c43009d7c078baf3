// What StorageCore says of archived versions (core_archive.cpp).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.hpp"
#include "services/storage/objects/records.hpp"
#include "services/storage/objects/segment.hpp"
#include "services/storage/objects/trash.hpp"

namespace onput::storage {

// Looked at in one go.
inline constexpr std::size_t due_versions_max = 100;

// How long a restore waits, by its tier.
struct RestoreDelays {
    Duration expedited{};
    Duration standard{};
    Duration bulk{};
    Duration day = std::chrono::days(1);  // For so many of them is it restored.
};

// A version of which something is due: it is archived, restored, or its restored copy goes.
struct DueVersion {
    std::string bucket = {};
    std::string key = {};
    std::uint64_t sequencer = 0;
    Timestamp due_at = {};

    friend auto operator<=>(const DueVersion&, const DueVersion&) = default;
};

// What has to be copied because of it.
struct DueWork {
    enum class Kind : std::uint8_t {
        none,     // Nothing.
        later,    // Its bytes are being read.
        archive,  // From here to the cold directory.
        restore,  // Back.
    };
    Kind kind = Kind::none;
    DueVersion version = {};
    std::uint64_t size_bytes = 0;  // Uncompressed.
    std::string bytes = {};        // Of a small object that is archived; or:
    StoredBytes stored = {};
    std::vector<Segment> segments = {};  // In order. Of a restore, one in the cold directory.
};

bool is_restored(const ObjectRecord& record);

// invalid_object_state of bytes that are archived and not restored.
Result<void> check_readable(const ObjectRecord& record);

std::optional<schema::RestoreStatus> restore_status_of(const ObjectRecord& record);

}  // namespace onput::storage

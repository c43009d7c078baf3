// Scrub: which bytes are verified next, and what was found. Pure; the scrubber reads and waits.
//
//     o/ p/ v/ rows in order of keys ──next──> Target: its bytes ──on_verified──> the next one ...
//        ^                                                                            │
//        └────────────────────────── a pass is over: the next one begins <────────────┘
//
// The position is a row of the store, written now and then: a restart goes on there. Rows change
// meanwhile: bytes that are gone because their row is are no finding (`still_refers`).
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "common/base/time.hpp"
#include "common/schema/housekeeping.hpp"
#include "common/store/blobs.hpp"
#include "common/store/store.hpp"

namespace onput::storage {

inline constexpr std::size_t scrub_page_rows = 100;
inline constexpr std::size_t scrub_page_bytes_max = 1024 * 1024;

using schema::ScrubRecord;

// When the next one may begin, so that neither rate is exceeded. 0: no bound.
class ScrubPace {
public:
    struct Rates {
        std::uint64_t bytes_per_second = 0;
        std::uint64_t objects_per_second = 0;
    };
    explicit ScrubPace(Rates rates) : rates_(rates) {}

    // So much was begun at `now`; answers when the next may.
    Timestamp after(Timestamp now, std::uint64_t bytes, std::uint64_t objects);

private:
    Rates rates_;
    Timestamp next_;
};

// Of one object whose bytes the system does not read, before that is a finding.
inline constexpr std::uint32_t scrub_attempts_max = 3;

class Scrub {
public:
    struct Blob {
        store::BlobRef ref;
        bool is_cold = false;  // It is in the cold directory.
        friend bool operator==(const Blob&, const Blob&) = default;
    };
    struct Target {
        std::string row;
        std::string object;  // "s3://bucket/key", as a finding names it.
        std::vector<Blob> blobs;
        // What is wrong already: its row or its bytes beside it cannot be read.
        std::optional<std::string> fault = {};
    };

    // Where the last life of the process stopped. A record that cannot be read is as none.
    void restore(const store::View& view, Timestamp now);

    // The next one; nothing when a pass is over, and the next call begins another one. An error of
    // a row is that target's fault. `view` leaves out rows that cannot be read
    // (common/store/readable_view.hpp), so that one damaged block does not end all scrubbing.
    Result<std::optional<Target>> next(const store::View& view, Timestamp now);

    // Does the target's row still refer to all its blobs? Also when it cannot be read.
    static bool still_refers(const store::View& view, const Target& target);

    // A read of the target's bytes failed. `retry`: once more, after a while: too much waits, which
    // says nothing of the bytes, or the system refused, which may pass, but scrub_attempts_max
    // times only. `damaged`: it is a finding.
    enum class Failure : std::uint8_t { retry, damaged };
    Failure on_failure(const Error& error);

    // It was verified; `is_damaged` counts it.
    void on_verified(const Target& target, bool is_damaged);

    [[nodiscard]] const ScrubRecord& record() const { return record_; }
    // In this pass, or in the last whole one, whichever is more.
    [[nodiscard]] std::uint64_t damaged() const;

private:
    Result<void> fill(const store::View& view);

    ScrubRecord record_;
    std::uint32_t attempts_ = 0;  // At the target, that the system refused.
    std::string read_through_;    // Rows up to here are, or were, in page_.
    std::deque<store::Row> page_;
};

}  // namespace onput::storage

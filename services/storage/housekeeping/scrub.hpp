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

class Scrub {
public:
    struct Target {
        std::string row;
        std::string object;  // "s3://bucket/key", as a finding names it.
        std::vector<store::BlobRef> blobs;
        // What is wrong already: its row or its bytes beside it cannot be read.
        std::optional<std::string> fault = {};
    };

    // Where the last life of the process stopped. A record that cannot be read is as none.
    void restore(const store::View& view, Timestamp now);

    // The next one; nothing when a pass is over, and the next call begins another one. An error of
    // a row is that target's fault.
    Result<std::optional<Target>> next(const store::View& view, Timestamp now);

    // Does the target's row still refer to all its blobs? Also when it cannot be read.
    static bool still_refers(const store::View& view, const Target& target);

    // It was verified; `is_damaged` counts it.
    void on_verified(const Target& target, bool is_damaged);

    [[nodiscard]] const ScrubRecord& record() const { return record_; }
    // In this pass, or in the last whole one, whichever is more.
    [[nodiscard]] std::uint64_t damaged() const;

private:
    Result<void> fill(const store::View& view);

    ScrubRecord record_;
    std::string read_through_;  // Rows up to here are, or were, in page_.
    std::deque<store::Row> page_;
};

}  // namespace onput::storage

// Scrubber: reads all bytes of the store again, those in the cold directory as well, in the
// background, and says what is damaged. One read at a time, of scrub_piece_bytes at most, paced by
// two rates (`scrub_bytes_per_second`, `scrub_objects_per_second`). It changes nothing but its own
// position. Loop thread only.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/schema/wire.hpp"
#include "services/storage/host.hpp"
#include "services/storage/housekeeping/scrub.hpp"

namespace onput::storage {

inline constexpr std::uint64_t scrub_piece_bytes = 1024UL * 1024;
// A pass over an empty or small store is not followed by the next at once.
inline constexpr Duration scrub_pass_pause = std::chrono::minutes(10);
inline constexpr Duration scrub_keep_interval = std::chrono::seconds(10);
inline constexpr Duration scrub_retry_delay = std::chrono::seconds(1);

class Scrubber {
public:
    struct Parts {
        StorageHost& host;
        store::BlobStore& blobs;
        store::BlobStore& cold;
        ScrubPace::Rates rates;  // One of them 0: it does not run.
    };
    explicit Scrubber(const Parts& parts) : parts_(parts), pace_(parts.rates) {}

    // Once, when the core is restored.
    void start();
    void add_metrics(std::vector<schema::Metric>& metrics) const;

private:
    void wait_until(Timestamp at);
    void step();
    void begin_next();
    void read_piece();
    void on_read(const Result<std::string>& read);
    void finish_target(const std::optional<std::string>& fault);
    void keep_position();

    Parts parts_;
    ScrubPace pace_;
    Scrub scrub_;
    std::optional<Scrub::Target> target_;
    std::size_t blob_ = 0;      // Of the target: the one that is read.
    std::uint64_t offset_ = 0;  // In it.
    Timestamp kept_at_;
    std::uint64_t bytes_ = 0;    // In this life of the process.
    std::uint64_t objects_ = 0;  // The same.
    std::uint64_t found_ = 0;    // The same.
};

}  // namespace onput::storage

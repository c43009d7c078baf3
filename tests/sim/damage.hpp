// Damage: which bytes of which objects a disk has spoilt, and nothing else. What was hit may be
// answered with an error that names the object; every other byte must be what was put.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/store/blobs.hpp"
#include "tests/sim/disk_blobs.hpp"

namespace onput::sim {

class Damage {
public:
    // The write that has this event put its bytes there, in this order.
    void stored(const std::string& event_id, std::vector<store::BlobRef> blobs) {
        blobs_.insert_or_assign(event_id, std::move(blobs));
    }
    void flipped(const DiskBlobs::Flip& flip);
    // A row that only this object needs could not be read any more.
    void row_hit(const std::string& name) {
        ++rows_;
        hit_names_.insert(name);
    }

    // Of what the write put, these bytes cannot be read.
    [[nodiscard]] bool touches(const std::string& event_id, std::uint64_t offset,
                               std::uint64_t length) const;
    [[nodiscard]] bool touches(const std::string& event_id) const {
        return touches(event_id, 0, UINT64_MAX);
    }
    [[nodiscard]] bool has_hit_row(const std::string& name) const {
        return hit_names_.contains(name);
    }
    [[nodiscard]] const std::vector<store::BlobRef>& blobs_of(const std::string& event_id) const;

    [[nodiscard]] std::uint64_t flips() const { return flips_; }
    [[nodiscard]] std::uint64_t rows() const { return rows_; }

private:
    struct Span {
        std::uint64_t from = 0;
        std::uint64_t to = 0;
    };
    std::map<std::string, std::vector<store::BlobRef>> blobs_;  // By event.
    std::map<BlobPlace, Span> spoilt_;
    std::set<std::string> hit_names_;  // "bucket/key"
    std::uint64_t flips_ = 0;
    std::uint64_t rows_ = 0;
};

}  // namespace onput::sim

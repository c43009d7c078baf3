// What a recovery cannot decide by asking an owner, because the owner cannot be read: it collects
// where such blobs may be, asks the rows once for all, and then knows which of the places are
// referred to. Internal to store.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>

#include "common/store/blobs.hpp"

namespace onput::store {

class BlobSuspects {
public:
    void add_segment(std::uint64_t number) { segments_.insert(number); }
    void add_file(std::uint64_t id) { files_.insert(id); }

    // Reads all rows when there is a suspect. An error of theirs means: nothing is proven.
    void ask(const BlobReferences& references, BlobRecovery& recovery) {
        if (segments_.empty() && files_.empty()) return;
        const auto asked = references.for_each([this](const BlobRef& ref) {
            const bool wanted =
                ref.segment == 0 ? files_.contains(ref.id) : segments_.contains(ref.segment);
            if (wanted) lengths_[ref.segment][ref.id] = ref.length;
        });
        is_proven_ = asked.has_value();
        if (!asked) {
            recovery.find(recovery.unproven,
                          "the rows cannot be read, so every blob whose owner "
                          "cannot be read is kept: " +
                              asked.error().message);
        }
    }

    // Whether what no row was seen to refer to is unreferenced.
    [[nodiscard]] bool is_proven() const { return is_proven_; }

    // The blobs of a suspicious segment, or of the files (0), that rows refer to: place to length.
    [[nodiscard]] const std::map<std::uint64_t, std::uint64_t>& referred(
        std::uint64_t segment) const {
        static const std::map<std::uint64_t, std::uint64_t> none;
        const auto found = lengths_.find(segment);
        return found == lengths_.end() ? none : found->second;
    }

private:
    std::set<std::uint64_t> segments_;
    std::set<std::uint64_t> files_;
    std::map<std::uint64_t, std::map<std::uint64_t, std::uint64_t>> lengths_;
    bool is_proven_ = true;
};

}  // namespace onput::store

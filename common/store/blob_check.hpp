// Checking the blobs of a stopped service: every header, owner and checksum, without the rows and
// without a change. A damaged blob is named by its owner where that can be read.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/result.hpp"
#include "common/store/blobs.hpp"

namespace onput::store {

struct BlobsCheck {
    static constexpr std::size_t faults_max = 1000;

    std::uint64_t sound = 0;
    std::uint64_t unsummed = 0;  // Of the sound: large blobs written before there were checksums.
    std::uint64_t fault_count = 0;
    std::vector<std::string> faults;  // The first faults_max of them, each a sentence.
    struct Place {
        std::uint64_t segment = 0;  // As BlobRef has them.
        std::uint64_t id = 0;
        std::optional<std::uint64_t> length = {};  // Nothing: it cannot be told.
        bool is_nameless = false;                  // Whose it is cannot be read from it.
    };
    // Where blobs are, damaged or not, in order of segment and id. 40 bytes for each blob.
    std::vector<Place> places;

    [[nodiscard]] bool is_sound() const { return fault_count == 0; }
    // Damaged or not.
    [[nodiscard]] bool is_there(const BlobRef& blob) const { return find_place(blob) != nullptr; }
    [[nodiscard]] bool is_nameless(const BlobRef& blob) const {
        const Place* place = find_place(blob);
        return place != nullptr && place->is_nameless;
    }
    // False: there are more or fewer bytes than the reference says.
    [[nodiscard]] bool has_length(const BlobRef& blob) const {
        const Place* place = find_place(blob);
        return place == nullptr || !place->length || *place->length == blob.length;
    }
    void find(std::string fault) {
        ++fault_count;
        if (faults.size() < faults_max) faults.push_back(std::move(fault));
    }

private:
    [[nodiscard]] const Place* find_place(const BlobRef& blob) const {
        const auto key = [](const Place& place) { return std::pair(place.segment, place.id); };
        const std::pair wanted(blob.segment, blob.id);
        const auto found = std::ranges::lower_bound(places, wanted, {}, key);
        return found != places.end() && key(*found) == wanted ? &*found : nullptr;
    }
};

// `not_found` when the directory has no blobs, `conflict` when a process has them open.
Result<BlobsCheck> check_stored_blobs(const std::string& directory);

}  // namespace onput::store

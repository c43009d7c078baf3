// Checking the blobs of a stopped service: every header, owner and checksum, without the rows and
// without a change. A damaged blob is named by its owner where that can be read.
#pragma once

#include <algorithm>
#include <cstdint>
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
    // Where blobs are, damaged or not, in order: BlobRef's segment and id. 16 bytes for each blob.
    std::vector<std::pair<std::uint64_t, std::uint64_t>> places;

    // Of those: whose they are cannot be read from them.
    std::vector<std::pair<std::uint64_t, std::uint64_t>> nameless;

    [[nodiscard]] bool is_sound() const { return fault_count == 0; }
    // Damaged or not.
    [[nodiscard]] bool is_there(const BlobRef& blob) const {
        return std::ranges::binary_search(places, std::pair(blob.segment, blob.id));
    }
    [[nodiscard]] bool is_nameless(const BlobRef& blob) const {
        return std::ranges::find(nameless, std::pair(blob.segment, blob.id)) != nameless.end();
    }
    void find(std::string fault) {
        ++fault_count;
        if (faults.size() < faults_max) faults.push_back(std::move(fault));
    }
};

// `not_found` when the directory has no blobs, `conflict` when a process has them open.
Result<BlobsCheck> check_stored_blobs(const std::string& directory);

}  // namespace onput::store

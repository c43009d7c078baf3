// Checking the blobs of a stopped service: every header, owner and checksum, without the rows and
// without a change. A damaged blob is named by its owner where that can be read.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/base/result.hpp"

namespace onput::store {

struct BlobsCheck {
    static constexpr std::size_t faults_max = 1000;

    std::uint64_t sound = 0;
    std::uint64_t unsummed = 0;  // Of the sound: large blobs written before there were checksums.
    std::uint64_t fault_count = 0;
    std::vector<std::string> faults;  // The first faults_max of them, each a sentence.
    // Where a blob is, damaged or not: BlobRef's segment and id.
    std::set<std::pair<std::uint64_t, std::uint64_t>> places;

    [[nodiscard]] bool is_sound() const { return fault_count == 0; }
    void find(std::string fault) {
        ++fault_count;
        if (faults.size() < faults_max) faults.push_back(std::move(fault));
    }
};

// `not_found` when the directory has no blobs, `conflict` when a process has them open.
Result<BlobsCheck> check_stored_blobs(const std::string& directory);

}  // namespace onput::store

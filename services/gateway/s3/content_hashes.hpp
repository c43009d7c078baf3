// ContentHashes: the digests of an object's bytes on their way to storage.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/digest.hpp"
#include "common/schema/storage_objects.hpp"
#include "services/gateway/side_thread.hpp"

namespace onput::gateway::s3 {

// The MD5 of a piece of so many bytes is made on the side: it takes longer than all other digests
// together, and the next piece comes meanwhile.
inline constexpr std::size_t side_piece_bytes_min = 128UL * 1024;

struct ContentHashes {
    // A checksum that the client states, or that is wanted beside it.
    struct Checksum {
        std::string algorithm;  // "CRC32"
        Digest digest;
    };

    SideDigest md5{DigestAlgorithm::md5};
    std::optional<Digest> payload{};  // SHA-256 of the body, where its signature covers it.
    std::vector<Checksum> checksums{};

    void update(std::string_view bytes) {
        md5.update(bytes);
        update_others(bytes);
    }
    void update(std::string_view bytes, SideThread& side) {
        if (bytes.size() < side_piece_bytes_min) return update(bytes);
        md5.update(bytes, side);
        update_others(bytes);
    }
    void update_others(std::string_view bytes) {
        if (payload) payload->update(bytes);
        for (auto& checksum : checksums) checksum.digest.update(bytes);
    }
    // Of finish(): base64, in the order in which they were asked for.
    std::vector<schema::Checksum> take_checksums();
};

}  // namespace onput::gateway::s3
